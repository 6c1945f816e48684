// What a person at the door is shown. Twin: server/handstamp/checkin/verdict.py.
// Vectors: shared/vectors/verdict.

import { FLAG } from './wire.js';

/** @import { Decision, EntryWindow, State, VerdictInput } from '../../types/protocol.js' */
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
 * Judges one token, or one row found without one, on one list (R26 to R29, R48). `ticket` is null
 * when the serial is not listed; `state` null when it has no facts.
 * @param {VerdictInput} input
 * @returns {Decision}
 */
export function decide({ token, event, ticket, list, state, now, list_age_s: age }) {
  const unread = unreadVerdict(token, event, ticket);
  if (unread) {
    return decision(unread, { flags: token.check === 'unlisted' ? ['unlisted_code'] : [] });
  }
  const known = Math.max(ticket?.epoch ?? 0, state?.epoch ?? 0);
  const epoch = BY_ROW.includes(token.check) ? known : token.epoch;
  if (epoch < known) return decision('superseded');
  const listed = epoch === known ? ticket : null;
  if (listed?.status) return decision(BY_STATUS[listed.status] ?? 'cancelled');
  const barred = missedWindow(list, listed?.tier ?? token.tier, now);
  if (barred) return barred;
  const { winner, oldAdmitted } = usedBy(state, list.list, epoch);
  if (winner) return decision('already_used', { used: winner });
  const flags = oldAdmitted ? ['old_code_admitted'] : [];
  if (listed) return decision('valid', { admit: true, flags });
  return unknownTicket(event, age, flags);
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
 * The winner among facts of this epoch, and whether an older code was let in.
 * @param {State | null} state
 * @param {number} list
 * @param {number} epoch
 * @returns {{winner: Ref | null, oldAdmitted: boolean}}
 */
function usedBy(state, list, epoch) {
  const of = state?.lists[list];
  if (!state || !of) return { winner: null, oldAdmitted: false };
  if (epoch > state.epoch) {
    return { winner: null, oldAdmitted: of.greens.length + of.old.length > 0 };
  }
  return { winner: of.winner, oldAdmitted: of.old.length > 0 };
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
