/** What lies on the disk of a list: AES-GCM under the list key, a fresh random nonce every time (R51). */

/** @typedef {import('../../types/records.js').Sealed} Sealed */

const NAME = 'AES-GCM';
const NONCE_BYTES = 12;
const CONTEXT = 'handstamp/list-at-rest/1\0';

/**
 * The key as one that can be used and never read out.
 * @param {Uint8Array<ArrayBuffer>} raw 32 bytes
 * @returns {Promise<CryptoKey>}
 */
export function importListKey(raw) {
  return crypto.subtle.importKey('raw', raw, NAME, false, ['encrypt', 'decrypt']);
}

/**
 * @param {CryptoKey} key
 * @param {Uint8Array<ArrayBuffer>} plain
 * @param {string} place where it will lie: opens nowhere else
 * @returns {Promise<Sealed>}
 */
export async function seal(key, plain, place) {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  return { nonce, sealed: await crypto.subtle.encrypt(options(nonce, place), key, plain) };
}

/**
 * @param {CryptoKey} key
 * @param {Sealed} sealed
 * @param {string} place
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 * @throws {DOMException} another key or place, or changed bytes
 */
export async function unseal(key, { nonce, sealed }, place) {
  return new Uint8Array(await crypto.subtle.decrypt(options(nonce, place), key, sealed));
}

/** @param {Uint8Array<ArrayBuffer>} iv @param {string} place */
function options(iv, place) {
  return { name: NAME, iv, additionalData: new TextEncoder().encode(CONTEXT + place) };
}
