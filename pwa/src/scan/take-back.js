/** Undo: the own last decision about a ticket within a window, or any by a supervisor. */

import { entryRulesOf } from '../core/entry-rules.js';
import { lastOwn, mayUndo } from '../core/may-undo.js';
import { FLAG, KIND, MOVEMENTS, NO_DIGEST } from '../core/wire.js';
import { HeadMoved } from '../data/scan-log.js';
import { factsOf, judge, voidsIn, stateOf } from './judge.js';
import { lightOf } from './light.js';
import { draftOf, record } from './record-decision.js';
import { standOf } from './scan-ticket.js';
import { remember, serialOf } from './seen.js';

/** @typedef {import('../../types/door.js').Light} Light */
/** @typedef {import('../../types/protocol.js').FoldFact} FoldFact */
/** @typedef {import('./scan-ticket.js').Desk} Desk */
/** @typedef {import('./seen.js').Seen} Seen */

/** There is nothing here that this person may take back. */
export class NothingToUndo extends Error {
  name = 'NothingToUndo';
}

/**
 * The fact that an undo would take back.
 * @param {Desk} desk
 * @param {Seen | null} seen
 * @param {boolean} supervisor
 * @returns {{target: FoldFact, until: number} | null} `until`: end of a steward's window by the
 *   door's clock, ms
 */
export function undoable({ index, log, clock, list }, seen, supervisor) {
  const serial = serialOf(seen, index.header.event.number);
  if (!serial) return null;
  const facts = factsOf(index, log, serial);
  const voids = voidsIn(index);
  const own = lastOwn({ facts, voids, device: log.device });
  if (own && own.list === list.list) {
    const targetClock = log.rawClock(serial, own.number);
    const { undoS } = entryRulesOf(list.rules);
    /** @type {import('../../types/records.js').Ref} */
    const target = [own.device, own.number, own.tag];
    const asked = { facts, voids, device: log.device, target, undoS, targetClock };
    const open = mayUndo({ ...asked, supervisor, clock: clock.raw() });
    const left = targetClock + undoS * 1000 - clock.raw();
    if (open) return { target: own, until: clock.now() + Math.max(0, left) };
  }
  const last = supervisor ? lastMovement(stateOf(index, log, serial, facts), facts, list.list) : null;
  return last && { target: last, until: 0 };
}

/**
 * @param {import('../../types/protocol.js').State | null} state
 * @param {FoldFact[]} facts
 * @param {number} list
 */
function lastMovement(state, facts, list) {
  const of = state?.lists[list];
  if (!of) return null;
  const gone = new Set([...of.undone, ...of.void, ...of.refused, ...of.pending].map(String));
  return facts
    .filter((fact) => fact.list === list && MOVEMENTS.includes(fact.kind))
    .filter(({ device, number, tag }) => !gone.has(String([device, number, tag])))
    .reduce((/** @type {FoldFact | null} */ last, fact) => {
      return last && last.time > fact.time ? last : fact;
    }, null);
}

/**
 * @param {() => Desk} desk
 * @param {Seen} seen
 * @param {{role: boolean, pin: boolean}} supervisor who asks: a supervisor's phone, a PIN given
 * @returns {Promise<Light>}
 * @throws {NothingToUndo}
 */
export async function takeBack(desk, seen, supervisor) {
  for (;;) {
    const here = desk();
    const stand = standOf(here);
    const found = undoable(here, seen, supervisor.role || supervisor.pin);
    if (!found) throw new NothingToUndo();
    const { device, number, tag, list, epoch } = found.target;
    const judgement = judge({ ...here, ...stand, leaving: false }, seen.read);
    const draft = draftOf({ stand, judgement, ...seen }, {
      kind: KIND.undo, list, epoch, serial: serialOf(seen, here.index.header.event.number),
      verdict: 1, digest: NO_DIGEST, target: [device, number, tag],
      flags: supervisor.pin ? FLAG.supervisor : 0,
    });
    try {
      const factNumber = await record(here.log, draft, seen.read.mark);
      const light = lightOf({ ...here, ...stand, ...seen, judgement, factNumber, kind: 'undo' });
      return remember({ ...light, verdict: 'valid', admit: false, used: null, flags: [] }, seen);
    } catch (error) {
      if (!(error instanceof HeadMoved)) throw error;
      await here.log.load();
    }
  }
}
