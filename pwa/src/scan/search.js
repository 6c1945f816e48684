/** Find a ticket by name, e-mail, order or printed id; never more than 20, never a total. */

import uFuzzy from '../../vendor/ufuzzy/uFuzzy.js';
import { serialOf } from '../core/ids.js';
import { foldText, isDense, letterCount } from './fold-text.js';

/** @typedef {import('../data/ticket-index.js').TicketIndex} TicketIndex */
/** @typedef {import('../../types/records.js').TicketRow} TicketRow */

const MOST = 20;
const LEAST = 3;
const LEAST_DENSE = 2;
const LEAST_EMAIL = 5;
const LEAST_FUZZY = 4;
const STEP = 2_000;

/** One list's names, folded once and kept in step with what changes. */
export class NameSearch {
  /** @param {TicketIndex} index */
  constructor(index) {
    this.index = index;
    /** Folded name of each position, a space before every word. @type {string[]} */
    this.names = [];
    this.seenChanges = 0;
    this.fuzzy = new uFuzzy({ intraMode: 1, interLft: 1 });
  }

  /**
   * Fold some more names, so that the first search need not. @returns {boolean} all are done
   */
  warm() {
    const end = Math.min(this.index.size, this.names.length + STEP);
    for (let at = this.names.length; at < end; at++) this.names.push(folded(this.index.at(at)));
    return end === this.index.size;
  }

  /**
   * @param {string} query as typed
   * @returns {{rows: TicketRow[], tooShort: boolean, fuzzy: boolean}}
   */
  find(query) {
    const typed = query.trim();
    const words = foldText(typed);
    const least = isDense(typed) ? LEAST_DENSE : LEAST;
    if (letterCount(typed) < least) return { rows: [], tooShort: true, fuzzy: false };
    this.#catchUp();
    const serial = serialOf(typed);
    const byId = serial === null ? null : this.index.ticket(serial);
    const places = this.#scan(words.split(' '), typed.toLowerCase(), isDense(typed));
    const rows = places.map((place) => this.index.at(place));
    if (byId) rows.unshift(byId);
    if (rows.length) return { rows: rows.slice(0, MOST), tooShort: false, fuzzy: false };
    const near = letterCount(typed) < LEAST_FUZZY ? [] : this.#near(words);
    return { rows: near, tooShort: false, fuzzy: near.length > 0 };
  }

  #catchUp() {
    while (!this.warm()) continue;
    if (this.index.changes === this.seenChanges) return;
    this.seenChanges = this.index.changes;
    for (const place of this.index.changedPlaces()) this.names[place] = folded(this.index.at(place));
  }

  /**
   * Every word begins a word of the name; or the order, or enough of the e-mail, begins so.
   * @param {string[]} words
   * @param {string} typed lower case
   * @param {boolean} dense
   */
  #scan(words, typed, dense) {
    const starts = dense ? words : words.map((word) => ` ${word}`);
    const [first, ...others] = starts;
    const email = typed.includes('@') || typed.length >= LEAST_EMAIL;
    /** @type {number[]} */
    const found = [];
    for (let at = 0; at < this.names.length && found.length < MOST; at++) {
      const name = this.names[at];
      const named = name.includes(first) && others.every((word) => name.includes(word));
      if (named || this.#byReference(at, typed, email)) found.push(at);
    }
    return found;
  }

  /** @param {number} at @param {string} typed @param {boolean} email */
  #byReference(at, typed, email) {
    const [emailOf, orderOf] = this.index.references(at);
    if (orderOf !== '' && beginsWith(orderOf, typed)) return true;
    return email && emailOf !== '' && beginsWith(emailOf, typed);
  }

  /** One typing error: a letter too much, missing, wrong or swapped. @param {string} words */
  #near(words) {
    const hits = this.fuzzy.filter(this.names, words) ?? [];
    return hits.slice(0, MOST).map((place) => this.index.at(place));
  }
}

/** @param {TicketRow} row */
function folded(row) {
  return ` ${foldText(row[4])}`;
}

/** Without making lower-case copies of 50,000 texts. @param {string} text @param {string} start */
function beginsWith(text, start) {
  if (text.length < start.length) return false;
  for (let i = 0; i < start.length; i++) {
    const code = text.charCodeAt(i);
    const lower = code >= 65 && code <= 90 ? code + 32 : code;
    if (lower !== start.charCodeAt(i)) return false;
  }
  return true;
}

/** First letters and the domain. @param {string} email */
export function maskEmail(email) {
  const at = email.lastIndexOf('@');
  return at < 1 ? '' : `${email.slice(0, Math.min(2, at))}…${email.slice(at)}`;
}
