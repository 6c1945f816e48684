/** Strict mode: a locally green verdict is asked of the server inside a budget, else it stands, marked. */

import { forgetClaims, keepClaims, keptClaims } from '../data/claims.js';
import { hexOf } from '../data/base64.js';

/** @typedef {import('../../types/records.js').ClaimRecord} ClaimRecord */
/** @typedef {import('../../types/door.js').Verdict} Verdict */

/**
 * @typedef {{granted: boolean, at: number, verdict: Verdict,
 *   by: {device: string, gate: string, since: number, open: boolean} | null}} ClaimAnswer
 *
 * @typedef {ClaimAnswer & {error: string}} PartyAnswer `error`: why it was not judged, else empty
 *
 * @typedef {{list: number, serial: number, epoch: number}} Claimed
 *
 * @typedef {object} ClaimSide
 * @property {import('../data/open-database.js').Database} outbox
 * @property {number} device
 * @property {() => boolean} online the last request was answered
 * @property {() => string} gate that others are told
 * @property {(body: unknown, limitMs: number) => Promise<ClaimAnswer | null>} ask rejects when there
 *   was no answer; null: the event is not strict any more
 * @property {(body: {tickets: unknown[]}, limitMs: number) => Promise<PartyAnswer[] | null>} askParty
 */

/** The claims of one pairing: asked, used, and what is left to report. */
export class Claims {
  /** Asked by a decision that is still being made. @type {Set<string>} */
  #open = new Set();

  /** @param {ClaimSide} side */
  constructor(side) {
    this.side = side;
  }

  /** @returns {Claim} for one decision */
  begin() {
    return new Claim(this.side, this.#open);
  }

  /** @returns {PartyClaim} for a party that is let in by one decision */
  beginParty() {
    return new PartyClaim(this.side, this.#open);
  }

  /** @returns {Promise<ClaimRecord[]>} asked, and no fact came of the answer */
  async unused() {
    const kept = await keptClaims(this.side.outbox, this.side.device);
    return kept.filter(({ id }) => !this.#open.has(id));
  }

  /** @param {ClaimRecord[]} claims */
  reported(claims) {
    return forgetClaims(this.side.outbox, claims);
  }
}

/** What one decision asks; asking again for the same ticket is the same question. */
export class Claim {
  /**
   * @param {ClaimSide} side
   * @param {Set<string>} open
   */
  constructor(side, open) {
    this.side = side;
    this.open = open;
    this.id = newId();
    /** @type {Claimed | null} */
    this.asked = null;
  }

  /**
   * @param {Claimed} claimed
   * @param {number} budgetMs
   * @returns {Promise<ClaimAnswer | 'unclaimed' | 'not_strict'>} `unclaimed`: no answer in time
   */
  async ask(claimed, budgetMs) {
    if (!this.side.online()) return 'unclaimed'; // nobody waits for a server that is known to be away
    const { outbox, device } = this.side;
    return inTime(async () => {
      if (this.asked && !same(this.asked, claimed)) this.#renew();
      this.asked = claimed;
      this.open.add(this.id);
      await keepClaims(outbox, [{ device, id: this.id, ...claimed }]);
      const body = { ...claimed, id: this.id, gate: this.side.gate() };
      return (await this.side.ask(body, budgetMs)) ?? 'not_strict';
    }, budgetMs);
  }

  /** The decision is made: what it did not use may be reported. */
  end() {
    this.open.delete(this.id);
  }

  #renew() {
    this.open.delete(this.id);
    this.id = newId();
  }
}

/** What is asked about a party: one question for all, an id for each; asking again is the same. */
export class PartyClaim {
  /** By list, serial and epoch. @type {Map<string, string>} */
  #ids = new Map();

  /**
   * @param {ClaimSide} side
   * @param {Set<string>} open
   */
  constructor(side, open) {
    this.side = side;
    this.open = open;
  }

  /** @param {Claimed} claimed @returns {string} the id under which it is asked */
  idOf(claimed) {
    const { list, serial, epoch } = claimed;
    const place = [list, serial, epoch].join();
    const id = this.#ids.get(place) ?? newId();
    this.#ids.set(place, id);
    return id;
  }

  /**
   * @param {Claimed[]} claimed of one list, at least one
   * @param {number} budgetMs for all of them
   * @returns {Promise<Map<number, ClaimAnswer> | 'unclaimed' | 'not_strict'>} by serial; who is not
   *   in it was not judged
   */
  async ask(claimed, budgetMs) {
    if (!this.side.online()) return 'unclaimed';
    const { outbox, device } = this.side;
    return inTime(async () => {
      const records = claimed.map((one) => ({ device, id: this.idOf(one), ...one }));
      for (const { id } of records) this.open.add(id);
      await keepClaims(outbox, records);
      const tickets = records.map(({ serial, epoch, id }) => ({ serial, epoch, id }));
      const body = { list: claimed[0].list, gate: this.side.gate(), tickets };
      const answers = await this.side.askParty(body, budgetMs);
      if (answers === null) return 'not_strict';
      const judged = answers.map((answer, at) => /** @type {const} */ ([claimed[at].serial, answer]));
      return new Map(judged.filter(([, { error }]) => error === ''));
    }, budgetMs);
  }

  /** The decision is made: what it did not use may be reported. */
  end() {
    for (const id of this.#ids.values()) this.open.delete(id);
  }
}

/**
 * @template T
 * @param {() => Promise<T>} asking
 * @param {number} budgetMs
 * @returns {Promise<T | 'unclaimed'>} `unclaimed`: no answer, or none in time
 */
async function inTime(asking, budgetMs) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<'unclaimed'>} */
  const late = new Promise((resolve) => (timer = setTimeout(resolve, budgetMs, 'unclaimed')));
  try {
    return await Promise.race([asking().catch(() => /** @type {const} */ ('unclaimed')), late]);
  } finally {
    clearTimeout(timer);
  }
}

function newId() {
  return hexOf(crypto.getRandomValues(new Uint8Array(16)));
}

/** @param {Claimed} a @param {Claimed} b */
function same(a, b) {
  return a.list === b.list && a.serial === b.serial && a.epoch === b.epoch;
}
