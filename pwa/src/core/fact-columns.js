// The facts of a snapshot as columns. Twin: server/handstamp/checkin/fact_columns.py.
// Vectors: shared/vectors/wire.

import { readNumbers } from './columns.js';

/** @import { Reader } from './layout.js' */
/** @import { Facts } from '../../types/protocol.js' */
/** @import { FactRow, Ref } from '../../types/records.js' */

/**
 * Reads the fact columns of R38; RangeError when they are cut short.
 * @param {Reader} from
 * @param {Float64Array} listed serials in the order of the ticket columns
 * @returns {Facts}
 */
export function readFacts(from, listed) {
  const [deviceOf, sizes] = [readNumbers(from), readNumbers(from)];
  const [numbers, tags] = [readNumbers(from), readNumbers(from)];
  const [places, unlisted, times] = [readNumbers(from), readNumbers(from), readNumbers(from)];
  const plain = [0, 1, 2, 3, 4, 5].map(() => readNumbers(from));
  const count = tags.length;
  for (const column of [numbers, places, times, ...plain]) {
    if (column.length !== count) throw new RangeError('columns do not fit each other');
  }
  const devices = new Float64Array(count);
  sumRuns({ deviceOf, sizes, devices, numbers, times });
  const { tickets, serials } = ticketsOf(places, unlisted, listed);
  /** @param {number} index @returns {Ref} */
  const refAt = (index) => [devices[index], numbers[index], tags[index]];
  const { seenAt, targetAt } = readRefs(from, refAt, count);
  const [kinds, lists, rules, epochs, hows, flags] = plain;
  /** @param {number} index @returns {FactRow} */
  const row = (index) => [
    devices[index], numbers[index], tags[index], kinds[index], lists[index], rules[index],
    serials[index], epochs[index], hows[index], flags[index], times[index],
    seenAt(index), targetAt(index),
  ];
  return { count, devices, numbers, tags, tickets, serials, times, row };
}

/**
 * Turns steps within each device's run into numbers and times, and names the device of each.
 * @param {Record<'deviceOf' | 'sizes' | 'devices' | 'numbers' | 'times', Float64Array>} columns
 */
function sumRuns({ deviceOf, sizes, devices, numbers, times }) {
  let at = 0;
  for (let run = 0; run < sizes.length; run += 1) {
    let [number, time] = [0, 0];
    for (const end = at + sizes[run]; at < end; at += 1) {
      number += numbers[at];
      time += times[at] % 2 ? -(times[at] + 1) / 2 : times[at] / 2;
      devices[at] = deviceOf[run];
      numbers[at] = number;
      times[at] = time;
    }
  }
  if (at !== numbers.length) throw new RangeError('columns do not fit each other');
}

/**
 * @param {Float64Array} places
 * @param {Float64Array} unlisted
 * @param {Float64Array} listed
 */
function ticketsOf(places, unlisted, listed) {
  const tickets = new Int32Array(places.length);
  const serials = new Float64Array(places.length);
  let next = 0;
  for (let at = 0; at < places.length; at += 1) {
    tickets[at] = places[at] - 1;
    serials[at] = places[at] ? listed[places[at] - 1] : unlisted[next++];
  }
  return { tickets, serials };
}

/**
 * Reads what facts name: those seen, and targets.
 * @param {Reader} from
 * @param {(index: number) => Ref} refAt
 * @param {number} count
 */
function readRefs(from, refAt, count) {
  const [counts, numbers, targets] = [readNumbers(from), readNumbers(from), readNumbers(from)];
  const [devices, places, tags] = [readNumbers(from), readNumbers(from), readNumbers(from)];
  /** @type {Map<number, Ref[]>} */
  const seen = new Map();
  /** @type {Map<number, Ref>} */
  const target = new Map();
  let [next, other] = [0, 0];
  /** @param {number} number @returns {Ref} */
  const refOf = (number) =>
    number ? refAt(number - 1) : [devices[other], places[other], tags[other++]];
  for (let at = 0; at < count; at += 1) {
    if (counts[at]) {
      const refs = [];
      for (let left = counts[at]; left > 0; left -= 1) refs.push(refOf(numbers[next++]));
      seen.set(at, refs);
    }
    if (targets[at]) target.set(at, refOf(targets[at] - 1));
  }
  return {
    /** @param {number} index @returns {Ref[]} */
    seenAt: (index) => seen.get(index) ?? [],
    /** @param {number} index @returns {Ref | null} */
    targetAt: (index) => target.get(index) ?? null,
  };
}
