/** Claims that were asked of the server and have no fact yet: on disk before the question goes out. */

import { answer, committed } from './open-database.js';
import { ofDevice } from './outbox.js';

/** @typedef {import('./open-database.js').Database} Database */
/** @typedef {import('../../types/records.js').ClaimRecord} ClaimRecord */

/**
 * @param {Database} outbox
 * @param {ClaimRecord[]} claims
 */
export async function keepClaims(outbox, claims) {
  const tx = await outbox.begin('claims', 'readwrite', 'strict');
  for (const claim of claims) tx.objectStore('claims').put(claim);
  await committed(tx);
}

/**
 * @param {Database} outbox
 * @param {number} device
 * @returns {Promise<ClaimRecord[]>}
 */
export async function keptClaims(outbox, device) {
  const tx = await outbox.begin('claims');
  return answer(tx.objectStore('claims').getAll(ofDevice(device)));
}

/**
 * The server knows that they were not used.
 * @param {Database} outbox
 * @param {ClaimRecord[]} claims
 */
export async function forgetClaims(outbox, claims) {
  if (claims.length === 0) return;
  const tx = await outbox.begin('claims', 'readwrite');
  for (const { device, id } of claims) tx.objectStore('claims').delete([device, id]);
  await committed(tx);
}
