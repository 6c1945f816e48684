// From a ticket's facts to its state on each list. Twin: server/handstamp/checkin/fold.py.
// Vectors: shared/vectors/fold. The order is in places.js, turns in turns.js, what is taken back
// in undo.js.

import { entryRulesOf } from './entry-rules.js';
import { inOrder, keyOf, refOf, refOrder } from './places.js';
import { Turns } from './turns.js';
import { settle } from './undo.js';
import { KIND, MOVEMENTS, ROW_FLAG } from './wire.js';

/** @import { EntryRules, FoldFact, FoldInput, ListState, State } from '../../types/protocol.js' */
/** @import { FactRow, Ref } from '../../types/records.js' */

/** The facts of one list, sorted by what becomes of them. */
class OfList {
  /** @type {FoldFact[]} */
  moves = [];
  /** @type {FoldFact[]} */
  pending = [];
  /** @type {FoldFact[]} */
  refused = [];
  /** @type {FoldFact[]} */
  undone = [];
  /** @type {FoldFact[]} */
  undos = [];
  /** @type {FoldFact[]} */
  void = [];
}

/**
 * Folds a ticket's facts; `epoch` is the listed ticket's, `rules` every known revision of each
 * list, `voids` the numbers from which on some devices' facts count as not there (R53).
 * O((n + e) log n) for n facts with e refs in `seen`, whoever wrote them.
 * @param {FoldInput} input
 * @returns {State}
 */
export function fold({ facts, epoch, rules, voids = {} }) {
  const kept = distinct(facts);
  if (kept.size === 1) {
    const [only] = kept.values(); // nearly every ticket: the door's hot path
    const known = rules[only.list]?.[only.rule] !== undefined;
    if (only.kind === KIND.admit && known && voids[only.device] === undefined) {
      return stateOfOne(only, epoch ?? 0);
    }
  }
  /** @type {Map<number, OfList>} */
  const byList = new Map();
  const moves = sortOut(kept, { rules, voids }, byList);
  const known = moves.reduce((most, fact) => Math.max(most, fact.epoch), epoch ?? 0);
  for (const fact of inOrder(moves)) ofList(byList, fact.list).moves.push(fact);
  /** @type {Record<string, ListState>} */
  const lists = {};
  for (const [list, of] of byList) lists[list] = listState(of, known, rules[list]);
  return { epoch: known, lists };
}

/** @type {Omit<ListState, 'winner' | 'conflict'>} */
const EMPTY = Object.freeze({
  greens: [], losers: [], old: [], unproven: [], exits: [], overrides: [], undone: [], undos: [],
  refused: [], void: [], pending: [], inside: false, entries: 0, turns: [],
});

/**
 * What one admit by itself comes to, whatever the list's rules.
 * @param {FoldFact} admit
 * @param {number} epoch
 * @returns {State}
 */
function stateOfOne(admit, epoch) {
  const ref = refOf(admit);
  const unproven = admit.backed || admit.proven ? [] : [ref];
  /** @type {ListState} */
  const of =
    admit.epoch < epoch
      ? { ...EMPTY, winner: null, old: [ref], unproven, conflict: 'superseded' }
      : {
          ...EMPTY, winner: ref, greens: [ref], unproven, conflict: '', inside: true, entries: 1,
          turns: [{ at: admit.time, entries: 1, by: ref, left: false }],
        };
  return { epoch: Math.max(epoch, admit.epoch), lists: { [admit.list]: of } };
}

/**
 * @param {Map<number, OfList>} byList
 * @param {number} list
 */
function ofList(byList, list) {
  let of = byList.get(list);
  if (of === undefined) byList.set(list, (of = new OfList()));
  return of;
}

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
    Number(a.scanned) - Number(b.scanned) ||
    Number(a.allowed ?? false) - Number(b.allowed ?? false) ||
    Number(a.timely ?? false) - Number(b.timely ?? false)
  );
}

