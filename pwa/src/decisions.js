/** All that is decided at one door, one after another: scans, admissions, exits, undo, overrides. */

import { actionsFor } from './scan/actions.js';
import { admitParty } from './scan/admit-party.js';
import { letInAnyway } from './scan/let-in-anyway.js';
import { membersOf } from './scan/party.js';
import { PinRefused, checkPin } from './scan/pin.js';
import { admitFound, decideAfterLook, letOut, scanTicket } from './scan/scan-ticket.js';
import { seenOf, serialOf } from './scan/seen.js';
import { SerialQueue } from './scan/serial-queue.js';
import { NothingToUndo, takeBack, takeBackParty } from './scan/take-back.js';

/** @typedef {import('../types/door.js').Deciding} Deciding */
/** @typedef {import('../types/door.js').Light} Light */
/** @typedef {import('../types/door.js').Subject} Subject */
/** @typedef {import('./scan/scan-ticket.js').Desk} Desk */

/**
 * @typedef {object} Around
 * @property {() => Desk} desk as it stands now; throws where this window may not decide
 * @property {(light: Light, serials: number[]) => void} lit a decision is on disk
 * @property {() => import('../types/records.js').PairingRecord} pairing
 * @property {(tries: import('../types/records.js').PinTries) => Promise<void>} keepTries
 */

const NOTHING = Object.freeze({
  undoUntil: null, undoBySupervisor: false, override: false, leave: false, party: 0,
});

/** @implements {Deciding} */
export class Decisions {
  #queue = new SerialQueue();
  /** One PIN after another, each counted before the next is tried. */
  #pins = new SerialQueue();
  /** @type {Around} */
  #around;

  /** @param {Around} around */
  constructor(around) {
    this.#around = around;
  }

  get busy() {
    return this.#queue.busy;
  }

  /**
   * In its turn among the decisions.
   * @template T
   * @param {() => Promise<T>} work
   */
  run(work) {
    return this.#queue.run(work);
  }

  /** @param {Parameters<typeof scanTicket>[1]} scanned */
  scan(scanned) {
    return this.#decide(() => scanTicket(this.#around.desk, scanned));
  }

  /** @param {number} serial */
  admit(serial) {
    return this.#decide(() => admitFound(this.#around.desk, serial));
  }

  /** @param {Subject} subject */
  leave(subject) {
    return this.#decide(() => letOut(this.#around.desk, this.#seen(subject)));
  }

  /** @param {Light} light @param {boolean} admit */
  looked(light, admit) {
    return this.#decide(() => decideAfterLook(this.#around.desk, this.#seen(light), admit));
  }

  /** @param {number[]} serials */
  admitParty(serials) {
    return this.#decide(() => admitParty(this.#around.desk, serials));
  }

  /** @param {Subject} subject @param {string} [pin] '' = none given */
  async undo(subject, pin = '') {
    const supervisor = { role: this.supervision === 'role', pin: await this.#supervised(pin) };
    const { desk } = this.#around;
    if (typeof subject !== 'number' && subject.kind === 'party') {
      return this.#decide(() => takeBackParty(desk, subject, supervisor));
    }
    return this.#decide(() => takeBack(desk, this.#seen(subject), supervisor));
  }

  /** @param {Subject} subject @param {string} reason @param {string} [pin] '' = none given */
  async override(subject, reason, pin = '') {
    const shown = typeof subject === 'number' ? null : subject.verdict;
    const given = await this.#supervised(pin);
    if (!given && this.supervision !== 'role') throw new PinRefused('none');
    const why = { reason: reason.trim(), shown, pin: given };
    return this.#decide(() => letInAnyway(this.#around.desk, this.#seen(subject), why));
  }

  /** @returns {import('../types/door.js').Supervision} */
  get supervision() {
    if (this.#around.pairing().role === 'supervisor') return 'role';
    return this.#around.desk().index.header.event.supervisor ? 'pin' : 'none';
  }

  /** @param {Subject} subject @returns {import('../types/door.js').Actions} */
  actions(subject) {
    const desk = this.#deskIfAny();
    if (!desk) return NOTHING;
    const seen = seenOf(subject, desk.index.header.event.number);
    const light = typeof subject === 'number' ? null : subject;
    return actionsFor(desk, seen, light, this.supervision);
  }

  /** @param {Subject} subject */
  party(subject) {
    const desk = this.#around.desk();
    const event = desk.index.header.event.number;
    return membersOf(desk, serialOf(seenOf(subject, event), event));
  }

  /** Null where this window may not decide now. */
  #deskIfAny() {
    try {
      return this.#around.desk();
    } catch {
      return null;
    }
  }

  /** @param {Subject} subject */
  #seen(subject) {
    const seen = seenOf(subject, this.#around.desk().index.header.event.number);
    if (!seen) throw new NothingToUndo();
    return seen;
  }

  /** @param {string} pin @returns {Promise<boolean>} a right PIN was given */
  async #supervised(pin) {
    if (!pin) return false;
    return this.#pins.run(async () => {
      const { index, clock } = this.#around.desk();
      const tries = this.#around.pairing().pinTries ?? { wrong: 0, until: 0 };
      const kept = { tries, keep: this.#around.keepTries };
      await checkPin(pin, index.header.event.supervisor, kept, () => clock.now());
      return true;
    });
  }

  /** @param {() => Promise<Light>} work */
  async #decide(work) {
    const light = await this.#queue.run(work);
    // Not of the desk: a phone that was revoked meanwhile has none, and the light is on disk.
    const event = this.#around.pairing().event.number;
    const serials = light.party.map(({ serial }) => serial);
    this.#around.lit(light, [...serials, serialOf(seenOf(light, event), event)]);
    return light;
  }
}
