/** What the server says a pairing may still do, obeyed: wipe, stop, or pair anew. */

import { changePairing, erasePairing } from '../data/pairings.js';

/** @typedef {import('../../types/door.js').Standing} Standing */
/** @typedef {import('../../types/records.js').PairingRecord} PairingRecord */

/** @param {Standing} standing @returns {boolean} a verdict may be given under this pairing */
export function mayScan(standing) {
  return standing === 'active';
}

/**
 * Obey a standing. A revoked pairing loses list and credential at once; its keys and log go once
 * the root has acknowledged the log (R41). An ended pairing never comes back to life here.
 * @param {object} side
 * @param {import('../data/open-database.js').Database} side.outbox
 * @param {PairingRecord} side.pairing
 * @param {import('../data/tickets.js').Tickets} side.tickets
 * @param {import('../data/scan-log.js').ScanLog} side.log
 * @param {() => Promise<void>} side.sealAll make facts of the refusals that still gather
 * @param {string} said by the server; an unknown word changes nothing (R43)
 * @returns {Promise<PairingRecord>} as it is now
 */
export async function obey({ outbox, pairing, tickets, log, sealAll }, said) {
  const standing = worse(pairing.standing, said);
  let now = pairing;
  if (standing === 'revoked' || standing === 'expired') {
    if (!tickets.empty) await tickets.wipe();
    await sealAll();
  }
  const credential = standing === 'revoked' ? null : pairing.credential;
  if (standing !== pairing.standing || credential !== pairing.credential) {
    now = (await changePairing(outbox, pairing.device, { standing, credential })) ?? pairing;
  }
  if (standing === 'revoked' && log.pending === 0 && (await erasePairing(outbox, log.device))) {
    now = { ...now, standing: 'gone' };
  }
  return now;
}

const ORDER = ['active', 'repair', 'expired', 'revoked', 'gone'];

/** @param {Standing} before @param {string} said @returns {Standing} */
function worse(before, said) {
  const place = Math.max(ORDER.indexOf(before), ORDER.indexOf(said));
  return /** @type {Standing} */ (ORDER[place]);
}
