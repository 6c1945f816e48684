/** One exchange with the server: logs and cursor up, acknowledgements, changes and standing down. */

import { applyChanges, fetchSealed, fetchSnapshot, openWaiting } from './pull-changes.js';
import { nextPart, noteAck } from './push-scans.js';
import { Refused } from './transport.js';

const MOST_CLAIMS = 200;

/** @typedef {import('../../types/door.js').Standing} Standing */
/** @typedef {import('../../types/records.js').PairingRecord} PairingRecord */
/** @typedef {import('./push-scans.js').Ack} Ack */
/** @typedef {import('./push-scans.js').LogPart} LogPart */

/**
 * @typedef {object} Side what one exchange works on
 * @property {import('./transport.js').Transport} transport
 * @property {PairingRecord} pairing
 * @property {import('../data/scan-log.js').ScanLog} log
 * @property {import('../data/tickets.js').Tickets | null} tickets null: hand in only
 * @property {import('../data/door-clock.js').DoorClock} clock
 * @property {() => Record<string, unknown>} report what the phone says of itself
 * @property {() => boolean} mine this window still has the pairing
 * @property {Pick<import('../scan/claim.js').Claims, 'unused' | 'reported'>} [claims] of strict mode, to
 *   report unused ones
 *
 * @typedef {object} Outcome
 * @property {Standing} standing
 * @property {boolean} more another exchange is due at once
 * @property {string} error plain words; '' = none
 * @property {number} [unheard] phones at work that the server has not heard for a while (R70)
 */

/**
 * @param {Side} side
 * @returns {Promise<Outcome>}
 * @throws {import('./transport.js').Unreachable | import('./transport.js').Refused}
 */
export async function exchange(side) {
  const { pairing, log, clock } = side;
  const before = log.acked;
  const part = await nextPart(log, pairing.keys);
  const { body, sent, received } = await askAgainIfUnknown(side, part);
  if (!side.mine()) return { standing: pairing.standing, more: false, error: '' };
  clock.learn(body.server_time, sent, received);
  const ack = body.acks.find(({ device }) => device === log.device);
  const { repair, error } = ack ? await noteAck(log, ack) : { repair: false, error: '' };
  const standing = repair && body.standing === 'active' ? 'repair' : body.standing;
  const morePull = await pull(side, body, standing);
  const morePush = log.acked < log.head.number && log.acked !== before;
  const { unheard } = body;
  return { standing, more: error === '' && (morePull || morePush), error, unheard };
}

/**
 * A server restored from a backup older than this pairing knows it again by its certificate.
 * @param {Side} side
 * @param {LogPart} part
 */
async function askAgainIfUnknown(side, part) {
  try {
    const first = await ask(side, part, []);
    if (first.body.acks.every((ack) => ack.error !== 'unknown_device')) return first;
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== 'not_paired') throw error;
  }
  return ask(side, part, [side.pairing.certificate]);
}

/**
 * @param {Side} side
 * @param {LogPart} part
 * @param {string[]} certificates
 */
async function ask(side, part, certificates) {
  const { transport, pairing, tickets, clock, report } = side;
  const unused = (await side.claims?.unused())?.slice(0, MOST_CLAIMS) ?? [];
  const request = {
    protocol: 1,
    cursor: tickets?.cursor ?? null,
    logs: [part],
    certificates,
    clock: clock.raw(),
    status: report(),
    release: tickets?.held?.key ? tickets.held.id : '',
    ...(unused.length > 0 && { claims_unused: unused.map(({ device: _, ...claim }) => claim) }),
  };
  const { credential } = pairing;
  const answer = await transport.post('/checkin/sync', request, {
    credential,
    long: part.facts.length > 50,
  });
  await side.claims?.reported(unused);
  return { ...answer, body: /** @type {SyncAnswer} */ (answer.body) };
}

/**
 * @typedef {{protocol: number, server_time: number, standing: Standing, acks: Ack[],
 *   reset: boolean, changes: import('../../types/records.js').Changes | null,
 *   release?: import('../../types/records.js').Release | null,
 *   unheard?: number}} SyncAnswer
 */

/**
 * @param {Side} side
 * @param {SyncAnswer} body
 * @param {Standing} standing
 * @returns {Promise<boolean>} more waits
 */
async function pull({ transport, pairing, tickets }, body, standing) {
  if (!tickets || standing === 'revoked' || standing === 'expired') return false;
  if (body.release) await tickets.takeRelease(body.release, body.server_time);
  if (!tickets.readable) {
    await fetchSealed(transport, tickets, pairing, body.server_time);
    return false;
  }
  if (!tickets.index && (await openWaiting(tickets, pairing))) return true;
  if (body.reset || !tickets.index) {
    await fetchSnapshot(transport, tickets, pairing);
    return true;
  }
  return body.changes ? applyChanges(tickets, body.changes, body.server_time) : false;
}
