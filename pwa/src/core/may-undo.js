// What a phone may take back, asked before the undo is made; the fold judges the fact (R54, R56).

import { keyOf, refOf, refOrder } from './places.js';
import { settle } from './undo.js';
import { KIND, MOVEMENTS } from './wire.js';

/** @import { FoldFact } from '../../types/protocol.js' */
/** @import { Ref } from '../../types/records.js' */

/**
 * @typedef {object} Known
 * @property {FoldFact[]} facts of the ticket: the server's and the phone's own
 * @property {Record<number, number>} [voids]
 */

/**
 * Movements that are there: neither void nor undone.
 * @param {Known} known
 */
function left({ facts, voids = {} }) {
  const there = new Map(
    facts
      .filter((fact) => fact.kind !== KIND.deny && fact.number < (voids[fact.device] ?? Infinity))
      .map((fact) => [keyOf(refOf(fact)), fact]),
  );
  const undos = [...there.values()].filter(({ kind }) => kind === KIND.undo);
  const { undone } = settle(undos, there);
  return [...there]
    .filter(([key, { kind }]) => MOVEMENTS.includes(kind) && !undone.has(key))
    .map(([, fact]) => fact);
}

/**
 * This device's last movement of the ticket that is left: what its steward may take back, for as
 * long as the list allows; null when there is none.
 * @param {Known & {device: number}} known
 */
export function lastOwn(known) {
  const own = left(known).filter((fact) => fact.device === known.device);
  return own.sort(refOrder).at(-1) ?? null;
}

/**
 * Whether an undo made now would take effect: a supervisor takes back any movement that is left, a
 * steward the device's own last one within `undoS` seconds by the device's raw clock.
 * @param {Known & {device: number, target: Ref, supervisor: boolean, clock: number,
 *   targetClock: number, undoS: number}} asked `targetClock`: the raw clock in the target
 */
export function mayUndo(asked) {
  const key = keyOf(asked.target);
  if (asked.supervisor) return left(asked).some((fact) => keyOf(refOf(fact)) === key);
  const own = lastOwn(asked);
  const passed = asked.clock - asked.targetClock;
  return (
    own !== null && keyOf(refOf(own)) === key && passed >= 0 && passed <= asked.undoS * 1000
  );
}
