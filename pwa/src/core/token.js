// The signed text in a ticket's QR. Twin: server/handstamp/tickets/token.py.
// Vectors: shared/vectors/token.

import { base32Decode, base32Encode } from './ids.js';
import { strict } from './signing.js';

/** @import { Bytes, Checked, PublicTicketKey, Token, VerifyEd25519 } from '../../types/protocol.js' */

const VERSION = 1;
const LETTERS = 120;
const BODY_BYTES = 11;
const CONTEXT = new TextEncoder().encode('handstamp/token/1\0');
const OUTER_SPACE = /^[\t-\r \u00a0\ufeff]+|[\t-\r \u00a0\ufeff]+$/g;

/**
 * Reads a scanned text by R6; null when it is not a ticket. Checks no signature.
 * @param {string} text
 * @returns {Token | null}
 */
export function parseToken(text) {
  const whole = text.replace(OUTER_SPACE, '');
  const mark = Math.max(whole.lastIndexOf('/'), whole.lastIndexOf('='), whole.lastIndexOf('#'));
  const letters = whole.slice(mark + 1);
  if (letters.length !== LETTERS + 2 || !/^hs/i.test(letters)) return null;
  const bytes = base32Decode(letters.slice(2));
  if (bytes === null) return null;
  const body = bytes.slice(0, BODY_BYTES);
  const token = {
    version: body[0] >> 5,
    keyId: body[0] & 31,
    body,
    signature: bytes.slice(BODY_BYTES),
    event: 0,
    serial: 0,
    tier: 0,
    epoch: 0,
  };
  if (token.version !== VERSION) return token;
  token.event = (body[1] << 16) | (body[2] << 8) | body[3];
  for (let at = 4; at < 9; at += 1) token.serial = token.serial * 256 + body[at];
  token.tier = body[9];
  token.epoch = body[10];
  return token.tier && token.epoch ? token : null;
}

/**
 * What the ticket key signs (R4).
 * @param {Uint8Array} body 11 bytes
 * @returns {Bytes}
 */
export function tokenMessage(body) {
  const message = new Uint8Array(CONTEXT.length + body.length);
  message.set(CONTEXT);
  message.set(body, CONTEXT.length);
  return message;
}

/**
 * Reads a scanned text and checks its signature against the known keys (R6, R7). A token of a
 * compromised key is `ok` and `compromised` here; whether it counts, the verdict says.
 * @param {string} text
 * @param {Map<number, PublicTicketKey>} keys by key id
 * @param {VerifyEd25519} verifyEd25519
 * @returns {Promise<Checked>}
 */
export async function verifyToken(text, keys, verifyEd25519) {
  const token = parseToken(text);
  if (token === null) return { check: 'not_a_ticket', token, compromised: false };
  if (token.version !== VERSION) return { check: 'newer', token, compromised: false };
  const key = keys.get(token.keyId);
  if (key === undefined) return { check: 'unknown_key', token, compromised: false };
  const verify = strict(verifyEd25519);
  const right = await verify(key.public, token.signature, tokenMessage(token.body));
  if (!right) return { check: 'forged', token, compromised: false };
  return { check: 'ok', token, compromised: key.compromised };
}

/**
 * The 8 bytes by which a fact shows that its token was read (R8).
 * @param {Bytes} signature
 * @returns {Promise<Bytes>}
 */
export async function tokenDigest(signature) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', signature)).slice(0, 8);
}

/**
 * The letters of a QR from body and signature (R5).
 * @param {Uint8Array} body 11 bytes
 * @param {Uint8Array} signature 64 bytes
 */
export function encodeToken(body, signature) {
  const whole = new Uint8Array(body.length + signature.length);
  whole.set(body);
  whole.set(signature, body.length);
  return `HS${base32Encode(whole)}`;
}
