/** One device's log on disk: facts appended in a chain, refusals that still gather, acknowledgements. */

import { factOfRow } from '../core/fold.js';
import { NO_DIGEST, NO_HASH, decodeFact, rowOf, tagOf } from '../core/wire.js';
import { FactPages } from './fact-pages.js';
import { answer, committed } from './open-database.js';
import { ofDevice } from './outbox.js';
import { Stamps } from './stamps.js';

/** @typedef {import('./open-database.js').Database} Database */
/** @typedef {import('../../types/records.js').StoredFact} StoredFact */
/** @typedef {import('../../types/records.js').AckRecord} AckRecord */
/** @typedef {import('../../types/records.js').HeldDenial} HeldDenial */
/** @typedef {import('../../types/protocol.js').Fact} Fact */
/** @typedef {import('../../types/protocol.js').FoldFact} FoldFact */

const STORES = ['facts', 'acks', 'denials', 'pairings', 'claims'];
const READ = [...STORES, 'stamps'];
const NONE = new Float64Array(0);

/** The log on disk does not end where this window thought: decide again. */
export class HeadMoved extends Error {
  name = 'HeadMoved';
}

/** The log or its pairing is no longer on this phone. */
export class LogGone extends Error {
  name = 'LogGone';
}

export class ScanLog {
  /**
   * @param {Database} outbox
   * @param {number} device
   * @param {string} role in its certificate
   */
  constructor(outbox, device, role = 'steward') {
    this.outbox = outbox;
    this.device = device;
    this.role = role;
    this.head = { number: 0, hash: NO_HASH };
    this.acked = 0;
    this.stamps = new Stamps();
    /** @type {Map<string, HeldDenial>} */
    this.held = new Map();
    this.facts = new FactPages();
    /** The numbers of each ticket's facts; most have one. @type {Map<number, number | number[]>} */
    this.bySerial = new Map();
  }

  /** Read the whole log from disk, as after a start or a take-over. */
  async load() {
    const tx = await this.outbox.begin(READ);
    /** @type {[StoredFact[], AckRecord | undefined, HeldDenial[]]} */
    const [facts, ack, held] = await Promise.all([
      answer(tx.objectStore('facts').getAll(ofDevice(this.device))),
      answer(tx.objectStore('acks').get(this.device)),
      answer(tx.objectStore('denials').getAll(ofDevice(this.device))),
    ]);
    this.head = { number: 0, hash: NO_HASH };
    this.acked = ack?.to ?? 0;
    await this.stamps.load(tx, this.device, ack?.stamps ?? NONE);
    this.held = new Map(held.map((denial) => [denial.sameness, denial]));
    this.facts = new FactPages();
    this.bySerial = new Map();
    for (const fact of facts) this.#remember(fact);
  }

  /** Facts and gathering refusals that the root has not acknowledged. */
  get pending() {
    return this.head.number - Math.min(this.acked, this.head.number) + this.held.size;
  }

  /**
   * Append facts, in order, and change the gathering refusals, all in one transaction that
   * first checks that the log on disk still ends at this window's head.
   * @param {StoredFact[]} facts numbered from head + 1
   * @param {{release?: string[], hold?: HeldDenial | null, claims?: string[]}} more `claims`: the
   *   ids of the granted claims that these facts use
   * @throws {HeadMoved} another window appended; `load` again
   * @throws {LogGone} the pairing was erased
   */
  async append(facts, { release = [], hold = null, claims = [] } = {}) {
    const tx = await this.outbox.begin(STORES, 'readwrite', 'strict');
    const done = committed(tx);
    done.catch(() => {}); // awaited below; an abort on purpose is not an error of its own
    const store = tx.objectStore('facts');
    const [last, pairing] = await Promise.all([
      answer(store.openKeyCursor(ofDevice(this.device), 'prev')),
      answer(tx.objectStore('pairings').getKey(this.device)),
    ]);
    const number = last ? /** @type {number[]} */ (last.primaryKey)[1] : 0;
    if (pairing === undefined || number !== this.head.number) {
      tx.abort();
      throw pairing === undefined ? new LogGone() : new HeadMoved();
    }
    for (const fact of facts) store.add(fact);
    const denials = tx.objectStore('denials');
    for (const sameness of release) denials.delete([this.device, sameness]);
    if (hold) denials.put(hold);
    for (const claim of claims) tx.objectStore('claims').delete([this.device, claim]);
    tx.commit();
    await done;
    for (const sameness of release) this.held.delete(sameness);
    if (hold) this.held.set(hold.sameness, hold);
    for (const fact of facts) this.#remember(fact);
  }

