/** What a scanned text is: its token with the signature checked, and what marks it in a fact. */

import { NO_DIGEST } from '../core/wire.js';
import { foreignCodeDigest } from '../core/foreign-code.js';
import { tokenDigest, verifyToken } from '../core/token.js';
import { fromBase64, hexOf } from '../data/base64.js';
import { verify } from '../data/ed25519.js';

/** @typedef {import('../../types/protocol.js').VerdictInput} VerdictInput */
/** @typedef {import('../../types/records.js').TicketKey} TicketKey */
/** @typedef {import('../data/ticket-index.js').TicketIndex} TicketIndex */

/**
 * @typedef {object} CodeRead
 * @property {VerdictInput['token']} token
 * @property {Uint8Array<ArrayBuffer>} digest 8 bytes; zeros when nothing that counts was read
 * @property {string} mark tells identical codes apart from others, never the code itself
 */

const NOTHING = Object.freeze({ event: 0, serial: 0, tier: 0, epoch: 0 });

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
 * @param {TicketIndex} index the list
 * @returns {Promise<CodeRead>}
 */
export async function readCode(text, index) {
  const { keys } = index.header;
  const { check, token, compromised } = await verifyToken(text, keyMap(keys), verify);
  const { number } = index.header.event;
  const code = check === 'ok' || index.codes.empty ? null : await foreignCodeDigest(number, text);
  const foreign = code && readForeign(code, index);
  if (foreign) return foreign;
  if (!token) {
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
    const nothing = { ...NOTHING, check: code ? /** @type {const} */ ('unlisted') : check };
    return { token: nothing, digest: NO_DIGEST, mark: hexOf(new Uint8Array(hash, 0, 8)) };
  }
  const digest = await tokenDigest(token.signature);
  const { event, serial, tier, epoch } = token;
  return { token: { check, event, serial, tier, epoch, compromised }, digest, mark: hexOf(digest) };
}

/**
 * What is no genuine token may be a code from elsewhere (R48).
 * @param {Uint8Array<ArrayBuffer>} digest
 * @param {TicketIndex} index
 * @returns {CodeRead | null}
 */
function readForeign(digest, index) {
  const row = index.byCode(digest);
  if (!row) return null;
  const event = index.header.event.number;
  const token = { ...NOTHING, check: /** @type {const} */ ('foreign'), event, serial: row[0] };
  return { token, digest, mark: hexOf(digest) };
}

/**
 * A row picked from a search instead of a code.
 * @param {number} event
 * @param {number} serial
 * @returns {CodeRead}
 */
export function pickedRow(event, serial) {
  const token = { ...NOTHING, check: /** @type {const} */ ('search'), event, serial };
  return { token, digest: NO_DIGEST, mark: String(serial) };
}
