/** Ed25519 keys and signatures: WebCrypto where it works, noble's code where it does not. */

import { keygenAsync, signAsync, verifyAsync } from '../../vendor/noble-ed25519/index.js';

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {import('../../types/records.js').KeyPair} KeyPair */

const NAME = 'Ed25519';

// RFC 8032, section 7.1, test 1: the empty message.
const KNOWN_KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const KNOWN_SIGNATURE =
  'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b';

/** @type {Promise<boolean> | null} */
let works = null;
/** @type {Map<string, Promise<CryptoKey>>} */
const imported = new Map();

/** Whether WebCrypto verifies a known signature here; found out once. */
export function webCryptoWorks() {
  works ??= verifyNatively(hex(KNOWN_KEY), hex(KNOWN_SIGNATURE), new Uint8Array(0)).catch(
    () => false,
  );
  return works;
}

/** Make a key pair whose private half never leaves this phone. @returns {Promise<KeyPair>} */
export async function makeKeyPair() {
  if (await webCryptoWorks()) {
    const pair = /** @type {CryptoKeyPair} */ (
      await crypto.subtle.generateKey(NAME, false, ['sign', 'verify'])
    );
    const raw = await crypto.subtle.exportKey('raw', pair.publicKey);
    return { publicKey: new Uint8Array(raw), privateKey: pair.privateKey };
  }
  const { publicKey, secretKey } = await keygenAsync();
  return { publicKey: new Uint8Array(publicKey), privateKey: new Uint8Array(secretKey) };
}

/**
 * @param {KeyPair['privateKey']} key
 * @param {Bytes} message
 * @returns {Promise<Bytes>} 64 bytes
 */
export async function sign(key, message) {
  if (key instanceof Uint8Array) return new Uint8Array(await signAsync(message, key));
  return new Uint8Array(await crypto.subtle.sign(NAME, key, message));
}

/**
 * Strict RFC 8032.
 * @param {Bytes} publicKey
 * @param {Bytes} signature
 * @param {Bytes} message
 * @returns {Promise<boolean>}
 */
export async function verify(publicKey, signature, message) {
  if (await webCryptoWorks()) return verifyNatively(publicKey, signature, message);
  return verifyAsync(signature, message, publicKey, { zip215: false }).catch(() => false);
}

/** @param {Bytes} publicKey @param {Bytes} signature @param {Bytes} message */
async function verifyNatively(publicKey, signature, message) {
  const name = publicKey.join();
  let key = imported.get(name);
  if (!key) {
    key = crypto.subtle.importKey('raw', publicKey, NAME, false, ['verify']);
    imported.set(name, key);
  }
  return crypto.subtle.verify(NAME, await key, signature, message);
}

/** @param {string} text @returns {Bytes} */
function hex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
