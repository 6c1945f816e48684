/** What a phone takes in: a verified snapshot, then the feed's changes behind its cursor. */

import { openEnvelope } from '../core/wire.js';
import { verify } from '../data/ed25519.js';

/** @typedef {import('../data/tickets.js').Tickets} Tickets */
/** @typedef {import('../../types/records.js').Changes} Changes */
/** @typedef {import('../../types/records.js').PairingRecord} PairingRecord */

/**
 * Download the whole list, check its signature against the pinned key, put it on disk.
 * @param {import('./transport.js').Transport} transport
 * @param {Tickets} tickets
 * @param {PairingRecord} pairing
 * @throws {Error} it is not what the pinned server signed
 */
export async function fetchSnapshot(transport, tickets, pairing) {
  const bytes = await transport.download('/checkin/snapshot', pairing.credential ?? '');
  const payload = await openEnvelope(bytes, pairing.serverKey, verify);
  await tickets.install(payload.slice());
}

/**
 * Put changes and cursor on disk together, then in memory.
 * @param {Tickets} tickets
 * @param {Changes} changes
 * @param {number} serverTime
 * @returns {Promise<boolean>} more waits at the server
 */
export async function applyChanges(tickets, changes, serverTime) {
  await tickets.apply(changes, changes.more ? null : serverTime);
  return changes.more;
}
