/** One scan from text to light: read, judge, record on disk, and only then show. Leads. */

import { CODES } from '../core/verdict.js';
import { KIND, FLAG } from '../core/wire.js';
import { HeadMoved } from '../data/scan-log.js';
import { judge } from './judge.js';
import { lightOf } from './light.js';
import { lookFirst } from './look-first.js';
import { pickedRow, readCode } from './read-code.js';
import { draftOf, record } from './record-decision.js';
import { remember } from './seen.js';

/** @typedef {import('../../types/door.js').Light} Light */
/** @typedef {import('../../types/door.js').How} How */
/** @typedef {import('../../types/door.js').Timings} Timings */
/** @typedef {import('./claim.js').Claim} Claim */
/** @typedef {import('./claim.js').ClaimAnswer} ClaimAnswer */
/** @typedef {import('./judge.js').Judgement} Judgement */
/** @typedef {import('./seen.js').Seen} Seen */

/**
 * @typedef {object} Desk what a decision needs, as it stands now
 * @property {import('../data/ticket-index.js').TicketIndex} index
 * @property {import('../data/scan-log.js').ScanLog} log
 * @property {import('../data/door-clock.js').DoorClock} clock
 * @property {import('../../types/records.js').ListRevision} list
 * @property {number} currentAt when the list was last known to be current
 * @property {{operator: string, gate: string}} person
 * @property {(event: number) => string | null} pairingOf another pairing here for an event number
 * @property {number | null} inside of the list; null: not counted
 * @property {boolean} leaving scans let out
 * @property {import('./claim.js').Claims | null} claims
 */

export const TURNED_AWAY = 'turned away after a look';

/**
 * @param {() => Desk} desk asked again when another window appended first
 * @param {{text: string, how: How, marks: Partial<Timings>}} scanned
 * @returns {Promise<Light>}
 */
export async function scanTicket(desk, { text, how, marks }) {
  const { index } = desk();
  const read = await readCode(text, index);
  return decideAndRecord(desk, { read, how }, { marks });
}

/**
 * Admit a row found by searching, or let it out where scans let out.
 * @param {() => Desk} desk
 * @param {number} serial
 * @returns {Promise<Light>}
 */
export function admitFound(desk, serial) {
  const read = pickedRow(desk().index.header.event.number, serial);
  return decideAndRecord(desk, { read, how: 'search' }, {});
}

/**
 * Somebody who was seen before leaves, whatever scans do here.
 * @param {() => Desk} desk
 * @param {Seen} seen
 * @returns {Promise<Light>}
 */
export function letOut(desk, seen) {
  return decideAndRecord(desk, seen, { leaving: true });
}

/**
 * A person has looked, and lets in or turns away.
 * @param {() => Desk} desk
 * @param {Seen} seen
 * @param {boolean} admit
 * @returns {Promise<Light>}
 */
export function decideAfterLook(desk, seen, admit) {
  return decideAndRecord(desk, seen, { leaving: false, looked: admit ? 'admit' : 'deny' });
}

/**
 * When and where a decision is made, as facts say it.
 * @param {Desk} desk
 */
export function standOf({ index, clock, list, currentAt, person }) {
  const now = clock.now();
  const listAgeS = Math.max(0, Math.floor((now - currentAt) / 1000));
  return { list, now, listAgeS, cursorSeq: index.header.cursor.seq, clock, person };
}

/**
 * @typedef {object} Wish
 * @property {Partial<Timings>} [marks]
 * @property {boolean} [leaving] whatever scans do here
 * @property {'' | 'admit' | 'deny'} [looked]
 *
 * @param {() => Desk} desk
 * @param {Seen} seen
 * @param {Wish} wish
 * @returns {Promise<Light>}
 */
async function decideAndRecord(desk, seen, wish) {
  const claim = desk().claims?.begin() ?? null;
  const marks = { frame: performance.now(), ...wish.marks };
  try {
    for (;;) {
      try {
        return remember(await decideOnce(desk, seen, { ...wish, marks }, claim), seen);
      } catch (error) {
        if (!(error instanceof HeadMoved)) throw error;
        await desk().log.load();
      }
    }
  } finally {
    claim?.end();
  }
}

