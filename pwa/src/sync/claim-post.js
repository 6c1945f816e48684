/** Claims of strict mode, asked of the server: one (R64), or those of a party (R72). */

import { Refused, Unreachable } from './transport.js';

/** @typedef {import('../scan/claim.js').ClaimAnswer} ClaimAnswer */
/** @typedef {import('../scan/claim.js').PartyAnswer} PartyAnswer */

/**
 * @param {import('./transport.js').Transport} transport
 * @param {string | null} credential
 * @param {unknown} body
 * @param {number} limit ms
 * @returns {Promise<ClaimAnswer | null>} null: the event is not strict
 *   any more
 * @throws {Unreachable | Refused}
 */
export async function claimPost(transport, credential, body, limit) {
  return unlessNotStrict(async () => {
    const { body: said } = await transport.post('/checkin/claim', body, { credential, limit });
    const answer = /** @type {ClaimAnswer} */ (said);
    if (!Number.isSafeInteger(answer?.at)) throw new Unreachable('not an answer to a claim');
    return answer;
  });
}

/**
 * @param {import('./transport.js').Transport} transport
 * @param {string | null} credential
 * @param {{tickets: unknown[]}} body
 * @param {number} limit ms
 * @returns {Promise<PartyAnswer[] | null>} one for each ticket, in their order; null: the event is
 *   not strict any more
 * @throws {Unreachable | Refused}
 */
export async function partyClaimPost(transport, credential, body, limit) {
  return unlessNotStrict(async () => {
    const { body: said } = await transport.post('/checkin/claims', body, { credential, limit, zip: false });
    const answers = /** @type {{answers: PartyAnswer[]}} */ (said)?.answers;
    const whole = Array.isArray(answers) && answers.length === body.tickets.length;
    if (!whole || !answers.every((one) => Number.isSafeInteger(one?.at))) {
      throw new Unreachable('not an answer to the claims of a party');
    }
    return answers;
  });
}

/**
 * @template T
 * @param {() => Promise<T>} ask
 */
async function unlessNotStrict(ask) {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Refused && error.code === 'not_strict') return null;
    throw error;
  }
}
