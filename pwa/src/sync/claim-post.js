/** A claim of strict mode, asked of the server (R64). */

import { Refused, Unreachable } from './transport.js';

/**
 * @param {import('./transport.js').Transport} transport
 * @param {string | null} credential
 * @param {unknown} body
 * @param {number} limit ms
 * @returns {Promise<import('../scan/claim.js').ClaimAnswer | null>} null: the event is not strict
 *   any more
 * @throws {Unreachable | Refused}
 */
export async function claimPost(transport, credential, body, limit) {
  try {
    const { body: said } = await transport.post('/checkin/claim', body, { credential, limit });
    const answer = /** @type {import('../scan/claim.js').ClaimAnswer} */ (said);
    if (!Number.isSafeInteger(answer?.at)) throw new Unreachable('not an answer to a claim');
    return answer;
  } catch (error) {
    if (error instanceof Refused && error.code === 'not_strict') return null;
    throw error;
  }
}
