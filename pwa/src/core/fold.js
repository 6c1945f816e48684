// From a ticket's facts to its state on each list. Twin: server/handstamp/checkin/fold.py.
// Vectors: shared/vectors/fold.

import { Heap } from './heap.js';
import { KIND, ROW_FLAG } from './wire.js';

/** @import { FoldFact, ListState, State } from '../../types/protocol.js' */
/** @import { FactRow, Ref } from '../../types/records.js' */

/**
 * Folds a ticket's facts; `epoch` is the listed ticket's, `rules` the known revisions of each
 * list. O((n + e) log n) for n facts with e refs in `seen`, whoever wrote them.
 * @param {{facts: FoldFact[], epoch: number | null, rules: Record<string, number[]>}} input
 * @returns {State}
 */
export function fold({ facts, epoch, rules }) {
  /** @type {FoldFact[]} */
  const folding = [];
  /** @type {Map<number, {ordered: FoldFact[], pending: FoldFact[]}>} */
  const byList = new Map();
  let known = epoch ?? 0;
  for (const fact of distinct(facts).values()) {
    if (fact.kind === KIND.deny) continue;
    if (fact.kind === KIND.admit && rules[fact.list]?.includes(fact.rule)) {
      folding.push(fact);
      known = Math.max(known, fact.epoch);
    } else {
      ofList(byList, fact.list).pending.push(fact);
    }
  }
  for (const fact of inOrder(folding)) ofList(byList, fact.list).ordered.push(fact);
  /** @type {Record<string, ListState>} */
  const lists = {};
  for (const [list, of] of byList) lists[list] = listState(of.ordered, of.pending, known);
  return { epoch: known, lists };
}

/**
 * @param {Map<number, {ordered: FoldFact[], pending: FoldFact[]}>} byList
 * @param {number} list
 */
function ofList(byList, list) {
  let of = byList.get(list);
  if (of === undefined) byList.set(list, (of = { ordered: [], pending: [] }));
  return of;
}

/** @param {Ref} ref */
const keyOf = ([device, number, tag]) => `${device}.${number}.${tag}`;

/**
 * @param {FoldFact} fact
 * @returns {Ref}
 */
const refOf = (fact) => [fact.device, fact.number, fact.tag];

/**
 * One copy of each fact: the least by time, then by what is proven of it.
 * @param {FoldFact[]} facts
 */
function distinct(facts) {
  /** @type {Map<string, FoldFact>} */
  const kept = new Map();
  for (const fact of facts) {
    const key = keyOf(refOf(fact));
    const held = kept.get(key);
    if (held === undefined || copyOrder(fact, held) < 0) kept.set(key, fact);
  }
  return kept;
}

/**
 * @param {FoldFact} a
 * @param {FoldFact} b
 */
function copyOrder(a, b) {
  return (
    a.time - b.time ||
    Number(a.proven) - Number(b.proven) ||
    Number(a.backed) - Number(b.backed) ||
    Number(a.scanned) - Number(b.scanned)
  );
}

/**
 * @param {FoldFact} a
 * @param {FoldFact} b
 */
function refOrder(a, b) {
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
 * @param {FoldFact[]} ordered
 * @param {FoldFact[]} pending
 * @param {number} known
 * @returns {ListState}
 */
function listState(ordered, pending, known) {
  const greens = ordered.filter((fact) => fact.epoch === known);
  const old = ordered.filter((fact) => fact.epoch < known);
  const winner = greens.find((fact) => fact.scanned) ?? greens[0];
  return {
    winner: winner ? refOf(winner) : null,
    greens: greens.map(refOf),
    losers: greens.filter((fact) => fact !== winner).map(refOf),
    old: old.map(refOf),
    unproven: ordered.filter((fact) => !fact.backed && !fact.proven).map(refOf),
    pending: pending.sort(refOrder).map(refOf),
    conflict: greens.length > 1 ? 'double' : old.length ? 'superseded' : '',
  };
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

/**
 * Facts in the order of R19.
 * @param {FoldFact[]} facts distinct
 */
function inOrder(facts) {
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

/**
 * Reads a fed fact (R36) for the fold.
 * @param {FactRow} row
 * @returns {FoldFact}
 */
export function factOfRow(row) {
  const [device, number, tag, kind, list, rule, , epoch, how, flags, time, seen, target] = row;
  return {
    device, number, tag, kind, list, rule, epoch, how, time, seen, target,
    scanned: (flags & ROW_FLAG.scanned) !== 0,
    proven: (flags & ROW_FLAG.proven) !== 0,
    backed: (flags & ROW_FLAG.backed) !== 0,
  };
}
