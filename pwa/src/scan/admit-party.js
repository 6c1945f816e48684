/** Several of an order let in by one decision; in strict mode one question asks for all of them. */

import { FLAG, KIND } from '../core/wire.js';
import { HeadMoved } from '../data/scan-log.js';
import { judge } from './judge.js';
import { elsewhereIn, lightOf } from './light.js';
import { memberOf } from './party.js';
import { pickedRow } from './read-code.js';
import { draftOf, recordAll } from './record-decision.js';
import { refusedThere, standOf } from './scan-ticket.js';

/** @typedef {import('../../types/door.js').Light} Light */
/** @typedef {import('./claim.js').ClaimAnswer} ClaimAnswer */
/** @typedef {import('./scan-ticket.js').Desk} Desk */

/**
 * Let several in: a fact for each, all on disk in one transaction. Who may not come in after all
 * gets a refusal of their own. In strict mode one question asks for all of them (R72).
 * @param {() => Desk} desk
 * @param {number[]} serials at least one
 * @returns {Promise<Light>}
 */
export async function admitParty(desk, serials) {
  const claim = desk().claims?.beginParty() ?? null;
  try {
    for (;;) {
      const answers = claim ? await askForGreen(desk(), serials, claim) : 'not_strict';
      const here = desk(); // while it was asked, the feed may have brought what refuses
      const stand = standOf(here);
      const judged = judgeEach(here, stand, serials, typeof answers === 'string' ? NO_ANSWERS : answers);
      const strict = answers !== 'not_strict';
      const drafts = judged.map((one) => draftOf({ stand, ...one, how: 'group' }, toldBy(one, strict)));
      const used = judged.flatMap(({ answer, judgement }) => {
        const { decision, epoch, row } = judgement;
        return claim && row && answer?.granted && decision.admit
          ? [claim.idOf({ list: here.list.list, serial: row[0], epoch })]
          : [];
      });
      try {
        const factNumber = await recordAll(here.log, drafts, used);
        return partyLight(here, stand, judged, factNumber);
      } catch (error) {
        if (!(error instanceof HeadMoved)) throw error;
        await here.log.load();
      }
    }
  } finally {
    claim?.end();
  }
}

/**
 * @typedef {object} Judged
 * @property {import('./read-code.js').CodeRead} read
 * @property {import('./judge.js').Judgement} judgement by this phone, and by the server where it knew better
 * @property {ClaimAnswer | null} answer
 */

/** @type {Map<number, ClaimAnswer>} */
const NO_ANSWERS = new Map();

/**
 * Ask the server about those that are green here.
 * @param {Desk} here
 * @param {number[]} serials
 * @param {import('./claim.js').PartyClaim} claim
 */
async function askForGreen(here, serials, claim) {
  const { list } = here.list;
  const green = judgeEach(here, standOf(here), serials, NO_ANSWERS).flatMap(({ judgement }) => {
    const { decision, row, epoch } = judgement;
    return decision.admit && row ? [{ list, serial: row[0], epoch }] : [];
  });
  if (green.length === 0) return NO_ANSWERS;
  return claim.ask(green, here.index.header.event.strict?.budget_ms ?? 0);
}

/**
 * What of a member's fact the server had a word in.
 * @param {Judged} one
 * @param {boolean} strict
 */
function toldBy({ answer, judgement: { decision } }, strict) {
  if (!decision.admit) return { kind: KIND.deny };
  if (answer?.granted) return { kind: KIND.admit, flags: FLAG.claimed, claimed: answer.at };
  return { kind: KIND.admit, flags: strict ? FLAG.unclaimed : 0 };
}

/**
 * Each is judged as if those before were in: one of them may fill the house (R58).
 * @param {Desk} here
 * @param {ReturnType<typeof standOf>} stand
 * @param {number[]} serials
 * @param {Map<number, ClaimAnswer>} answers of the server, by serial
 * @returns {Judged[]}
 */
function judgeEach(here, stand, serials, answers) {
  let { inside } = here;
  return serials.map((serial) => {
    const read = pickedRow(here.index.header.event.number, serial);
    const local = judge({ ...here, ...stand, inside, leaving: false }, read);
    const answer = (local.decision.admit && answers.get(serial)) || null;
    const judgement = answer?.granted === false ? refusedThere(answer, local) : local;
    const { decision, state } = judgement;
    const comes = decision.admit && state?.lists[here.list.list]?.inside !== true;
    if (inside !== null && comes) inside += 1;
    return { read, judgement, answer };
  });
}

/**
 * @param {Desk} here
 * @param {ReturnType<typeof standOf>} stand
 * @param {Judged[]} judged
 * @param {number} factNumber
 * @returns {Light}
 */
function partyLight(here, stand, judged, factNumber) {
  const party = judged.flatMap(({ judgement: { row, decision }, answer }) => {
    return row ? [{ ...memberOf(here.index, row, decision), elsewhere: elsewhereIn(answer) }] : [];
  });
  const refused = judged.find(({ judgement }) => !judgement.decision.admit);
  const { read, judgement } = refused ?? judged[0];
  const light = lightOf({ ...here, ...stand, read, judgement, how: 'group', factNumber, kind: 'party' });
  const full = judged.find((one) => one.judgement.decision.flags.includes('over_capacity'));
  const flags = full?.judgement.decision.flags ?? light.flags;
  return { ...light, name: '', printedId: '', tier: '', party, flags };
}
