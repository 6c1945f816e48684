/** A supervisor's override: a green light with a reason, listed apart, whatever the verdict was. */

import { CODES } from '../core/verdict.js';
import { FLAG, KIND } from '../core/wire.js';
import { HeadMoved } from '../data/scan-log.js';
import { judge } from './judge.js';
import { lightOf } from './light.js';
import { draftOf, record } from './record-decision.js';
import { standOf } from './scan-ticket.js';
import { remember } from './seen.js';

/** @typedef {import('../../types/door.js').Light} Light */
/** @typedef {import('../../types/door.js').Verdict} Verdict */
/** @typedef {import('./scan-ticket.js').Desk} Desk */
/** @typedef {import('./seen.js').Seen} Seen */

/**
 * @param {() => Desk} desk
 * @param {Seen} seen
 * @param {{reason: string, shown: Verdict | null, pin: boolean}} why `shown`: the verdict that is
 *   overridden, null when none was shown; `pin`: a supervisor's PIN was given
 * @returns {Promise<Light>}
 */
export async function letInAnyway(desk, seen, { reason, shown, pin }) {
  for (;;) {
    const here = desk();
    const stand = standOf(here);
    const judgement = judge({ ...here, ...stand, leaving: false }, seen.read);
    const verdict = shown ?? judgement.decision.verdict;
    const draft = draftOf({ stand, judgement, ...seen }, {
      kind: KIND.override, verdict: CODES[verdict], note: reason,
      flags: pin ? FLAG.supervisor : 0,
    });
    try {
      const factNumber = await record(here.log, draft, seen.read.mark);
      const light = lightOf({ ...here, ...stand, ...seen, judgement, factNumber, kind: 'override' });
      return remember({ ...light, verdict, admit: true }, seen);
    } catch (error) {
      if (!(error instanceof HeadMoved)) throw error;
      await here.log.load();
    }
  }
}
