/** How many are inside, counted ticket by ticket while nobody waits, then kept in step. */

import { InsideCount } from './core/inside-count.js';
import { stateOf, voidsIn } from './scan/judge.js';

/** @typedef {import('./data/ticket-index.js').TicketIndex} TicketIndex */

const STEP = 500;

export class HeadCount {
  /**
   * @param {import('./data/scan-log.js').ScanLog} log
   * @param {import('./data/tickets.js').Tickets} tickets
   */
  constructor(log, tickets) {
    this.log = log;
    this.tickets = tickets;
    /** @type {TicketIndex | null} */
    this.index = null;
    this.count = new InsideCount();
    /** Serials that are still to be counted; null: all are. @type {Iterator<number> | null} */
    this.left = null;
    this.voids = '';
  }

  /**
   * Tickets inside by a list.
   * @param {number} list
   * @returns {number | null} null while it is being counted
   */
  of(list) {
    const { index } = this.tickets;
    if (!index || index !== this.index || this.left) return null;
    this.#catchUp(index);
    return this.left ? null : this.count.of(list);
  }

  /**
   * As the screens show it.
   * @param {import('../types/records.js').ListRevision} list
   * @param {number} asOf what the number rests on, server time
   * @param {number} unheard phones that may have scanned since
   * @returns {import('../types/door.js').Inside | null}
   */
  inside({ list, rules }, asOf, unheard) {
    const n = this.of(list);
    return n === null ? null : { n, capacity: rules.capacity ?? null, asOf, unheard };
  }

  /** A fact of this phone's own is on disk. @param {number} serial */
  touch(serial) {
    this.tickets.index?.touched.add(serial);
  }

  /**
   * Count some more.
   * @returns {boolean} all are counted
   */
  warm() {
    const { index } = this.tickets;
    if (!index) return true;
    if (index !== this.index) this.#startOver(index);
    for (let i = 0; this.left && i < STEP; i++) {
      const { done, value } = this.left.next();
      if (done) this.left = null;
      else this.#note(index, value);
    }
    return this.left === null;
  }

  /** Another list, or facts that count no longer. @param {TicketIndex} index */
  #startOver(index) {
    this.index = index;
    this.count = new InsideCount();
    this.left = everyone(index, this.log);
    this.voids = JSON.stringify(voidsIn(index));
  }

  /** @param {TicketIndex} index */
  #catchUp(index) {
    if (JSON.stringify(voidsIn(index)) !== this.voids) {
      this.#startOver(index);
      return;
    }
    for (const serial of index.touched) this.#note(index, serial);
    index.touched.clear();
  }

  /** What was let in without a ticket is nobody by number (R58). @param {TicketIndex} index @param {number} serial */
  #note(index, serial) {
    if (serial === 0) return;
    this.count.set(serial, stateOf(index, this.log, serial));
  }
}

/**
 * @param {TicketIndex} index
 * @param {import('./data/scan-log.js').ScanLog} log
 */
function* everyone(index, log) {
  yield* index.withFacts();
  yield* log.bySerial.keys();
}
