// The order of facts. Twin: server/handstamp/checkin/places.py.
// Vectors: shared/vectors/fold.

import { Heap } from './heap.js';

/** @import { FoldFact } from '../../types/protocol.js' */
/** @import { Ref } from '../../types/records.js' */

/** @param {Ref} ref */
export const keyOf = ([device, number, tag]) => `${device}.${number}.${tag}`;

/**
 * @param {FoldFact} fact
 * @returns {Ref}
 */
export const refOf = (fact) => [fact.device, fact.number, fact.tag];

/**
 * @param {FoldFact} a
 * @param {FoldFact} b
 */
export function refOrder(a, b) {
  return a.device - b.device || a.number - b.number || a.tag - b.tag;
}

/**
 * @param {FoldFact} a
 * @param {FoldFact} b
 */
function placeOrder(a, b) {
  return a.time - b.time || refOrder(a, b);
}

/**
 * Facts in the order of R19: O((n + e) log n) for e refs in `seen`.
 * @param {FoldFact[]} facts distinct
 */
export function inOrder(facts) {
  if (facts.length < 2) return facts;
  const entries = facts.map((fact) => new Entry(fact));
  const byKey = new Map(entries.map((entry) => [keyOf(refOf(entry.fact)), entry]));
  const logs = new Logs(entries);
  for (const entry of logs.waiting()) entry.blockers += 1;
  for (const entry of entries) {
    for (const key of new Set(entry.fact.seen.map(keyOf))) {
      const before = byKey.get(key);
      if (before === undefined) continue;
      entry.blockers += 1;
      before.followers.push(entry);
    }
  }
  /** @param {Entry} a @param {Entry} b */
  const order = (a, b) => placeOrder(a.fact, b.fact);
  const free = new Heap(order, entries.filter((entry) => !entry.blockers));
  const remaining = new Heap(order, entries);
  /** @type {FoldFact[]} */
  const placed = [];
  while (placed.length < facts.length) {
    const entry = /** @type {Entry} */ (free.pop() ?? remaining.pop());
    if (entry.done) continue;
    entry.done = true;
    placed.push(entry.fact);
    for (const later of [...logs.placed(entry), ...entry.followers]) {
      later.blockers -= 1;
      if (!later.blockers && !later.done) free.push(later);
    }
  }
  return placed;
}

/** A fact on its way into the order: how many facts it waits for, and who waits for it. */
class Entry {
  blockers = 0;
  done = false;
  /** @type {Entry[]} */
  followers = [];

  /** @param {FoldFact} fact */
  constructor(fact) {
    this.fact = fact;
  }
}

/**
 * Which facts of each device wait for facts of that device with lesser numbers. A device that
 * forked has several facts under one number; counting what remains of each number, instead of
 * drawing an edge from each fact to each, keeps a hostile log linear.
 */
class Logs {
  /** @type {Map<number, {entries: Entry[], left: number}[]>} least number last */
  #levels = new Map();

  /** @param {Entry[]} entries */
  constructor(entries) {
    const sorted = entries.slice().sort((a, b) => refOrder(b.fact, a.fact));
    for (const entry of sorted) {
      const { device, number } = entry.fact;
      let levels = this.#levels.get(device);
      if (levels === undefined) this.#levels.set(device, (levels = []));
      const last = levels.at(-1);
      if (last !== undefined && last.entries[0].fact.number === number) {
        last.entries.push(entry);
        last.left += 1;
      } else {
        levels.push({ entries: [entry], left: 1 });
      }
    }
  }

  /** Every entry that has a lesser number of its device before it. */
  *waiting() {
    for (const levels of this.#levels.values()) {
      for (const level of levels.slice(0, -1)) yield* level.entries;
    }
  }

  /**
   * Notes a placed entry; yields those that its device's log now lets go on.
   * @param {Entry} entry
   */
  *placed(entry) {
    const { device, number } = entry.fact;
    const levels = /** @type {{entries: Entry[], left: number}[]} */ (this.#levels.get(device));
    const level = levels[levelAt(levels, number)];
    level.left -= 1;
    while (levels.length && levels[levels.length - 1].left === 0) {
      levels.pop();
      if (levels.length) yield* levels[levels.length - 1].entries;
    }
  }
}

/**
 * Index of a number among levels that fall.
 * @param {{entries: Entry[]}[]} levels
 * @param {number} number
 */
function levelAt(levels, number) {
  let low = 0;
  let high = levels.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (levels[middle].entries[0].fact.number <= number) high = middle;
    else low = middle + 1;
  }
  return low;
}
