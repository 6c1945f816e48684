// What a person at the door is shown. Twin: server/handstamp/checkin/verdict.py.
// Vectors: shared/vectors/verdict.

import { entryRulesOf } from './entry-rules.js';
import { turnJoined } from './turns.js';
import { FLAG } from './wire.js';

/** @import { Decision, EntryRules, EntryWindow, State, VerdictInput } from '../../types/protocol.js' */
/** @import { Verdict } from '../../types/door.js' */
/** @import { Ref } from '../../types/records.js' */

/** Codes of verdicts in facts (R30). */
export const CODES = Object.freeze({
  valid: 1,
  already_used: 2,
  refunded: 3,
  cancelled: 4,
  superseded: 5,
  disputed: 6,
  wrong_event: 7,
  wrong_list: 8,
  too_early: 9,
  too_late: 10,
  list_too_old: 11,
  unknown: 12,
  forged: 13,
  not_a_ticket: 14,
  not_inside: 15,
});

/** @type {Record<number, Verdict>} */
const BY_STATUS = { 1: 'refunded', 3: 'disputed' };

/** @type {Record<string, Verdict>} */
const UNREAD = {
  not_a_ticket: 'not_a_ticket',
  newer: 'list_too_old',
  unknown_key: 'list_too_old',
  forged: 'forged',
  unlisted: 'unknown',
};

/** Checks by which the list's row counts: no token was needed. */
const BY_ROW = ['search', 'foreign'];

/**
 * Judges one token, or one row found without one, on one list (R26 to R29, R48, R59). `ticket` is
 * null when the serial is not listed; `state` null when it has no facts; `inside` how many are
 * inside by this list, null when nobody counts (R58).
 * @param {VerdictInput} input
 * @returns {Decision}
 */
export function decide(input) {
  const rules = entryRulesOf(input.list.rules);
  const decided = judged(input, rules);
  const full = rules.capacity !== null && (input.inside ?? -1) >= rules.capacity;
  if (!decided.admit || !full) return decided;
  return { ...decided, flags: [...decided.flags, 'over_capacity'] };
}

/**
 * Judges somebody who leaves (R60); `admit` says that an exit is to be written down.
 * @param {Omit<VerdictInput, 'now' | 'list_age_s' | 'inside'>} input
 * @returns {Decision}
 */
export function decideExit({ token, event, ticket, list, state }) {
  const unread = unreadVerdict(token, event, ticket);
  if (unread) return unreadDecision(unread, token);
  const known = Math.max(ticket?.epoch ?? 0, state?.epoch ?? 0);
  const epoch = BY_ROW.includes(token.check) ? known : token.epoch;
  if (epoch < known) return decision('superseded');
  const of = state?.lists[list.list];
  if (of?.inside && epoch === state?.epoch) return decision('valid', { admit: true });
  return decision('not_inside', { used: of?.exits.at(-1) ?? null });
}

/**
 * @param {VerdictInput} input
 * @param {EntryRules} rules
 * @returns {Decision}
 */
function judged({ token, event, ticket, list, state, now, list_age_s: age }, rules) {
  const unread = unreadVerdict(token, event, ticket);
  if (unread) return unreadDecision(unread, token);
  const known = Math.max(ticket?.epoch ?? 0, state?.epoch ?? 0);
  const epoch = BY_ROW.includes(token.check) ? known : token.epoch;
  if (epoch < known) return decision('superseded');
  const listed = epoch === known ? ticket : null;
  if (listed?.status) return decision(BY_STATUS[listed.status] ?? 'cancelled');
  const barred = missedWindow(list, listed?.tier ?? token.tier, now);
  if (barred) return barred;
  const { used, oldAdmitted } = usedBy(state, { list: list.list, rules, epoch, now });
  if (used) return decision('already_used', { used });
  const flags = oldAdmitted ? ['old_code_admitted'] : [];
  if (listed) return decision('valid', { admit: true, flags });
  return unknownTicket(event, age, flags);
}

/**
 * @param {Verdict} verdict
 * @param {VerdictInput['token']} token
 */
function unreadDecision(verdict, token) {
  return decision(verdict, { flags: token.check === 'unlisted' ? ['unlisted_code'] : [] });
}

/**
 * @param {Verdict} verdict
 * @param {Partial<Decision>} more
 * @returns {Decision}
 */
function decision(verdict, more = {}) {
  return { verdict, admit: false, flags: [], used: null, window: null, ...more };
}

/**
 * @param {VerdictInput['token']} token
 * @param {VerdictInput['event']} event
 * @param {VerdictInput['ticket']} ticket
 * @returns {Verdict | null}
 */
function unreadVerdict(token, event, ticket) {
  if (BY_ROW.includes(token.check)) return ticket ? null : 'not_a_ticket';
  if (token.check !== 'ok') return UNREAD[token.check];
  if (token.compromised && ticket?.epoch !== token.epoch) return 'forged';
  return token.event === event.number ? null : 'wrong_event';
}

/**
 * @param {VerdictInput['list']} list
 * @param {number} tier
 * @param {number} now
 */
function missedWindow(list, tier, now) {
  /** @type {EntryWindow[]} */
  const windows = list.rules.tiers
    .filter((entry) => entry.tier === tier)
    .map(({ from = null, until = null }) => ({ from, until }));
  if (!windows.length) return decision('wrong_list');
  if (windows.some(({ from, until }) => (from ?? now) <= now && now < (until ?? Infinity))) {
    return null;
  }
  const ahead = windows.filter(({ from }) => from !== null && now < from);
  if (ahead.length) {
    const next = ahead.reduce((a, b) => (Number(b.from) < Number(a.from) ? b : a));
    return decision('too_early', { window: next });
  }
  const last = windows.reduce((a, b) => (Number(b.until) > Number(a.until) ? b : a));
  return decision('too_late', { window: last });
}

/**
 * Who used the turn up that an entry now would join, and whether an older code was let in.
 * @param {State | null} state
 * @param {{list: number, rules: EntryRules, epoch: number, now: number}} asked
 * @returns {{used: Ref | null, oldAdmitted: boolean}}
 */
function usedBy(state, { list, rules, epoch, now }) {
  const of = state?.lists[list];
  if (!state || !of) return { used: null, oldAdmitted: false };
  if (epoch > state.epoch) {
    return { used: null, oldAdmitted: of.greens.length + of.old.length > 0 };
  }
  const turn = turnJoined(rules, now, of.turns);
  const usedUp = turn !== undefined && turn.entries >= rules.limit;
  return { used: usedUp ? turn.by : null, oldAdmitted: of.old.length > 0 };
}

/**
 * @param {VerdictInput['event']} event
 * @param {number} age
 * @param {string[]} flags
 */
function unknownTicket(event, age, flags) {
  const policy = event.unknown_policy;
  if (policy !== 'accept' && policy !== 'accept_and_flag') return decision('unknown', { flags });
  if (age > event.unknown_max_age_s) return decision('list_too_old', { flags });
  const flagged = policy === 'accept_and_flag' ? ['flagged'] : [];
  return decision('unknown', { admit: true, flags: ['by_policy', ...flagged, ...flags] });
}

/**
 * A decision's flags as the bits of a fact (R12).
 * @param {string[]} flags
 */
export function flagBits(flags) {
  const flagged = flags.includes('flagged') || flags.includes('old_code_admitted');
  return (flagged ? FLAG.flagged : 0) | (flags.includes('by_policy') ? FLAG.byPolicy : 0);
}
