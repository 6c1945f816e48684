/** Find a ticket by name, e-mail, order or printed id; never more than 20, never a total. */

import uFuzzy from '../../vendor/ufuzzy/uFuzzy.js';
import { serialOf } from '../core/ids.js';
import { foldText, isDense, letterCount } from './fold-text.js';
import { Lines } from './lines.js';

/** @typedef {import('../data/ticket-index.js').TicketIndex} TicketIndex */
/** @typedef {import('../../types/records.js').TicketRow} TicketRow */

/** @typedef {{name: string, email: string, order: string}} Terms folded, of one ticket */
/** @typedef {{first: string, others: string[], typed: string, email: boolean}} Wanted */

const MOST = 20;
const LEAST = 3;
const LEAST_DENSE = 2;
const LEAST_EMAIL = 5;
const LEAST_FUZZY = 4;
const STEP = 2_000;
const MOST_CHANGED = 3_000;

/** One list's names, folded once and kept in step with what changes. */
export class NameSearch {
  /** @param {TicketIndex} index */
  constructor(index) {
    this.index = index;
    this.fuzzy = new uFuzzy({ intraMode: 1, interLft: 1 });
    this.#startOver();
  }

  #startOver() {
    /** Folded names, a space before every word. @type {string[]} */
    this.names = [];
    /** @type {string[]} */
    this.emails = [];
    /** @type {string[]} */
    this.orders = [];
    /** @type {{names: Lines, emails: Lines, orders: Lines} | null} */
    this.lines = null;
    /** Places whose lines are out of date. @type {Map<number, Terms>} */
    this.changed = new Map();
    /** @type {number} */
    this.seenChanges = this.index.changes;
  }

  /**
   * Fold some more names, so that the first search need not.
   * @returns {boolean} all are done
   */
  warm() {
    if (this.lines) return true;
    const end = Math.min(this.index.size, this.names.length + STEP);
    for (let at = this.names.length; at < end; at++) {
      const { name, email, order } = termsOf(this.index.at(at));
      this.names.push(name);
      this.emails.push(email);
      this.orders.push(order);
    }
    if (end < this.index.size) return false;
    const [names, emails, orders] = [this.names, this.emails, this.orders];
    this.lines = {
      names: new Lines(names), emails: new Lines(emails), orders: new Lines(orders),
    };
    this.emails = this.orders = [];
    return true;
  }

  /**
   * @param {string} query as typed
   * @returns {{rows: TicketRow[], tooShort: boolean, fuzzy: boolean}}
   */
  find(query) {
    const typed = query.trim().toLowerCase();
    const dense = isDense(typed);
    if (letterCount(typed) < (dense ? LEAST_DENSE : LEAST)) {
      return { rows: [], tooShort: true, fuzzy: false };
    }
    this.#catchUp();
    const folded = foldText(typed);
    const words = folded.split(' ').sort((a, b) => b.length - a.length);
    const [first, ...others] = dense ? words : words.map((word) => ` ${word}`);
    const email = typed.includes('@') || typed.length >= LEAST_EMAIL;
    const exact = this.#exact({ first, others, typed, email });
    if (exact.length) return { rows: exact, tooShort: false, fuzzy: false };
    const near = letterCount(typed) < LEAST_FUZZY ? [] : this.#near(folded);
    return { rows: near, tooShort: false, fuzzy: near.length > 0 };
  }

  /** Changes lie beside the lines until there are many. */
  #catchUp() {
    if (this.lines && this.seenChanges !== this.index.changes) {
      const places = this.index.changedPlaces();
      if (places.length > MOST_CHANGED) this.#startOver();
      else for (const place of places) this.changed.set(place, termsOf(this.index.at(place)));
      this.seenChanges = this.index.changes;
    }
    while (!this.warm()) continue;
  }

  /** @param {Wanted} wanted @returns {TicketRow[]} */
  #exact(wanted) {
    const serial = serialOf(wanted.typed);
    const byId = serial === null ? null : this.index.ticket(serial);
    const rows = byId ? [byId] : [];
    for (const place of this.#places(wanted)) {
      if (rows.length === MOST) break;
      const row = this.index.at(place);
      if (row[0] !== byId?.[0]) rows.push(row);
    }
    return rows;
  }

  /** @param {Wanted} wanted @returns {Set<number>} some more than are shown */
  #places({ first, others, typed, email }) {
    const { names, emails, orders } = /** @type {NonNullable<typeof this.lines>} */ (this.lines);
    /** @type {Set<number>} */
    const found = new Set();
    /** @param {Iterable<number>} lines @param {(line: number) => boolean} [fits] */
    const collect = (lines, fits = () => true) => {
      for (const line of lines) {
        if (found.size > MOST) return;
        if (!this.changed.has(line) && fits(line)) found.add(line);
      }
    };
    for (const [place, { name, email: address, order }] of this.changed) {
      const named = [first, ...others].every((word) => name.includes(word));
      const referred = order.startsWith(typed) || (email && address.startsWith(typed));
      if ((named || referred) && found.size <= MOST) found.add(place);
    }
    collect(names.find(first), (line) => {
      return others.length === 0 || others.every((word) => names.line(line).includes(word));
    });
    collect(orders.find(`\n${typed}`));
    if (email) collect(emails.find(`\n${typed}`));
    return found;
  }

  /** One typing error: a letter too much, missing, wrong or swapped. @param {string} words */
  #near(words) {
    const later = [...this.changed].filter(([, { name }]) => this.fuzzy.filter([name], words)?.length);
    const hits = (this.fuzzy.filter(this.names, words) ?? []).filter((at) => !this.changed.has(at));
    return [...later.map(([at]) => at), ...hits].slice(0, MOST).map((at) => this.index.at(at));
  }
}

/** @param {TicketRow} row @returns {Terms} */
function termsOf(row) {
  return { name: ` ${foldText(row[4])}`, email: lineOf(row[5]), order: lineOf(row[6]) };
}

/** @param {string} text */
function lineOf(text) {
  return text.toLowerCase().replaceAll('\n', ' ');
}

/** First letters and the domain. @param {string} email */
export function maskEmail(email) {
  const at = email.lastIndexOf('@');
  return at < 1 ? '' : `${email.slice(0, Math.min(2, at))}…${email.slice(at)}`;
}
