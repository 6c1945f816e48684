/** Undo: the own last decision about a ticket within a window, or any by a supervisor. */

import { entryRulesOf } from '../core/entry-rules.js';
import { lastOwn, mayUndo } from '../core/may-undo.js';
import { FLAG, KIND, MOVEMENTS, NO_DIGEST } from '../core/wire.js';
import { HeadMoved } from '../data/scan-log.js';
import { factsOf, judge, voidsIn, stateOf } from './judge.js';
import { lightOf } from './light.js';
import { draftOf, record, recordAll } from './record-decision.js';
import { standOf } from './scan-ticket.js';
import { remember, seenOf, serialOf } from './seen.js';

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

/** @typedef {{role: boolean, pin: boolean}} Supervisor who asks: a supervisor's phone, a PIN given */

/**
 * @param {() => Desk} desk
 * @param {Seen} seen
 * @param {Supervisor} supervisor
 * @returns {Promise<Light>}
 * @throws {NothingToUndo}
 */
export async function takeBack(desk, seen, supervisor) {
  return untilItFits(desk, async (here) => {
    const stand = standOf(here);
    const found = undoable(here, seen, supervisor.role || supervisor.pin);
    if (!found) throw new NothingToUndo();
    const judgement = judge({ ...here, ...stand, leaving: false }, seen.read);
    const draft = undoOf(here, seen, { stand, judgement, target: found.target, supervisor });
    const factNumber = await record(here.log, draft, seen.read.mark);
    const light = lightOf({ ...here, ...stand, ...seen, judgement, factNumber, kind: 'undo' });
    return remember({ ...light, ...NOT_IN }, seen);
  });
}

const NOT_IN = { verdict: /** @type {const} */ ('valid'), admit: false, used: null, flags: [] };

/**
 * What may be taken back of a party's light: its own admissions, not what was decided since.
 * @param {Desk} desk
 * @param {Light} light of a party
 * @param {boolean} supervisor
 */
export function undoableOf(desk, { party, factNumber }, supervisor) {
  const first = factNumber ?? Infinity;
  return party.flatMap((member) => {
    const seen = /** @type {Seen} */ (seenOf(member.serial, desk.index.header.event.number));
    const found = member.admit ? undoable(desk, seen, supervisor) : null;
    if (!found || found.target.device !== desk.log.device) return [];
    const { number } = found.target;
    return number >= first && number < first + party.length ? [{ ...found, member, seen }] : [];
  });
}

/**
 * Take a whole party back: an undo for each, all on disk in one transaction.
 * @param {() => Desk} desk
 * @param {Light} light of the party
 * @param {Supervisor} supervisor
 * @returns {Promise<Light>}
 * @throws {NothingToUndo}
 */
export async function takeBackParty(desk, light, supervisor) {
  return untilItFits(desk, async (here) => {
    const stand = standOf(here);
    const found = undoableOf(here, light, supervisor.role || supervisor.pin);
    if (found.length === 0) throw new NothingToUndo();
    const judged = found.map(({ seen }) => judge({ ...here, ...stand, leaving: false }, seen.read));
    const drafts = found.map(({ seen, target }, at) => {
      return undoOf(here, seen, { stand, judgement: judged[at], target, supervisor });
    });
    const factNumber = await recordAll(here.log, drafts);
    const first = { ...found[0].seen, judgement: judged[0], factNumber };
    const undone = lightOf({ ...here, ...stand, ...first, kind: 'undo' });
    const party = found.map(({ member }) => member);
    return { ...undone, ...NOT_IN, name: '', printedId: '', tier: '', party };
  });
}

/**
 * @param {Desk} here
 * @param {Seen} seen
 * @param {{stand: ReturnType<typeof standOf>, judgement: import('./judge.js').Judgement,
 *   target: FoldFact, supervisor: Supervisor}} what
 */
function undoOf(here, seen, { stand, judgement, target, supervisor }) {
  const { device, number, tag, list, epoch } = target;
  return draftOf({ stand, judgement, ...seen }, {
    kind: KIND.undo, list, epoch, serial: serialOf(seen, here.index.header.event.number),
    verdict: 1, digest: NO_DIGEST, target: [device, number, tag],
    flags: supervisor.pin ? FLAG.supervisor : 0,
  });
}

/**
 * Decide again for as long as another window was faster.
 * @template T
 * @param {() => Desk} desk
 * @param {(here: Desk) => Promise<T>} decide
 */
async function untilItFits(desk, decide) {
  for (;;) {
    const here = desk();
    try {
      return await decide(here);
    } catch (error) {
      if (!(error instanceof HeadMoved)) throw error;
      await here.log.load();
    }
  }
}
