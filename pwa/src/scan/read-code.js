/** What a scanned text is: its token with the signature checked, and what marks it in a fact. */

import { NO_DIGEST } from '../core/wire.js';
import { tokenDigest, verifyToken } from '../core/token.js';
import { fromBase64 } from '../data/base64.js';
import { verify } from '../data/ed25519.js';

/** @typedef {import('../../types/protocol.js').VerdictInput} VerdictInput */
/** @typedef {import('../../types/records.js').TicketKey} TicketKey */

/**
 * @typedef {object} CodeRead
 * @property {VerdictInput['token']} token
 * @property {Uint8Array<ArrayBuffer>} digest 8 bytes; zeros when no token was read
 * @property {string} mark tells identical codes apart from others, never the code itself
 */

/** @type {WeakMap<TicketKey[], Map<number, {public: Uint8Array<ArrayBuffer>, compromised: boolean}>>} */
const maps = new WeakMap();

/** @param {TicketKey[]} keys */
function keyMap(keys) {
  let map = maps.get(keys);
  if (!map) {
    map = new Map(
      keys.map(({ id, public: key, compromised }) => [id, { public: fromBase64(key), compromised }]),
    );
    maps.set(keys, map);
  }
  return map;
}

/**
 * @param {string} text as scanned or typed
 * @param {TicketKey[]} keys of the list
 * @returns {Promise<CodeRead>}
 */
export async function readCode(text, keys) {
  const { check, token, compromised } = await verifyToken(text, keyMap(keys), verify);
  if (!token) {
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
    const nothing = { check, event: 0, serial: 0, tier: 0, epoch: 0 };
    return { token: nothing, digest: NO_DIGEST, mark: hexOf(new Uint8Array(hash, 0, 8)) };
  }
  const digest = await tokenDigest(token.signature);
  const { event, serial, tier, epoch } = token;
  return { token: { check, event, serial, tier, epoch, compromised }, digest, mark: hexOf(digest) };
}

/**
 * A row picked from a search instead of a code.
 * @param {number} event
 * @param {number} serial
 * @returns {CodeRead}
 */
export function pickedRow(event, serial) {
  const token = { check: /** @type {const} */ ('search'), event, serial, tier: 0, epoch: 0 };
  return { token, digest: NO_DIGEST, mark: String(serial) };
}

/** @param {Uint8Array} bytes */
function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
