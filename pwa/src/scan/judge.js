/** Look a code up, fold the ticket's facts, decide: everything between reading and recording. */

import { fold } from '../core/fold.js';
import { decide } from '../core/verdict.js';
import { refKey } from '../data/ticket-index.js';

/** @typedef {import('../../types/protocol.js').FoldFact} FoldFact */
/** @typedef {import('../../types/protocol.js').Decision} Decision */
/** @typedef {import('../../types/records.js').ListRevision} ListRevision */
/** @typedef {import('../../types/records.js').TicketRow} TicketRow */
/** @typedef {import('../data/ticket-index.js').TicketIndex} TicketIndex */
/** @typedef {import('../data/scan-log.js').ScanLog} ScanLog */
/** @typedef {import('./read-code.js').CodeRead} CodeRead */

/**
 * @typedef {object} Judgement
 * @property {Decision} decision
 * @property {TicketRow | null} row
 * @property {FoldFact[]} facts of the ticket
 * @property {number} epoch that a fact about it carries
 */

/**
 * The ticket's facts: the server's, and this phone's own that the server's do not replace (R25).
 * @param {TicketIndex} index
 * @param {ScanLog} log
 * @param {number} serial
 * @returns {FoldFact[]}
 */
export function factsOf(index, log, serial) {
  const own = log.about(serial);
  const fed = index.facts(serial);
  if (own.length === 0) return fed;
  const known = new Set(fed.map((fact) => refKey(fact.device, fact.number, fact.tag)));
  const unfed = own.filter((fact) => !known.has(refKey(fact.device, fact.number, fact.tag)));
  return [...fed, ...unfed];
}

/**
 * Known revisions of every list, as the fold wants them.
 * @param {ListRevision[]} lists
 * @returns {Record<string, number[]>}
 */
export function revisionsOf(lists) {
  /** @type {Record<string, number[]>} */
  const revisions = {};
  for (const { list, rev } of lists) (revisions[list] ??= []).push(rev);
  return revisions;
}

/**
 * @param {object} door
 * @param {TicketIndex} door.index
 * @param {ScanLog} door.log
 * @param {ListRevision} door.list
 * @param {number} door.now
 * @param {number} door.listAgeS
 * @param {CodeRead} read
 * @returns {Judgement}
 */
export function judge({ index, log, list, now, listAgeS }, { token }) {
  const { event, lists } = index.header;
  const byRow = token.check === 'search' || token.check === 'foreign';
  const ours = byRow || (token.check === 'ok' && token.event === event.number);
  const row = ours ? index.ticket(token.serial) : null;
  const facts = ours ? factsOf(index, log, token.serial) : [];
  const ticket = row ? { tier: row[1], status: row[2], epoch: row[3] } : null;
  const state = facts.length
    ? fold({ facts, epoch: ticket?.epoch ?? null, rules: revisionsOf(lists) })
    : null;
  const decision = decide({ token, event, ticket, list, state, now, list_age_s: listAgeS });
  const known = Math.max(ticket?.epoch ?? 0, state?.epoch ?? 0);
  return { decision, row, facts, epoch: byRow ? known : token.epoch };
}
