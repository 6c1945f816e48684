/** One open pairing: scanning, searching and exchanging put together for the screens. */

import { deviceHex } from './core/ids.js';
import { DoorClock } from './data/door-clock.js';
import { PairingLock } from './data/pairing-lock.js';
import { changePairing, findPairing } from './data/pairings.js';
import { HeadMoved, ScanLog } from './data/scan-log.js';
import { Tickets } from './data/tickets.js';
import { LogView } from './log-view.js';
import { sealDenials, GATHER_MS } from './scan/record-decision.js';
import { admitFound, scanTicket } from './scan/scan-ticket.js';
import { SerialQueue } from './scan/serial-queue.js';
import { SearchDesk } from './search-desk.js';
import { exchange } from './sync/exchange.js';
import { LiveUpdates } from './sync/live-updates.js';
import { mayScan, obey } from './sync/standing.js';
import { SyncLoop } from './sync/sync-loop.js';

/** @typedef {import('../types/door.js').Door} Door */
/** @typedef {import('../types/door.js').Light} Light */
/** @typedef {import('../types/door.js').ListInfo} ListInfo */
/** @typedef {import('../types/records.js').PairingRecord} PairingRecord */
/** @typedef {import('../types/records.js').ListRevision} ListRevision */

/**
 * @typedef {object} Surroundings what all doors of one window share
 * @property {import('./data/open-database.js').Database} outbox
 * @property {import('./data/open-database.js').Database} lists
 * @property {import('./sync/transport.js').Transport} transport
 * @property {string} build
 * @property {(event: number) => string | null} pairingOf
 * @property {() => boolean | null} persisted
 * @property {() => number | null} battery 0 to 1
 * @property {() => void} synced after every exchange that worked
 */

/** This window may not scan now; `reason` says why. */
export class NotScanning extends Error {
  name = 'NotScanning';
  /** @param {'lock' | 'standing' | 'list' | 'no_list'} reason */
  constructor(reason) {
    super(`not scanning: ${reason}`);
    this.reason = reason;
  }
}

/** @implements {Door} */
export class OpenDoor extends EventTarget {
  /** @type {Surroundings} */
  #around;
  /** @type {PairingRecord} */
  #pairing;
  #queue = new SerialQueue();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #sealing = undefined;

