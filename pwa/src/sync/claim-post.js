/** A claim of strict mode, asked of the server (R64). */

import { Refused } from './transport.js';

/**
 * @param {import('./transport.js').Transport} transport
 * @param {string | null} credential
 * @param {unknown} body
 * @param {number} limit ms
 * @returns {Promise<import('../scan/claim.js').ClaimAnswer | null>} null: the event is not strict
 *   any more
 * @throws {import('./transport.js').Unreachable | Refused}
 */
export async function claimPost(transport, credential, body, limit) {
  try {
    const answer = await transport.post('/checkin/claim', body, { credential, limit });
    return /** @type {import('../scan/claim.js').ClaimAnswer} */ (answer.body);
  } catch (error) {
    if (error instanceof Refused && error.code === 'not_strict') return null;
    throw error;
  }
}
