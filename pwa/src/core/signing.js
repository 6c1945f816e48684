// Strictness of Ed25519 that the engines leave out. Twin: kit/signing.py (`strict_shape`).
// Vectors: shared/vectors/token/strict.json.

/** L, the order of the base point, little-endian (RFC 8032 section 5.1). */
const ORDER = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
/** p = 2^255 - 19, little-endian. */
const FIELD = fromHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
/** y of the eight points whose order divides 8, little-endian, sign bit cleared. */
const SMALL = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(fromHex);

/** @param {string} hex */
function fromHex(hex) {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

/**
 * Whether one little-endian number of 32 bytes is below another.
 * @param {Uint8Array} number
 * @param {Uint8Array} limit
 */
function below(number, limit) {
  for (let at = 31; at >= 0; at -= 1) {
    if (number[at] !== limit[at]) return number[at] < limit[at];
  }
  return false;
}

/**
 * Whether 32 bytes are a canonical encoding of a point that is not of small order.
 * @param {Uint8Array} point
 */
function canonicalPoint(point) {
  const y = point.slice();
  y[31] &= 127;
  return below(y, FIELD) && !SMALL.some((small) => small.every((byte, at) => byte === y[at]));
}

/**
 * Whether a key and a signature are of the shape that R4 asks for: S below L, both points
 * canonical and of great order. The engine still has to verify.
 * @param {Uint8Array} publicKey 32 bytes
 * @param {Uint8Array} signature 64 bytes
 */
export function strictShape(publicKey, signature) {
  return (
    publicKey.length === 32 &&
    signature.length === 64 &&
    below(signature.subarray(32), ORDER) &&
    canonicalPoint(publicKey) &&
    canonicalPoint(signature.subarray(0, 32))
  );
}

/**
 * A verifier as strict as R4 asks for, around an engine that need not be.
 * @param {import('../../types/protocol.js').VerifyEd25519} engine
 * @returns {import('../../types/protocol.js').VerifyEd25519}
 */
export function strict(engine) {
  return (publicKey, signature, message) =>
    strictShape(publicKey, signature) && engine(publicKey, signature, message);
}
