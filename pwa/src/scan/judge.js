/** Look a code up, fold the ticket's facts, decide: everything between reading and recording. */

import { entryRulesOf } from '../core/entry-rules.js';
import { fold } from '../core/fold.js';
import { grants } from '../core/undo.js';
import { decide, decideExit } from '../core/verdict.js';
import { voidsOf } from '../core/voids.js';
import { FLAG, ROW_FLAG } from '../core/wire.js';
import { refKey } from '../data/ticket-index.js';
import { serialOf } from './seen.js';

/** @typedef {import('../../types/protocol.js').FoldFact} FoldFact */
/** @typedef {import('../../types/protocol.js').Decision} Decision */
/** @typedef {import('../../types/protocol.js').State} State */
/** @typedef {import('../../types/records.js').ListRevision} ListRevision */
/** @typedef {import('../../types/records.js').TicketRow} TicketRow */
/** @typedef {import('../data/ticket-index.js').TicketIndex} TicketIndex */
/** @typedef {import('../data/scan-log.js').ScanLog} ScanLog */
/** @typedef {import('./read-code.js').CodeRead} CodeRead */
/** @typedef {Record<string, Record<string, ListRevision['rules']>>} KnownRules */

/**
 * @typedef {object} Judgement
 * @property {Decision} decision
 * @property {TicketRow | null} row
 * @property {FoldFact[]} facts of the ticket
 * @property {State | null} state null when it has no facts
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
  const own = log.about(serial, (fact, target) => grantsHere(index, log, fact, target));
  const fed = index.facts(serial);
  if (own.length === 0) return fed;
  const known = new Set(fed.map((fact) => refKey(fact.device, fact.number, fact.tag)));
  const unfed = own.filter((fact) => !known.has(refKey(fact.device, fact.number, fact.tag)));
  return [...fed, ...unfed];
}

/**
 * What this phone was granted for its own undo or override, as the root will say it (R56).
 * @param {TicketIndex} index
 * @param {ScanLog} log
 * @param {import('../../types/protocol.js').Fact} fact
 * @param {import('../../types/protocol.js').Fact | null} target
 */
function grantsHere({ header }, log, fact, target) {
  const byPin = (fact.flags & FLAG.supervisor) !== 0 && header.event.supervisor != null;
  const supervisor = log.role === 'supervisor' || byPin;
  const { undoS } = entryRulesOf(rulesOf(header.lists)[fact.list]?.[fact.rule] ?? {});
  return grants({ fact, target, supervisor, undoS });
}

/** @type {WeakMap<ListRevision[], KnownRules>} */
const rules = new WeakMap();

/**
 * The rules of every known revision of every list, as the fold wants them.
 * @param {ListRevision[]} lists
 * @returns {KnownRules}
 */
export function rulesOf(lists) {
  let known = rules.get(lists);
  if (!known) {
    known = {};
    for (const { list, rev, rules: content } of lists) (known[list] ??= {})[rev] = content;
    rules.set(lists, known);
  }
  return known;
}

/**
 * From which number on which devices' facts are void (R53).
 * @param {TicketIndex} index
 * @returns {Record<string, number>}
 */
export function voidsIn(index) {
  return voidsOf(index.facts(0).map(({ device, number, tag, kind, backed, target }) => {
    const flags = backed ? ROW_FLAG.backed : 0;
    return [device, number, tag, kind, 0, 0, 0, 0, 0, flags, 0, [], target];
  }));
}

/**
 * @param {TicketIndex} index
 * @param {ScanLog} log
 * @param {number} serial
 * @param {FoldFact[]} facts
 * @returns {State | null} null when it has no facts
 */
export function stateOf(index, log, serial, facts = factsOf(index, log, serial)) {
  if (facts.length === 0) return null;
  const epoch = index.ticket(serial)?.[3] ?? null;
  return fold({ facts, epoch, rules: rulesOf(index.header.lists), voids: voidsIn(index) });
}

/**
 * @param {object} door
 * @param {TicketIndex} door.index
 * @param {ScanLog} door.log
 * @param {ListRevision} door.list
 * @param {number} door.now
 * @param {number} door.listAgeS
 * @param {number | null} door.inside of the list; null: not counted
 * @param {boolean} door.leaving
 * @param {CodeRead} read
 * @returns {Judgement}
 */
export function judge({ index, log, list, now, listAgeS, inside, leaving }, read) {
  const { token } = read;
  const { event } = index.header;
  const serial = serialOf({ read, how: 'scan' }, event.number);
  const row = serial ? index.ticket(serial) : null;
  const facts = serial ? factsOf(index, log, serial) : [];
  const ticket = row ? { tier: row[1], status: row[2], epoch: row[3] } : null;
  const state = serial ? stateOf(index, log, serial, facts) : null;
  const decision = leaving
    ? decideExit({ token, event, ticket, list, state })
    : decide({ token, event, ticket, list, state, now, list_age_s: listAgeS, inside });
  const known = Math.max(ticket?.epoch ?? 0, state?.epoch ?? 0);
  const byRow = token.check === 'search' || token.check === 'foreign';
  return { decision, row, facts, state, epoch: byRow ? known : token.epoch };
}
