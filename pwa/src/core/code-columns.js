// Digests of codes from elsewhere in a snapshot. Twin: server/handstamp/checkin/code_columns.py.
// Vectors: shared/vectors/wire. They stand behind the facts (R47).

import { readNumbers } from './columns.js';

/** @import { Reader } from './layout.js' */
/** @import { Codes } from '../../types/protocol.js' */

const HALF_DIGITS = 8;

/**
 * Reads the columns behind the facts, if any; RangeError when it is cut short or does not fit the tickets.
 * @param {Reader} from
 * @param {number} tickets how many there are
 * @returns {Codes}
 */
export function readCodes(from, tickets) {
  if (from.atEnd()) return { places: new Int32Array(0), digests: [] };
  const [steps, first, last] = [0, 1, 2].map(() => readNumbers(from));
  if (first.length !== steps.length || last.length !== steps.length) {
    throw new RangeError('columns do not fit each other');
  }
  const places = new Int32Array(steps.length);
  /** @type {string[]} */
  const digests = new Array(steps.length);
  let place = 0;
  for (let at = 0; at < steps.length; at += 1) {
    place += steps[at];
    if (place >= tickets || (at && !steps[at])) throw new RangeError('a ticket has one code');
    places[at] = place;
    digests[at] = hex(first[at]) + hex(last[at]);
  }
  return { places, digests };
}

/** @param {number} half 4 bytes */
function hex(half) {
  if (half > 0xffffffff) throw new RangeError('half a digest has 4 bytes');
  return half.toString(16).padStart(HALF_DIGITS, '0');
}