  /**
   * Facts from disk, numbers `from` to `to`.
   * @param {number} from
   * @param {number} to
   * @returns {Promise<StoredFact[]>}
   */
  async read(from, to) {
    if (to < from) return [];
    const tx = await this.outbox.begin('facts');
    const range = IDBKeyRange.bound([this.device, from], [this.device, to]);
    return answer(tx.objectStore('facts').getAll(range));
  }

  /**
   * Note what the root has; it may be less than before (a restored server).
   * @param {number} to
   * @param {[number, number, number][]} stamps [number, tag, stamp]
   */
  async acknowledge(to, stamps) {
    if (to === this.acked && stamps.length === 0) return;
    for (const [number, , stamp] of stamps) {
      if (number >= 1 && number <= this.head.number) this.stamps.set(number, stamp);
    }
    const tx = await this.outbox.begin(['acks', 'stamps'], 'readwrite');
    tx.objectStore('acks').put({ device: this.device, to, stamps: NONE });
    this.stamps.save(tx, this.device);
    await committed(tx);
    this.stamps.saved();
    this.acked = to;
  }

  /**
   * This device's own facts about a ticket, as the fold reads them.
   * @param {number} serial
   * @param {(fact: Fact, target: Fact | null) => number} granted bits of R36 for an undo or an
   *   override; `target` null: another device's, or none
   * @returns {FoldFact[]}
   */
  about(serial, granted = () => 0) {
    return this.#numbers(serial).map((number) => {
      const fact = this.facts.fact(number);
      const stamp = this.stamps.get(number) || null;
      const scanned = fact.digest.some((byte, at) => byte !== NO_DIGEST[at]);
      const target = fact.target && this.#held(serial, fact.target);
      const known = { stamp, scanned, granted: granted(fact, target) };
      return factOfRow(rowOf(fact, this.facts.tag(number), known));
    });
  }

  /**
   * The raw clock in one of this device's own facts, ms.
   * @param {number} serial
   * @param {number} number
   */
  rawClock(serial, number) {
    return this.#numbers(serial).includes(number) ? this.facts.fact(number).clock : 0;
  }

  /** @param {number} serial @param {import('../../types/records.js').Ref} ref @returns {Fact | null} */
  #held(serial, [device, number, tag]) {
    if (device !== this.device || !this.#numbers(serial).includes(number)) return null;
    return this.facts.tag(number) === tag ? this.facts.fact(number) : null;
  }

  /** @param {number} serial @returns {number[]} */
  #numbers(serial) {
    const known = this.bySerial.get(serial);
    if (known === undefined) return [];
    return typeof known === 'number' ? [known] : known;
  }

  /** @param {StoredFact} fact */
  #remember(fact) {
    if (fact.number > this.head.number) this.head = { number: fact.number, hash: fact.hash };
    const { serial } = decodeFact(fact.bytes);
    if (serial === 0) return;
    this.facts.add(fact.number, fact.bytes, tagOf(fact.hash));
    const known = this.bySerial.get(serial);
    if (known === undefined) this.bySerial.set(serial, fact.number);
    else if (typeof known === 'number') this.bySerial.set(serial, [known, fact.number]);
    else known.push(fact.number);
  }
}
