// Which devices' facts count as not there, from the facts that say so (R53).

import { KIND, ROW_FLAG } from './wire.js';

/** @import { FactRow } from '../../types/records.js' */

/**
 * The number from which on a device's facts are void; only the server's word counts.
 * @param {Iterable<FactRow>} rows
 * @returns {Record<number, number>}
 */
export function voidsOf(rows) {
  /** @type {Record<number, number>} */
  const voids = {};
  for (const [, , , kind, , , , , , flags, , , target] of rows) {
    if (kind !== KIND.void || !(flags & ROW_FLAG.backed) || target === null) continue;
    const [device, number] = target;
    voids[device] = Math.min(number, voids[device] ?? number);
  }
  return voids;
}
