// The digest of a code from elsewhere. Twin: server/handstamp/tickets/foreign_code.py.
// Vectors: shared/vectors/token. Phones hold the digest and never the code.

/** @import { Bytes } from '../../types/protocol.js' */

const CONTEXT = new TextEncoder().encode('handstamp/foreign-code/1\0');
const OUTER_SPACE = /^[\t-\r \u00a0\ufeff]+|[\t-\r \u00a0\ufeff]+$/g;
const DIGEST_BYTES = 8;

/**
 * The 8 bytes by which an event's list knows a code (R46); null when there is none in the text.
 * @param {number} event its number
 * @param {string} text as scanned or typed
 * @returns {Promise<Bytes | null>}
 */
export async function foreignCodeDigest(event, text) {
  const told = new TextEncoder().encode(text.replace(OUTER_SPACE, ''));
  if (!told.length) return null;
  const message = new Uint8Array(CONTEXT.length + 3 + told.length);
  message.set(CONTEXT);
  message.set([event >> 16, (event >> 8) & 255, event & 255], CONTEXT.length);
  message.set(told, CONTEXT.length + 3);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', message)).slice(0, DIGEST_BYTES);
}
