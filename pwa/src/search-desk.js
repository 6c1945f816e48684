/** Searching as the screens use it: the list's names kept ready, hits with their state. */

import { foreignCodeDigest } from './core/foreign-code.js';
import { stateOf } from './scan/judge.js';
import { printedId } from './scan/light.js';
import { NameSearch, maskEmail } from './scan/search.js';
import { whenIdle } from './when-idle.js';

/** @typedef {import('../types/door.js').SearchRow} SearchRow */
/** @typedef {import('../types/records.js').TicketRow} TicketRow */
/** @typedef {import('./data/ticket-index.js').TicketIndex} TicketIndex */

/** @type {SearchRow['status'][]} */
const STATUSES = ['valid', 'refunded', 'cancelled', 'disputed'];

export class SearchDesk {
  /**
   * @param {import('./data/scan-log.js').ScanLog} log
   * @param {import('./data/tickets.js').Tickets} tickets
   */
  constructor(log, tickets) {
    this.log = log;
    this.tickets = tickets;
    /** @type {NameSearch | null} */
    this.names = null;
  }

  /** Prepare while nothing else happens, so that the first search is as fast as the others. */
  warm() {
    const names = this.#current();
    if (!names) return;
    const step = () => {
      if (!names.warm()) whenIdle(step);
    };
    whenIdle(step);
  }

  /**
   * @param {string} query
   * @param {number | null} list
   * @returns {Promise<import('../types/door.js').SearchAnswer>}
   */
  async find(query, list) {
    const names = this.#current();
    if (!names) return { rows: [], tooShort: false, fuzzy: false };
    const coded = await withCode(names.index, query);
    const found = coded ? { rows: [coded], tooShort: false, fuzzy: false } : names.find(query);
    return { ...found, rows: found.rows.map((row) => this.#hit(names.index, row, list)) };
  }

  /** A new list has other names. */
  #current() {
    const { index } = this.tickets;
    if (!index) this.names = null;
    else if (this.names?.index !== index) this.names = new NameSearch(index);
    return this.names;
  }

  /**
   * @param {TicketIndex} index
   * @param {TicketRow} row
   * @param {number | null} list
   * @returns {SearchRow}
   */
  #hit(index, [serial, tier, status, , name, email, order], list) {
    const of = stateOf(index, this.log, serial)?.lists[list ?? 0];
    return {
      serial,
      name,
      email: maskEmail(email),
      order,
      tier: index.names.tiers.get(tier) ?? '',
      printedId: printedId(index, serial),
      status: STATUSES[status] ?? 'cancelled',
      admitted: of !== undefined && of.entries > 0,
      inside: of?.inside ?? false,
    };
  }
}

/**
 * The ticket whose whole code from elsewhere was typed.
 * @param {TicketIndex} index
 * @param {string} query
 * @returns {Promise<TicketRow | null>}
 */
async function withCode(index, query) {
  if (index.codes.empty) return null;
  const digest = await foreignCodeDigest(index.header.event.number, query);
  return digest && index.byCode(digest);
}
