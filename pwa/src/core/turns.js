// Which entries of a ticket belong together. Twin: server/handstamp/checkin/turns.py.
// Vectors: shared/vectors/fold.

import { dayOf } from './entry-rules.js';
import { KIND } from './wire.js';

/** @import { EntryRules, FoldFact, Turn } from '../../types/protocol.js' */

/** A turn while the facts are walked; `last` is the place of its last member. */
class Growing {
  limit = 0;
  last = 0;
  /** @type {FoldFact[]} */
  greens = [];
  /** @type {FoldFact[]} */
  overrides = [];

  /** @param {number} at */
  constructor(at) {
    this.at = at;
  }

  /** As many as the turn lets in, scanned ones first (R22). */
  winners() {
    if (this.greens.length <= this.limit) return this.greens;
    const sorted = this.greens.slice().sort((a, b) => Number(b.scanned) - Number(a.scanned));
    return sorted.slice(0, this.limit);
  }

  /** The first winner; undefined when it has overrides alone. */
  best() {
    return this.greens.find((fact) => fact.scanned) ?? this.greens.at(0);
  }
}

/** A ticket's turns on one list (R57), from its movements in order. */
export class Turns {
  inside = false;
  /** @type {Growing[]} */
  #turns = [];
  /** By revision: how many turns are noted, and the last one of each entry day.
   * @type {Map<number, {noted: number, found: Map<number, Growing>}>} */
  #days = new Map();
  #place = 0;
  #exit = 0;

  /**
   * The next admit or override joins a turn, or begins one.
   * @param {FoldFact} fact
   * @param {EntryRules} rules
   */
  enter(fact, rules) {
    let turn = this.#joined(fact, rules);
    if (turn === undefined) this.#turns.push((turn = new Growing(fact.time)));
    this.#place += 1;
    turn.last = this.#place;
    turn.limit = Math.max(turn.limit, rules.limit);
    (fact.kind === KIND.override ? turn.overrides : turn.greens).push(fact);
    this.inside = true;
  }

  /** The next exit ends the last turn. */
  leave() {
    this.#place += 1;
    this.#exit = this.#place;
    this.inside = false;
  }

  /**
   * @param {FoldFact} fact
   * @param {EntryRules} rules
   */
  #joined(fact, rules) {
    if (rules.entry === 'per_day') return this.#ofDay(fact, rules);
    const last = this.#turns.at(-1);
    return rules.entry === 'reentry' && last && last.last < this.#exit ? undefined : last;
  }

  /**
   * The last turn that began on the fact's entry day. Each revision's days are noted once for
   * each turn: a hostile ticket stays linear.
   * @param {FoldFact} fact
   * @param {EntryRules} rules
   */
  #ofDay(fact, { days }) {
    let of = this.#days.get(fact.rule);
    if (of === undefined) this.#days.set(fact.rule, (of = { noted: 0, found: new Map() }));
    for (; of.noted < this.#turns.length; of.noted += 1) {
      const turn = this.#turns[of.noted];
      of.found.set(dayOf(days, turn.at), turn);
    }
    return of.found.get(dayOf(days, fact.time));
  }

  /** A turn has more greens than it lets in. */
  get crowded() {
    return this.#turns.some((turn) => turn.greens.length > turn.limit);
  }

  /** The first winner of the last turn that has a green. */
  winner() {
    return this.#turns.findLast((turn) => turn.greens.length)?.best();
  }

  /** Every turn's winners. */
  winners() {
    return new Set(this.#turns.flatMap((turn) => turn.winners()));
  }

  /** @returns {Turn[]} in the order in which they began */
  told() {
    return this.#turns.map((turn) => {
      const { device, number, tag } = turn.best() ?? turn.overrides[0];
      return {
        at: turn.at,
        entries: turn.greens.length + turn.overrides.length,
        by: [device, number, tag],
        left: turn.last < this.#exit,
      };
    });
  }
}

/**
 * The turn that an entry at this time would join; undefined when it begins the next.
 * @param {EntryRules} rules
 * @param {number} time
 * @param {Turn[]} turns
 * @returns {Turn | undefined}
 */
export function turnJoined(rules, time, turns) {
  if (rules.entry === 'per_day') {
    const day = dayOf(rules.days, time);
    return turns.findLast((turn) => dayOf(rules.days, turn.at) === day);
  }
  const last = turns.at(-1);
  return rules.entry === 'reentry' && last?.left ? undefined : last;
}
