/** What a phone takes in: a verified snapshot (before its time a sealed one), then the feed's changes behind its cursor. */

import { openSealedList } from '../core/sealed-list.js';
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

const SEALED_LASTS_MS = 24 * 3_600_000;

/**
 * Before its time a list is fetched sealed, so that only the key must come through a weak network
 * later. An old one is fetched anew.
 * @param {import('./transport.js').Transport} transport
 * @param {Tickets} tickets
 * @param {PairingRecord} pairing
 * @param {number} now server time
 */
export async function fetchSealed(transport, tickets, pairing, now) {
  const { waiting, held } = tickets;
  if (!held || now >= held.until || (waiting && now - waiting.at < SEALED_LASTS_MS)) return;
  const bytes = await transport.download('/checkin/snapshot/sealed', pairing.credential ?? '');
  await tickets.wait(bytes, now);
}

/**
 * The key has come: open the list that was fetched sealed.
 * @param {Tickets} tickets
 * @param {PairingRecord} pairing
 * @returns {Promise<boolean>} false when there is none, or it is not what this server sealed
 */
export async function openWaiting(tickets, pairing) {
  const { waiting, held, device } = tickets;
  if (!waiting || !held?.key) return false;
  try {
    const bytes = await openSealedList(waiting.bytes, held.key, device);
    const payload = await openEnvelope(bytes, pairing.serverKey, verify);
    await tickets.install(payload.slice());
    return true;
  } catch (error) {
    console.warn('the sealed list does not open', error);
    tickets.waitNoMore();
    return false;
  }
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
