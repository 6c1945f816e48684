/** One open pairing: scanning, searching and exchanging put together for the screens. */

import { deviceHex } from './core/ids.js';
import { DoorClock } from './data/door-clock.js';
import { PairingLock } from './data/pairing-lock.js';
import { changePairing, findPairing } from './data/pairings.js';
import { ScanLog } from './data/scan-log.js';
import { Tickets } from './data/tickets.js';
import { Decisions } from './decisions.js';
import { runDrill } from './drill.js';
import { reportOf, statusOf } from './door-status.js';
import { chosenList, listInfo, newestLists, otherPhones } from './door-lists.js';
import { Gathered } from './gathered.js';
import { HeadCount } from './head-count.js';
import { ListTime } from './list-time.js';
import { LogView } from './log-view.js';
import { letsOut } from './scan/actions.js';
import { Claims } from './scan/claim.js';
import { SearchCount } from './search-count.js';
import { SearchDesk } from './search-desk.js';
import { claimPost, partyClaimPost } from './sync/claim-post.js';
import { exchange } from './sync/exchange.js';
import { LiveUpdates } from './sync/live-updates.js';
import { openWaiting } from './sync/pull-changes.js';
import { mayScan, obey } from './sync/standing.js';
import { SyncLoop } from './sync/sync-loop.js';
import { whenIdle } from './when-idle.js';

/** @typedef {import('../types/door.js').Door} Door */
/** @typedef {import('../types/door.js').Light} Light */
/** @typedef {import('../types/door.js').ListInfo} ListInfo */
/** @typedef {import('../types/records.js').PairingRecord} PairingRecord */

/**
 * @typedef {object} Surroundings what all doors of one window share
 * @property {import('./data/open-database.js').Database} outbox
 * @property {import('./data/open-database.js').Database} lists
 * @property {import('./sync/transport.js').Transport} transport
 * @property {string} build
 * @property {(event: number) => string | null} pairingOf
 * @property {() => boolean | null} persisted
 * @property {() => number | null} battery 0 to 1
 * @property {() => Pick<import('./drill.js').Phone, 'camera' | 'worker' | 'battery' | 'updateWaiting'>} drilled
 * @property {() => void} synced after every exchange that worked
 */

/** This window may not scan now; `reason` says why. */
export class NotScanning extends Error {
  name = 'NotScanning';
  /** @param {'lock' | 'standing' | 'list' | 'no_list' | 'locked'} reason */
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
  #unheard = 0;

