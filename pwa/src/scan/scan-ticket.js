/** One scan from text to light: read, judge, record on disk, and only then show. Leads. */

import { HeadMoved } from '../data/scan-log.js';
import { judge } from './judge.js';
import { lightOf } from './light.js';
import { pickedRow, readCode } from './read-code.js';
import { draftOf, record } from './record-decision.js';

/** @typedef {import('../../types/door.js').Light} Light */
/** @typedef {import('../../types/door.js').How} How */
/** @typedef {import('../../types/door.js').Timings} Timings */

/**
 * @typedef {object} Desk what a decision needs, as it stands now
 * @property {import('../data/ticket-index.js').TicketIndex} index
 * @property {import('../data/scan-log.js').ScanLog} log
 * @property {import('../data/door-clock.js').DoorClock} clock
 * @property {import('../../types/records.js').ListRevision} list
 * @property {number} currentAt when the list was last known to be current
 * @property {{operator: string, gate: string}} person
 * @property {(event: number) => string | null} pairingOf another pairing here for an event number
 */

/**
 * @param {() => Desk} desk asked again when another window appended first
 * @param {{text: string, how: How, marks: Partial<Timings>}} scanned
 * @returns {Promise<Light>}
 */
export async function scanTicket(desk, { text, how, marks }) {
  const { index } = desk();
  const read = await readCode(text, index);
  return decideAndRecord(desk, read, how, marks);
}

/**
 * Admit a row found by searching.
 * @param {() => Desk} desk
 * @param {number} serial
 * @returns {Promise<Light>}
 */
export function admitFound(desk, serial) {
  const read = pickedRow(desk().index.header.event.number, serial);
  return decideAndRecord(desk, read, 'search', { frame: performance.now() });
}

/**
 * @param {() => Desk} desk
 * @param {import('./read-code.js').CodeRead} read
 * @param {How} how
 * @param {Partial<Timings>} marks
 * @returns {Promise<Light>}
 */
async function decideAndRecord(desk, read, how, marks) {
  for (;;) {
    const { index, log, clock, list, currentAt, person, pairingOf } = desk();
    const now = clock.now();
    const listAgeS = Math.max(0, Math.floor((now - currentAt) / 1000));
    const judgement = judge({ index, log, list, now, listAgeS }, read);
    const decided = performance.now();
    const cursorSeq = index.header.cursor.seq;
    const draft = draftOf({
      judgement, read, how, list, now, listAgeS, cursorSeq, clock, person,
    });
    try {
      const factNumber = await record(log, draft, read.mark);
      const foreign = judgement.decision.verdict === 'wrong_event';
      return lightOf({
        index, device: log.device, judgement, read, how, now, listAgeS, factNumber,
        switchTo: foreign ? pairingOf(read.token.event) : null,
        timings: {
          frame: 0, decoded: 0, painted: 0, ...marks, decided, durable: performance.now(),
        },
      });
    } catch (error) {
      if (!(error instanceof HeadMoved)) throw error;
      await log.load();
    }
  }
}