/**
 * Notes what does not move; the movements that do, of all lists together.
 * @param {Map<string, FoldFact>} kept
 * @param {{rules: FoldInput['rules'], voids: Record<number, number>}} known
 * @param {Map<number, OfList>} byList
 * @returns {FoldFact[]}
 */
function sortOut(kept, { rules, voids }, byList) {
  /** @type {Map<string, FoldFact>} */
  const there = new Map();
  /** @type {FoldFact[]} */
  const undos = [];
  for (const [key, fact] of kept) {
    if (fact.kind === KIND.deny) continue;
    const of = ofList(byList, fact.list);
    if (fact.number >= (voids[fact.device] ?? Infinity)) {
      of.void.push(fact);
      continue;
    }
    there.set(key, fact);
    if (fact.kind === KIND.undo && isKnown(rules, fact)) undos.push(fact);
  }
  const settled = settle(undos, there);
  for (const undo of settled.undos) ofList(byList, undo.list).undos.push(undo);
  for (const undo of settled.pending) ofList(byList, undo.list).pending.push(undo);
  for (const undo of settled.refused) ofList(byList, undo.list).refused.push(undo);
  const settledUndos = new Set(undos);
  /** @type {FoldFact[]} */
  const moves = [];
  for (const [key, fact] of there) {
    const of = ofList(byList, fact.list);
    if (settled.undone.has(key)) of.undone.push(fact);
    else if (settledUndos.has(fact)) continue;
    else if (!MOVEMENTS.includes(fact.kind) || !isKnown(rules, fact)) of.pending.push(fact);
    else if (fact.kind === KIND.override && !fact.allowed) of.refused.push(fact);
    else moves.push(fact);
  }
  return moves;
}

/**
 * @param {FoldInput['rules']} rules
 * @param {FoldFact} fact
 */
function isKnown(rules, fact) {
  return rules[fact.list]?.[fact.rule] !== undefined;
}

/**
 * @param {OfList} of
 * @param {number} known
 * @param {FoldInput['rules'][string]} rules
 * @returns {ListState}
 */
function listState(of, known, rules) {
  const turns = new Turns();
  /** @type {Map<number, EntryRules>} */
  const parsed = new Map();
  /** @type {FoldFact[]} */
  const greens = [];
  /** @type {FoldFact[]} */
  const old = [];
  let entries = 0;
  for (const fact of of.moves) {
    const current = fact.epoch === known;
    if (fact.kind === KIND.admit) (current ? greens : old).push(fact);
    if (!current) continue;
    if (fact.kind === KIND.exit) {
      turns.leave();
      continue;
    }
    let rule = parsed.get(fact.rule);
    if (rule === undefined) parsed.set(fact.rule, (rule = entryRulesOf(rules[fact.rule])));
    turns.enter(fact, rule);
    entries += 1;
  }
  const winner = turns.winner();
  const winners = turns.winners();
  return {
    winner: winner ? refOf(winner) : null,
    greens: greens.map(refOf),
    losers: greens.filter((fact) => !winners.has(fact)).map(refOf),
    old: old.map(refOf),
    unproven: of.moves.filter((fact) => !fact.backed && !fact.proven).map(refOf),
    exits: of.moves.filter((fact) => fact.kind === KIND.exit).map(refOf),
    overrides: of.moves.filter((fact) => fact.kind === KIND.override).map(refOf),
    undone: sorted(of.undone),
    undos: sorted(of.undos),
    refused: sorted(of.refused),
    void: sorted(of.void),
    pending: sorted(of.pending),
    conflict: turns.crowded ? 'double' : old.length ? 'superseded' : '',
    inside: turns.inside,
    entries,
    turns: turns.told(),
  };
}

/** @param {FoldFact[]} facts @returns {Ref[]} */
function sorted(facts) {
  return facts.sort(refOrder).map(refOf);
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
    allowed: (flags & ROW_FLAG.allowed) !== 0,
    timely: (flags & ROW_FLAG.timely) !== 0,
  };
}
