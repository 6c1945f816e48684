/** Hand in the logs of other pairings on this phone: ended ones, and those no window has open. */

import { forgetClaims, keptClaims } from '../data/claims.js';
import { PairingLock } from '../data/pairing-lock.js';
import { ScanLog } from '../data/scan-log.js';
import { deviceHex } from '../core/ids.js';
import { exchange } from './exchange.js';

/** @typedef {import('../../types/records.js').ClaimRecord} ClaimRecord */
/** @typedef {import('../../types/records.js').PairingRecord} PairingRecord */

const MOST_ROUNDS = 100;

/**
 * Send what a closed pairing still holds. Nothing happens while another window has it.
 * @param {object} side
 * @param {import('./transport.js').Transport} side.transport
 * @param {import('../data/open-database.js').Database} side.outbox
 * @param {PairingRecord} side.pairing
 * @param {import('../data/door-clock.js').DoorClock} side.clock
 * @param {(log: ScanLog) => Promise<void>} side.sealAll
 * @returns {Promise<string>} the standing the server named; '' when nothing was sent
 * @throws {import('./transport.js').Unreachable | import('./transport.js').Refused}
 */
export async function handIn({ transport, outbox, pairing, clock, sealAll }) {
  const lock = new PairingLock(deviceHex(pairing.device));
  if (!(await lock.tryTake())) return '';
  try {
    const log = new ScanLog(outbox, pairing.device);
    await log.load();
    await sealAll(log);
    const claims = {
      unused: () => keptClaims(outbox, pairing.device),
      reported: (/** @type {ClaimRecord[]} */ them) => forgetClaims(outbox, them),
    };
    if (log.pending === 0 && (await claims.unused()).length === 0) return '';
    const report = () => ({ pending: log.pending });
    const mine = () => lock.held;
    let outcome = { standing: '', more: true };
    for (let rounds = 0; outcome.more && rounds < MOST_ROUNDS; rounds++) {
      const side = { transport, pairing, log, tickets: null, clock, report, mine, claims };
      outcome = await exchange(side);
    }
    return outcome.standing;
  } finally {
    lock.release();
  }
}