  /**
   * @param {PairingRecord} pairing
   * @param {Surroundings} around
   */
  constructor(pairing, around) {
    super();
    this.#around = around;
    this.#pairing = pairing;
    this.id = deviceHex(pairing.device);
    this.scanLog = new ScanLog(around.outbox, pairing.device);
    this.tickets = new Tickets(around.lists, pairing.device);
    this.clock = new DoorClock(pairing.clockOffset);
    this.lock = new PairingLock(this.id);
    this.loop = new SyncLoop(() => this.#round());
    this.live = new LiveUpdates(() => this.#socket());
    this.logView = new LogView(this.scanLog, this.tickets);
    this.searchDesk = new SearchDesk(this.scanLog, this.tickets);
  }

  /** Read the disk and begin. Does not touch the network before it is ready. */
  async begin() {
    // An append by another window in between shows when this one appends.
    await Promise.all([this.lock.tryTake(), this.scanLog.load(), this.tickets.load()]);
    this.lock.addEventListener('change', () => void this.#lockChanged());
    this.loop.addEventListener('change', () => this.#changed());
    this.live.addEventListener('open', this.loop.back);
    this.live.addEventListener('standing', () => void this.loop.now());
    this.live.addEventListener('hint', (event) => {
      const { seq } = /** @type {CustomEvent<{seq: number}>} */ (event).detail;
      if (seq > (this.tickets.cursor?.seq ?? -1)) this.loop.hinted();
    });
    if (this.lock.held) this.#work();
    else this.lock.wait();
    return this;
  }

  get info() {
    const { device, name, role, standing, createdAt, expiresAt } = this.#pairing;
    const event = { ...this.#pairing.event, ...this.tickets.index?.header.event };
    const { pending } = this.scanLog;
    return { id: this.id, device, name, role, event, standing, createdAt, expiresAt, pending };
  }

  /** @returns {import('../types/door.js').Status} */
  get status() {
    const { index, currentAt } = this.tickets;
    const age = Math.max(0, Math.floor((this.clock.now() - currentAt) / 1000));
    return {
      online: this.loop.online,
      pending: this.scanLog.pending,
      listAgeS: index ? age : null,
      tickets: index?.size ?? 0,
      standing: this.#pairing.standing,
      holdsLock: this.lock.held,
      persisted: this.#around.persisted(),
      syncing: this.loop.syncing,
      lastError: this.loop.lastError,
      lastSyncAt: this.loop.lastSyncAt,
      clockSkewMs: this.clock.skew(),
      ready: index !== null,
      build: this.#around.build,
    };
  }

  get gate() {
    return this.#pairing.gate;
  }

  get operator() {
    return this.#pairing.operator;
  }

  get busy() {
    return this.#queue.busy;
  }

  /** @returns {ListInfo[]} */
  get lists() {
    const { index } = this.tickets;
    if (!index) return [];
    return this.#revisions().map(({ list, rev, rules }) => ({
      list,
      rev,
      name: rules.name,
      tiers: rules.tiers.map(({ tier, from = null, until = null }) => {
        return { tier, name: index.names.tiers.get(tier) ?? '', from, until };
      }),
    }));
  }

  get list() {
    const chosen = this.#chosen()?.list;
    return this.lists.find(({ list }) => list === chosen) ?? null;
  }

  /** @param {number} list */
  setList(list) {
    return this.#keep({ list });
  }

  /** @param {string} gate */
  setGate(gate) {
    return this.#keep({ gate: gate.trim().slice(0, 80) });
  }

  /** @param {string} name */
  setOperator(name) {
    return this.#keep({ operator: name.trim().slice(0, 80) });
  }

  /**
   * @param {string} text
   * @param {import('../types/door.js').How} how
   * @param {Partial<import('../types/door.js').Timings>} marks
   */
  scanText(text, how, marks = { frame: performance.now() }) {
    return this.#decide(() => scanTicket(() => this.#desk(), { text, how, marks }));
  }

  /** @param {number} serial */
  admit(serial) {
    return this.#decide(() => admitFound(() => this.#desk(), serial));
  }

  /** @param {string} query */
  async search(query) {
    return this.searchDesk.find(query, this.#chosen()?.list ?? null);
  }

  /** @param {number} limit */
  log(limit) {
    return this.logView.latest(limit);
  }

  takeOver() {
    return this.lock.takeOver();
  }

  /** A tap sends all there is: denials still gathering for their minute end it now. */
  async syncNow() {
    if (this.lock.held) await this.#seal(true);
    await this.loop.now();
  }

  /** @param {Light} light */
  painted(light) {
    light.timings.painted = performance.now();
  }

  async close() {
    clearInterval(this.#sealing);
    this.live.stop();
    this.loop.stop();
    await this.#queue.run(async () => this.lock.release());
  }

  /** @param {() => Promise<Light>} work */
  async #decide(work) {
    const light = await this.#queue.run(work);
    this.dispatchEvent(new CustomEvent('light', { detail: light }));
    this.#changed();
    this.loop.scanned();
    return light;
  }

  /** @returns {import('./scan/scan-ticket.js').Desk} @throws {NotScanning} */
  #desk() {
    const { index, currentAt } = this.tickets;
    if (!this.lock.held) throw new NotScanning('lock');
    if (!mayScan(this.#pairing.standing)) throw new NotScanning('standing');
    if (!index) throw new NotScanning('no_list');
    const list = this.#chosen();
    if (!list) throw new NotScanning('list');
    const { operator, gate } = this.#pairing;
    const { pairingOf } = this.#around;
    const person = { operator, gate };
    return { index, currentAt, list, person, pairingOf, log: this.scanLog, clock: this.clock };
  }

  /** The newest revision of every list this pairing may use. */
  #revisions() {
    /** @type {Map<number, ListRevision>} */
    const newest = new Map();
    for (const one of this.tickets.index?.header.lists ?? []) {
      const known = newest.get(one.list);
      if (!known || one.rev > known.rev) newest.set(one.list, one);
    }
    const { lists: entitled } = this.#pairing;
    return [...newest.values()]
      .filter(({ list, rules }) => {
        return !rules.archived && (entitled.length === 0 || entitled.includes(list));
      })
      .sort((a, b) => a.list - b.list);
  }

  /** The chosen list's newest revision; the only list there is needs no choosing. */
  #chosen() {
    const revisions = this.#revisions();
    if (revisions.length === 1) return revisions[0];
    return revisions.find(({ list }) => list === this.#pairing.list) ?? null;
  }

  #work() {
    this.loop.start();
    this.live.start();
    this.searchDesk.warm();
    clearInterval(this.#sealing);
    const seal = () => void this.#seal(false).catch(() => {});
    this.#sealing = setInterval(seal, GATHER_MS / 6);
    seal();
  }

  async #lockChanged() {
    clearInterval(this.#sealing);
    if (this.lock.held) {
      await this.#queue.run(() => this.#reread());
      this.#work();
    } else {
      this.live.stop();
      this.loop.stop();
      if (!this.lock.closed) this.lock.wait();
    }
    this.#changed();
  }

  /** Another window worked on this pairing: what is on disk counts. */
  async #reread() {
    const found = await findPairing(this.#around.outbox, this.#pairing.device);
    this.#pairing = found ?? { ...this.#pairing, standing: 'gone' };
    await Promise.all([this.scanLog.load(), this.tickets.load()]);
  }

  /** @param {boolean} all */
  async #seal(all) {
    await this.#queue.run(async () => {
      try {
        await sealDenials(this.scanLog, this.clock.now(), all);
      } catch (error) {
        if (!(error instanceof HeadMoved)) throw error;
        await this.scanLog.load();
      }
    });
    this.#changed();
  }

