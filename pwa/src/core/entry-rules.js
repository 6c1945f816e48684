// How often a list lets the same ticket in. Twin: server/handstamp/checkin/entry_rules.py.
// Vectors: shared/vectors/fold, shared/vectors/verdict.

/** @import { EntryRules } from '../../types/protocol.js' */

/** How long a steward may take back, where the list says nothing. */
export const UNDO_S = 300;

/**
 * Reads the rules of a list's revision (R57); an entry that is not known is `single`.
 * @param {{entry?: string, per_day?: number, days?: number[], capacity?: number, undo_s?: number}} rules
 * @returns {EntryRules}
 */
export function entryRulesOf({ entry, per_day: limit = 1, days = [], capacity, undo_s: undoS }) {
  const shared = { capacity: capacity ?? null, undoS: undoS ?? UNDO_S };
  if (entry === 'per_day') return { entry, limit, days, ...shared };
  return { entry: entry === 'reentry' ? entry : 'single', limit: 1, days: [], ...shared };
}

/**
 * How many entry days have begun.
 * @param {number[]} days ms, ascending
 * @param {number} time
 */
export function dayOf(days, time) {
  let low = 0;
  let high = days.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time < days[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}
