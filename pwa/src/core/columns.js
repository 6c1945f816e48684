// Columns of numbers and texts that compress well. Twin: checkin/columns.py.
// Vectors: shared/vectors/wire. Layout: R38 in shared/PROTOCOL.md.

import { Reader } from './layout.js';

/** @import { Bytes } from '../../types/protocol.js' */

const TRANSPOSED = 1;
const fromUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a column of numbers below 2^53.
 * @param {Reader} from
 */
export function readNumbers(from) {
  const column = new Reader(from.take(from.varint()));
  const count = column.varint();
  const width = column.uint(1);
  const values = new Float64Array(count);
  for (let plane = 0; plane < width; plane += 1) {
    const bytes = column.take(count);
    for (let at = 0; at < count; at += 1) values[at] = values[at] * 256 + bytes[at];
  }
  return values;
}

/**
 * Reads a column of texts.
 * @param {Reader} from
 * @returns {string[]}
 */
export function readTexts(from) {
  const column = new Reader(from.take(from.varint()));
  const count = column.varint();
  const mode = column.uint(1);
  const data = column.rest();
  if (!count) return [];
  if (mode === TRANSPOSED) return readTransposed(data, count);
  const texts = fromUtf8.decode(data).split('\n');
  if (texts.length !== count) throw new RangeError('a column of another length than it says');
  return texts;
}

/**
 * @param {Bytes} data
 * @param {number} count
 */
function readTransposed(data, count) {
  const length = data.length / count;
  const rows = new Uint8Array(data.length);
  for (let place = 0; place < length; place += 1) {
    for (let at = 0; at < count; at += 1) rows[at * length + place] = data[place * count + at];
  }
  const whole = fromUtf8.decode(rows);
  return Array.from({ length: count }, (_, at) => whole.slice(at * length, (at + 1) * length));
}

/**
 * Reads a column of texts of which many repeat: the dictionary, and each row's place in it.
 * @param {Reader} from
 */
export function readTerms(from) {
  const dictionary = readTexts(from);
  const places = readNumbers(from);
  let single = dictionary.length;
  for (const number of places) if (number === 0) single -= 1;
  for (let at = 0; at < places.length; at += 1) {
    if (places[at] === 0) {
      places[at] = single;
      single += 1;
    } else {
      places[at] -= 1;
    }
  }
  return { dictionary, places };
}

/**
 * Reads a column of sorted texts that say how much they share with the one before.
 * @param {Reader} from
 */
export function readSorted(from) {
  const shared = readNumbers(from);
  let before = '';
  return readTexts(from).map((rest, at) => (before = before.slice(0, shared[at]) + rest));
}
