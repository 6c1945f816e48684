/** What may be done about a ticket that was just shown: undo, let in anyway, let out, its party. */

import { entryRulesOf } from '../core/entry-rules.js';
import { stateOf } from './judge.js';
import { partyOf } from './party.js';
import { serialOf } from './seen.js';
import { undoable, undoableOf } from './take-back.js';

/** @typedef {import('../../types/door.js').Actions} Actions */
/** @typedef {import('../../types/door.js').Light} Light */
/** @typedef {import('../../types/door.js').Supervision} Supervision */
/** @typedef {import('../../types/records.js').ListRevision} ListRevision */

/**
 * Whether a list lets guests out: re-entry, entry days, or a capacity to count against.
 * @param {ListRevision['rules']} rules
 */
export function letsOut(rules) {
  const { entry, capacity } = entryRulesOf(rules);
  return entry !== 'single' || capacity !== null;
}

/**
 * @param {import('./scan-ticket.js').Desk} desk
 * @param {import('./seen.js').Seen | null} seen
 * @param {Light | null} light null: found by a search
 * @param {Supervision} supervision
 * @returns {Actions}
 */
export function actionsFor(desk, seen, light, supervision) {
  if (light?.kind === 'party') return partyActions(desk, light, supervision);
  const { index, log, list } = desk;
  const serial = serialOf(seen, index.header.event.number);
  const own = undoable(desk, seen, supervision === 'role');
  const any = own ?? (supervision === 'none' ? null : undoable(desk, seen, true));
  const refused = light ? light.kind === 'deny' && !light.leaving : true;
  const inside = serial > 0 && stateOf(index, log, serial)?.lists[list.list]?.inside === true;
  return {
    undoUntil: own ? own.until : null,
    undoBySupervisor: own === null && any !== null,
    override: seen !== null && refused && supervision !== 'none',
    leave: inside && letsOut(list.rules) && light?.kind !== 'exit',
    party: serial ? partyOf(index, list, serial).length : 0,
  };
}

/**
 * A party that came in may be taken back, all of it at once.
 * @param {import('./scan-ticket.js').Desk} desk
 * @param {Light} light
 * @param {Supervision} supervision
 * @returns {Actions}
 */
function partyActions(desk, light, supervision) {
  const own = undoableOf(desk, light, supervision === 'role');
  const any = own.length > 0 || supervision === 'none' ? own : undoableOf(desk, light, true);
  return {
    undoUntil: own.length > 0 ? Math.min(...own.map(({ until }) => until)) : null,
    undoBySupervisor: own.length === 0 && any.length > 0,
    override: false,
    leave: false,
    party: light.party.length,
  };
}