  async #round() {
    const before = this.#pairing;
    if (before.standing === 'gone') return { standing: before.standing, more: false, error: '' };
    const { transport, outbox } = this.#around;
    const { scanLog: log, tickets, clock } = this;
    const report = () => this.#report();
    const mine = () => this.lock.held;
    const side = { transport, pairing: before, log, tickets, clock, report, mine };
    const outcome = await exchange(side);
    if (!mine()) return outcome;
    await this.#keepOffset();
    const sealAll = () => this.#seal(true);
    const kept = { outbox, pairing: this.#pairing, tickets, log, sealAll };
    this.#pairing = await obey(kept, outcome.standing);
    this.#tidy();
    const { standing } = this.#pairing;
    if (standing !== before.standing) {
      if (standing !== 'active') this.live.stop();
      this.dispatchEvent(new CustomEvent('standing', { detail: standing }));
    }
    this.#around.synced();
    const leftover = standing === 'revoked' && log.pending > 0 && outcome.error === '';
    return { ...outcome, more: outcome.more || leftover };
  }

  /** Names are folded and deltas put together while nobody waits for a verdict. */
  #tidy() {
    this.searchDesk.warm();
    const idle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 500));
    idle(() => void this.tickets.compact().catch((error) => console.error(error)));
  }

  #report() {
    const { pending, listAgeS, build, persisted } = this.status;
    const { gate, operator } = this.#pairing;
    const list = this.#chosen()?.list ?? 0;
    const battery = this.#around.battery();
    return { pending, list_age_s: listAgeS, build, persisted, battery, list, gate, operator };
  }

  async #keepOffset() {
    const { offset } = this.clock;
    const kept = this.#pairing.clockOffset;
    if (offset === null || (kept !== null && Math.abs(offset - kept) < 250)) return;
    await this.#keep({ clockOffset: offset });
  }

  /** @param {Partial<PairingRecord>} fields */
  async #keep(fields) {
    const { device } = this.#pairing;
    const kept = await changePairing(this.#around.outbox, device, fields);
    if (kept) this.#pairing = kept;
    this.#changed();
  }

  #socket() {
    const { credential } = this.#pairing;
    return credential ? this.#around.transport.openSocket(credential) : null;
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}
