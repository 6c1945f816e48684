// Who may take what back, and what is taken back. Twin: server/handstamp/checkin/undo.py.
// Vectors: shared/vectors/fold.

import { KIND, MOVEMENTS, ROW_FLAG } from './wire.js';
import { keyOf, refOf, refOrder } from './places.js';

/** @import { Fact, FoldFact } from '../../types/protocol.js' */
/** @import { Ref } from '../../types/records.js' */

/**
 * @typedef {object} Settled
 * @property {Set<string>} undone keys of facts taken away
 * @property {FoldFact[]} undos that took effect
 * @property {FoldFact[]} pending
 * @property {FoldFact[]} refused
 */

/**
 * What the maker of an undo or override was granted, as bits of R36 (R56).
 * @param {object} made
 * @param {Fact} made.fact
 * @param {Fact | null} made.target the undone fact when its device's log is known
 * @param {boolean} made.supervisor
 * @param {number} made.undoS seconds, of the revision that the undo names
 */
export function grants({ fact, target, supervisor, undoS }) {
  if (fact.kind !== KIND.undo && fact.kind !== KIND.override) return 0;
  if (supervisor) return ROW_FLAG.allowed;
  if (fact.kind === KIND.override || target === null) return 0;
  const own = target.device === fact.device && target.number < fact.number;
  const same = target.serial === fact.serial && target.list === fact.list;
  const passed = fact.clock - target.clock;
  return own && same && passed >= 0 && passed <= undoS * 1000 ? ROW_FLAG.timely : 0;
}

/**
 * What these undos do to the facts that are there (R54).
 * @param {FoldFact[]} undos
 * @param {Map<string, FoldFact>} there
 * @returns {Settled}
 */
export function settle(undos, there) {
  /** @type {Settled} */
  const settled = { undone: new Set(), undos: [], pending: [], refused: [] };
  if (undos.length === 0) return settled;
  /** @type {FoldFact[]} */
  const timely = [];
  for (const undo of undos) {
    const target = undo.target ? there.get(keyOf(undo.target)) : undefined;
    if (target === undefined) {
      settled.pending.push(undo);
    } else if (!MOVEMENTS.includes(target.kind) || target.list !== undo.list) {
      settled.refused.push(undo);
    } else if (undo.allowed) {
      settled.undos.push(undo);
      settled.undone.add(keyOf(refOf(target)));
    } else if (undo.timely && target.device === undo.device && target.number < undo.number) {
      timely.push(undo);
    } else {
      settled.refused.push(undo);
    }
  }
  const logs = new Logs([...there.values()], settled.undone);
  for (const undo of timely.sort(refOrder)) {
    const target = /** @type {Ref} */ (undo.target);
    if (logs.takeBack(undo, target)) {
      settled.undos.push(undo);
      settled.undone.add(keyOf(target));
    } else {
      settled.refused.push(undo);
    }
  }
  return settled;
}

/** Each device's movements that are left, from its undos' point of view, in their order. */
class Logs {
  /** Greatest number first. @type {Map<number, FoldFact[]>} */
  #ahead = new Map();
  /** @type {Map<number, {number: number, left: Set<string>}[]>} */
  #behind = new Map();

  /**
   * @param {FoldFact[]} facts
   * @param {Set<string>} undone
   */
  constructor(facts, undone) {
    for (const fact of facts.sort((a, b) => refOrder(b, a))) {
      if (!MOVEMENTS.includes(fact.kind) || undone.has(keyOf(refOf(fact)))) continue;
      const ahead = this.#ahead.get(fact.device);
      if (ahead) ahead.push(fact);
      else this.#ahead.set(fact.device, [fact]);
    }
  }

  /**
   * Takes the target away if no later movement before the undo is left.
   * @param {FoldFact} undo
   * @param {Ref} target
   */
  takeBack(undo, target) {
    const ahead = this.#ahead.get(undo.device) ?? [];
    let behind = this.#behind.get(undo.device);
    if (behind === undefined) this.#behind.set(undo.device, (behind = []));
    for (let next = ahead.at(-1); next && next.number < undo.number; next = ahead.at(-1)) {
      ahead.pop();
      const level = behind.at(-1);
      const key = keyOf(refOf(next));
      if (level?.number === next.number) level.left.add(key);
      else behind.push({ number: next.number, left: new Set([key]) });
    }
    const level = behind.at(-1);
    if (level && level.number > target[1]) return false;
    if (level?.number === target[1]) {
      level.left.delete(keyOf(target));
      if (level.left.size === 0) behind.pop();
    }
    return true;
  }
}
