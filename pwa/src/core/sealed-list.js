// A list that its phone cannot read yet (R50). Twin: server/handstamp/checkin/sealed_list.py.
// Vectors: shared/vectors/wire/sealed_lists.json.

/** @import { Bytes } from '../../types/protocol.js' */

const CONTEXT = new TextEncoder().encode('handstamp/sealed-list/1\0');
const NONCE_BYTES = 12;

/**
 * The signed snapshot (R37) in it.
 * @param {Bytes} sealed as downloaded
 * @param {CryptoKey} key the device's list key
 * @param {number} device
 * @returns {Promise<Bytes>}
 * @throws {Error} it is of another device or key, or was changed
 */
export async function openSealedList(sealed, key, device) {
  const additionalData = new Uint8Array(CONTEXT.length + 6);
  additionalData.set(CONTEXT);
  for (let at = 0, rest = device; at < 6; at += 1, rest = Math.floor(rest / 256)) {
    additionalData[CONTEXT.length + 5 - at] = rest % 256;
  }
  const iv = sealed.subarray(0, NONCE_BYTES);
  const zipped = await crypto.subtle.decrypt(
    { name: 'AES-GCM', iv, additionalData }, key, sealed.subarray(NONCE_BYTES),
  );
  const plain = new Blob([zipped]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}
