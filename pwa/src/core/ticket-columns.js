// The tickets of a snapshot as columns. Twin: server/handstamp/checkin/ticket_columns.py.
// Vectors: shared/vectors/wire.

import { readNumbers, readSorted, readTerms, readTexts } from './columns.js';

/** @import { Reader } from './layout.js' */
/** @import { Tickets } from '../../types/protocol.js' */

const SAME_NAME = 1;
const SAME_EMAIL = 2;
/** Marks in the local part of a mail address for what the name already says. */
const MARKS = /[\u0001-\u0004]/g;

/**
 * @typedef {object} Names
 * @property {string[]} givens dictionary, each with its space behind
 * @property {string[]} surnames dictionary
 * @property {Int32Array} given place of each row's given names
 * @property {Int32Array} surname place of each row's surname
 * @property {Int8Array} same flags of each row; -1 for the first of a party
 */

/**
 * Reads the ticket columns of R38; RangeError when they are cut short.
 * @param {Reader} from
 * @returns {Tickets}
 */
export function readTickets(from) {
  const sizes = readNumbers(from);
  const perParty = readTexts(from);
  const count = sizes.reduce((sum, size) => sum + size, 0);
  /** @type {string[]} */
  const orders = new Array(count);
  let row = 0;
  for (let party = 0; party < sizes.length; party += 1) {
    for (let left = sizes[party]; left > 0; left -= 1) orders[row++] = perParty[party];
  }
  const names = readNames(from, sizes, count);
  const emails = readEmails(from, names, count);
  const serials = readNumbers(from);
  const [tiers, statuses, epochs] = [0, 1, 2].map(() => Uint8Array.from(readNumbers(from)));
  for (const column of [serials, tiers, statuses, epochs]) {
    if (column.length !== count) throw new RangeError('columns do not fit each other');
  }
  return { count, serials, tiers, statuses, epochs, names: fullNames(names, count), emails, orders };
}

/**
 * @param {Names} names
 * @param {number} count
 */
function fullNames({ givens, surnames, given, surname }, count) {
  /** @type {string[]} */
  const full = new Array(count);
  for (let row = 0; row < count; row += 1) full[row] = givens[given[row]] + surnames[surname[row]];
  return full;
}

/**
 * @param {Reader} from
 * @param {Float64Array} sizes
 * @param {number} count
 * @returns {Names}
 */
function readNames(from, sizes, count) {
  const surnames = readSorted(from);
  const steps = readNumbers(from);
  const flags = readNumbers(from);
  const others = readNumbers(from);
  const { dictionary: givens, places } = readTerms(from);
  const given = new Int32Array(count);
  const surname = new Int32Array(count);
  const same = new Int8Array(count);
  let [row, at, companion, other, name] = [0, 0, 0, 0, 0];
  for (let party = 0; party < sizes.length; party += 1) {
    const leader = row;
    at += steps[party];
    surname[row] = at;
    given[row] = places[name++];
    same[row++] = -1;
    for (let left = sizes[party] - 1; left > 0; left -= 1, row += 1) {
      same[row] = flags[companion++];
      const alike = (same[row] & SAME_NAME) !== 0;
      const number = alike ? 0 : others[other++];
      surname[row] = number ? number - 1 : surname[leader];
      given[row] = alike ? given[leader] : places[name++];
    }
  }
  return { givens, surnames, given, surname, same };
}

/**
 * A name's first word as mail addresses write it: unaccented small letters.
 * @param {string} name
 */
function letters(name) {
  return name.split(' ', 1)[0].normalize('NFD').replace(/[^A-Za-z0-9]/g, '').toLowerCase();
}

/**
 * @param {Reader} from
 * @param {Names} names
 * @param {number} count
 */
function readEmails(from, { givens, surnames, given, surname, same }, count) {
  const patterns = readTerms(from);
  const digits = readNumbers(from);
  const domains = readTerms(from);
  const marked = patterns.dictionary.map((pattern) => pattern.search(MARKS) >= 0);
  const written = { given: cached(givens), surname: cached(surnames) };
  /** @type {string[]} */
  const emails = new Array(count);
  let [leader, own] = ['', 0];
  for (let row = 0; row < count; row += 1) {
    if (same[row] > 0 && same[row] & SAME_EMAIL) {
      emails[row] = leader;
      continue;
    }
    const place = patterns.places[own];
    const pattern = patterns.dictionary[place];
    const local = marked[place]
      ? filled(pattern, written.given(given[row]), written.surname(surname[row]))
      : pattern;
    const number = digits[own] ? String(digits[own]).slice(1) : '';
    emails[row] = local + number + domains.dictionary[domains.places[own]];
    own += 1;
    if (same[row] < 0) leader = emails[row];
  }
  return emails;
}

/**
 * `letters` of a dictionary's names, each worked out once and only when asked for.
 * @param {string[]} dictionary
 */
function cached(dictionary) {
  /** @type {(string | undefined)[]} */
  const known = new Array(dictionary.length);
  /** @param {number} place */
  return (place) => (known[place] ??= letters(dictionary[place]));
}

/**
 * @param {string} pattern
 * @param {string} given
 * @param {string} surname
 */
function filled(pattern, given, surname) {
  let text = '';
  for (const letter of pattern) {
    if (letter === '\u0001') text += given;
    else if (letter === '\u0002') text += surname;
    else if (letter === '\u0003') text += given.slice(0, 1);
    else if (letter === '\u0004') text += surname.slice(0, 1);
    else text += letter;
  }
  return text;
}