/**
 * @param {() => Desk} desk
 * @param {Seen} seen
 * @param {Wish} wish
 * @param {Claim | null} claim
 * @returns {Promise<Light>}
 * @throws {HeadMoved} decide again
 */
async function decideOnce(desk, seen, wish, claim) {
  const leaving = wish.leaving ?? desk().leaving;
  const look = () => {
    const here = desk();
    const stand = standOf(here);
    return { here, stand, judgement: judge({ ...here, ...stand, leaving }, seen.read) };
  };
  const first = look();
  const shown = { ...seen, leaving, marks: { ...wish.marks, decided: performance.now() } };
  const prompt = leaving || wish.looked ? null : promptOf(first.here, first.judgement, seen);
  if (prompt) {
    const { here, stand, judgement } = first;
    return lightOf({ ...here, ...stand, ...shown, judgement, kind: 'look', look: prompt });
  }
  const away = wish.looked === 'deny';
  if (away) first.judgement = turnedAway(first.judgement);
  const asks = claim !== null && first.judgement.decision.admit && !leaving;
  const { here, stand, judgement, flags, answer } = asks
    ? await strictly(claim, look, first, seen)
    : { ...first, flags: away ? FLAG.flagged : 0, answer: null };
  const kind = !judgement.decision.admit ? KIND.deny : leaving ? KIND.exit : KIND.admit;
  const granted = answer?.granted === true ? answer : null;
  const draft = draftOf({ stand, judgement, ...seen }, {
    kind, flags, note: away ? TURNED_AWAY : '', ...(granted && { claimed: granted.at }),
  });
  const used = granted && claim ? claim.id : '';
  const factNumber = await record(here.log, draft, seen.read.mark, used);
  return lightOf({ ...here, ...stand, ...shown, judgement, answer, factNumber, kind: KINDS[kind] });
}

/**
 * @typedef {{here: Desk, stand: ReturnType<typeof standOf>, judgement: Judgement}} Looked
 */

/**
 * A green verdict of an event in strict mode: the server's word, else the local one, marked.
 * @param {Claim} claim
 * @param {() => Looked} look
 * @param {Looked} first
 * @param {Seen} seen
 * @returns {Promise<Looked & {flags: number, answer: ClaimAnswer | null}>}
 */
async function strictly(claim, look, first, { read }) {
  const { here, judgement } = first;
  const budget = here.index.header.event.strict?.budget_ms ?? 0;
  const claimed = { list: here.list.list, serial: read.token.serial, epoch: judgement.epoch };
  const answer = await claim.ask(claimed, budget);
  if (typeof answer !== 'string') {
    if (answer.granted) return { ...first, flags: FLAG.claimed, answer };
    return { ...first, judgement: refusedThere(answer, judgement), flags: 0, answer };
  }
  // While it was asked, the feed may have brought what the answer would have said.
  const again = look();
  const marked = answer === 'unclaimed' && again.judgement.decision.admit;
  return { ...again, flags: marked ? FLAG.unclaimed : 0, answer: null };
}

/** @type {Record<number, import('../../types/door.js').LightKind>} */
const KINDS = { [KIND.admit]: 'admit', [KIND.deny]: 'deny', [KIND.exit]: 'exit' };

/**
 * What to look at before this ticket is let in.
 * @param {Desk} desk
 * @param {Judgement} judgement
 * @param {Seen} seen
 */
function promptOf({ index }, { decision, row }, { read }) {
  if (!decision.admit) return null;
  return lookFirst(index, row ? row[1] : read.token.tier, read.token.serial);
}

/** @param {Judgement} judgement @returns {Judgement} */
function turnedAway(judgement) {
  return { ...judgement, decision: { ...judgement.decision, admit: false } };
}

/**
 * The server knows better; a word of a newer server still refuses.
 * @param {ClaimAnswer} answer
 * @param {Judgement} judgement
 * @returns {Judgement}
 */
export function refusedThere(answer, judgement) {
  const verdict = answer.verdict in CODES ? answer.verdict : 'already_used';
  const decision = { ...judgement.decision, verdict, admit: false, flags: [], used: null };
  return { ...judgement, decision };
}
