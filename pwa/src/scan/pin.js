/** A supervisor's PIN, checked offline against its slow hash; wrong tries are few and then far apart. */

import { fromBase64, sameBytes } from '../data/base64.js';

/** @typedef {import('../../types/records.js').SupervisorPin} SupervisorPin */
/** @typedef {import('../../types/records.js').PinTries} PinTries */

const FREE_TRIES = 5;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 3_600_000;

/** The PIN was not taken. `left` tries remain; without any, none may be made for `wait` ms. */
export class PinRefused extends Error {
  name = 'PinRefused';
  /** @param {'wrong' | 'wait' | 'none'} reason @param {number} left @param {number} wait */
  constructor(reason, left = 0, wait = 0) {
    super(`PIN refused: ${reason}`);
    this.reason = reason;
    this.left = left;
    this.wait = wait;
  }
}

/**
 * Try a PIN. The try is on disk before the hash is made, so that ending the app gives none back.
 * @param {string} pin
 * @param {SupervisorPin | null | undefined} supervisor
 * @param {object} kept
 * @param {PinTries} kept.tries
 * @param {(tries: PinTries) => Promise<void>} kept.keep
 * @param {() => number} now ms
 * @throws {PinRefused}
 */
export async function checkPin(pin, supervisor, { tries, keep }, now) {
  if (!supervisor) throw new PinRefused('none');
  // A clock set back does not lengthen the wait beyond its own length.
  const wait = Math.min(tries.until - now(), waitAfter(tries.wrong));
  if (wait > 0) throw new PinRefused('wait', 0, wait);
  const wrong = tries.wrong + 1;
  await keep({ wrong, until: now() + waitAfter(wrong) });
  if (!(await matches(pin.trim(), supervisor))) {
    throw new PinRefused('wrong', Math.max(0, FREE_TRIES - wrong), waitAfter(wrong));
  }
  await keep({ wrong: 0, until: 0 });
}

/** @param {number} wrong tries in a row @returns {number} ms */
function waitAfter(wrong) {
  if (wrong < FREE_TRIES) return 0;
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (wrong - FREE_TRIES));
}

/** @param {string} pin @param {SupervisorPin} supervisor */
async function matches(pin, { salt, rounds, hash }) {
  const bytes = new TextEncoder().encode(pin);
  const key = await crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveBits']);
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt: fromBase64(salt), iterations: rounds };
  const made = new Uint8Array(await crypto.subtle.deriveBits(how, key, 256));
  return sameBytes(made, fromBase64(hash));
}