  /**
   * @param {PairingRecord} pairing
   * @param {Surroundings} around
   */
  constructor(pairing, around) {
    super();
    this.#around = around;
    this.#pairing = pairing;
    this.id = deviceHex(pairing.device);
    this.scanLog = new ScanLog(around.outbox, pairing.device, pairing.role);
    this.tickets = new Tickets(around.lists, pairing.device);
    this.clock = new DoorClock(pairing.clockOffset);
    this.listTime = new ListTime(this.tickets, this.clock, () => this.#listEnded());
    this.lock = new PairingLock(this.id);
    this.loop = new SyncLoop(() => this.#round());
    this.live = new LiveUpdates(() => this.#socket());
    this.logView = new LogView(this.scanLog, this.tickets);
    this.searchDesk = new SearchDesk(this.scanLog, this.tickets);
    this.searches = new SearchCount(pairing.searches);
    this.heads = new HeadCount(this.scanLog, this.tickets);
    const { outbox, transport } = around;
    this.claims = new Claims({
      outbox,
      device: pairing.device,
      online: () => this.loop.online,
      gate: () => this.gate,
      ask: (body, limit) => claimPost(transport, this.#pairing.credential, body, limit),
      askParty: (body, limit) => partyClaimPost(transport, this.#pairing.credential, body, limit),
    });
    this.decisions = new Decisions({
      desk: () => this.#desk(),
      lit: (light, serials) => this.#lit(light, serials),
      pairing: () => this.#pairing,
      keepTries: (pinTries) => this.#keep({ pinTries }),
    });
    this.gathered = new Gathered(this.scanLog, this.decisions, () => this.clock.now());
    this.gathered.addEventListener('sealed', () => this.#changed());
  }

  /** Read the disk and begin. Does not touch the network before it is ready. */
  async begin() {
    // An append by another window in between shows when this one appends.
    await Promise.all([this.lock.tryTake(), this.scanLog.load(), this.tickets.load()]);
    await this.listTime.start();
    if (!this.tickets.index) await openWaiting(this.tickets, this.#pairing);
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
    return statusOf(this, this.#pairing, this.#around);
  }

  get gate() {
    return this.#pairing.gate;
  }

  get operator() {
    return this.#pairing.operator;
  }

  get busy() {
    return this.decisions.busy;
  }

  /** @returns {ListInfo[]} */
  get lists() {
    const { index } = this.tickets;
    return index ? this.#revisions().map((revision) => listInfo(index, revision)) : [];
  }

  get list() {
    const chosen = this.#chosen()?.list;
    return this.lists.find(({ list }) => list === chosen) ?? null;
  }

  /** @param {number} list */
  async setList(list) {
    await this.#keep({ list });
    this.#warmHeads();
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
    return this.decisions.scan({ text, how, marks });
  }

  /** @param {number} serial */
  admit(serial) {
    return this.decisions.admit(serial);
  }

  get inside() {
    const list = this.#chosen();
    if (!list || !letsOut(list.rules)) return null;
    return this.heads.inside(list, this.tickets.currentAt, this.#others);
  }

  get exiting() {
    const list = this.#chosen();
    return this.#pairing.exiting === true && list !== null && letsOut(list.rules);
  }

  /** @param {boolean} exiting */
  setExiting(exiting) {
    return this.#keep({ exiting });
  }

  get lastDrill() {
    return this.#pairing.drill ?? null;
  }

  /** Try out what this phone needs tonight; the organizer sees it after the next exchange. */
  async drill() {
    const here = { ...this.status, index: this.tickets.index, now: this.clock.now() };
    const drill = await runDrill({ ...here, ...this.#around.drilled() });
    await this.#keep({ drill });
    this.loop.scanned();
    return drill;
  }

  /** @param {string} query */
  async search(query) {
    const answer = await this.searchDesk.find(query, this.#chosen()?.list ?? null);
    if (!answer.tooShort && this.searches.note(query, this.operator)) {
      void this.#keep({ searches: this.searches.counts }).catch((error) => console.error(error));
    }
    return answer;
  }

  /** @param {number} limit */
  log(limit) {
    return this.logView.latest(limit);
  }

  logFile() {
    return this.logView.file(this.#pairing, this.clock.now());
  }

  takeOver() {
    return this.lock.takeOver();
  }

  /** A tap sends all there is: denials still gathering for their minute end it now. */
  async syncNow() {
    if (this.lock.held) await this.gathered.seal(true);
    await this.loop.now();
  }

  /** @param {Light} light */
  painted(light) {
    light.timings.painted = performance.now();
  }

  async close() {
    this.gathered.stop();
    this.listTime.stop();
    this.live.stop();
    this.loop.stop();
    await this.decisions.run(async () => this.lock.release());
  }

  /** A decision is on disk. @param {Light} light @param {number[]} serials */
  #lit(light, serials) {
    for (const serial of serials) this.heads.touch(serial);
    this.dispatchEvent(new CustomEvent('light', { detail: light }));
    this.#changed();
    this.loop.scanned();
  }

  /** @returns {import('./scan/scan-ticket.js').Desk} @throws {NotScanning} */
  #desk() {
    const { index, currentAt } = this.tickets;
    if (!this.lock.held) throw new NotScanning('lock');
    if (!mayScan(this.#pairing.standing)) throw new NotScanning('standing');
    if (!index) throw new NotScanning(this.tickets.readable ? 'no_list' : 'locked');
    const list = this.#chosen();
    if (!list) throw new NotScanning('list');
    const { pairingOf } = this.#around;
    const { operator, gate, scanLog: log, clock, exiting: leaving } = this;
    const person = { operator, gate };
    const inside = this.heads.of(list.list);
    const claims = index.header.event.strict ? this.claims : null;
    return { index, currentAt, list, person, pairingOf, log, clock, inside, leaving, claims };
  }

  #revisions() {
    return newestLists(this.tickets.index, this.#pairing.lists);
  }

  #chosen() {
    return chosenList(this.#revisions(), this.#pairing.list);
  }

  /** Phones that may have scanned and were not heard: all others while this one hears nobody. */
  get #others() {
    return this.loop.online ? this.#unheard : otherPhones(this.tickets.index, this.#pairing.device);
  }

  #work() {
    this.loop.start();
    this.live.start();
    this.searchDesk.warm();
    this.#warmHeads();
    this.gathered.start();
  }

  async #lockChanged() {
    this.gathered.stop();
    if (this.lock.held) {
      await this.decisions.run(() => this.#reread());
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
    this.searches = new SearchCount(this.#pairing.searches);
    await Promise.all([this.scanLog.load(), this.tickets.load()]);
  }

  async #round() {
    const before = this.#pairing;
    if (before.standing === 'gone') return { standing: before.standing, more: false, error: '' };
    const { transport, outbox } = this.#around;
    const { scanLog: log, tickets, clock } = this;
    const report = () => reportOf(this, this.#chosen()?.list ?? 0, this.#around.battery());
    const mine = () => this.lock.held;
    const { claims } = this;
    const side = { transport, pairing: before, log, tickets, clock, report, mine, claims };
    const outcome = await exchange(side);
    if (!mine()) return outcome;
    this.#unheard = outcome.unheard ?? this.#unheard;
    await this.#keepOffset();
    await this.listTime.look();
    const sealAll = () => this.gathered.seal(true);
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

  #listEnded() {
    this.searchDesk.names = null;
    this.#changed();
  }

  #tidy() {
    this.searchDesk.warm();
    this.#warmHeads();
    whenIdle(() => void this.tickets.compact().catch((error) => console.error(error)));
  }

  #warmHeads() {
    const list = this.#chosen();
    if (!list || !letsOut(list.rules)) return;
    const step = () => {
      if (this.heads.warm()) this.#changed();
      else whenIdle(step);
    };
    whenIdle(step);
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
