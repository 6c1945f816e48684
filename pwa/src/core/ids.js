// Ids as people read them: Crockford base32, check letters, device ids. Twin: kit/ids.py.
// Vectors: shared/vectors/token/ids.json.

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Value of each ASCII code, 255 for a foreign letter. */
const VALUES = new Uint8Array(128).fill(255);
for (let value = 0; value < 32; value += 1) {
  const letter = ALPHABET[value];
  VALUES[letter.charCodeAt(0)] = value;
  VALUES[letter.toLowerCase().charCodeAt(0)] = value;
}
for (const [letter, value] of /** @type {[string, number][]} */ ([['O', 0], ['I', 1], ['L', 1]])) {
  VALUES[letter.charCodeAt(0)] = value;
  VALUES[letter.toLowerCase().charCodeAt(0)] = value;
}

/**
 * Value of a base32 letter (any case, O as 0, I and L as 1); 255 when it is none.
 * @param {string} text
 * @param {number} at
 */
export function letterValue(text, at) {
  const code = text.charCodeAt(at);
  return code < 128 ? VALUES[code] : 255;
}

/**
 * Bytes as base32, most significant bit first; their bits must be a multiple of five.
 * @param {Uint8Array} bytes
 */
export function base32Encode(bytes) {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >> bits) & 31];
    }
    held &= 31;
  }
  return text;
}

/**
 * Bytes of a base32 text whose bits are a multiple of eight; null if a letter is foreign.
 * @param {string} text
 */
export function base32Decode(text) {
  const bytes = new Uint8Array((text.length * 5) >> 3);
  let held = 0;
  let bits = 0;
  let filled = 0;
  for (let at = 0; at < text.length; at += 1) {
    const value = letterValue(text, at);
    if (value === 255) return null;
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[filled] = (held >> bits) & 255;
      filled += 1;
    }
  }
  return bytes;
}

/**
 * Luhn mod 32 check letter of a base32 text; every letter must be one.
 * @param {string} text
 */
export function luhn32(text) {
  let total = 0;
  let factor = 2;
  for (let at = text.length - 1; at >= 0; at -= 1) {
    const product = factor * letterValue(text, at);
    total += Math.floor(product / 32) + (product % 32);
    factor = 3 - factor;
  }
  return ALPHABET[(32 - (total % 32)) % 32];
}

/**
 * A serial (40 bits) in 8 letters and its check letter, the end of a printed id (R9).
 * @param {number} serial
 */
export function serialLetters(serial) {
  let letters = '';
  let left = serial;
  for (let place = 0; place < 8; place += 1) {
    letters = ALPHABET[left % 32] + letters;
    left = Math.floor(left / 32);
  }
  return letters + luhn32(letters);
}

/**
 * The serial that a printed id names, or its last part alone; null when it is no printed id or
 * its check letter is wrong.
 * @param {string} text
 */
export function serialOf(text) {
  const whole = text.replace(/\s/g, '');
  const letters = whole.slice(whole.lastIndexOf('-') + 1);
  if (letters.length !== 9) return null;
  let serial = 0;
  for (let at = 0; at < 8; at += 1) {
    const value = letterValue(letters, at);
    if (value === 255) return null;
    serial = serial * 32 + value;
  }
  return letterValue(letters, 8) === letterValue(luhn32(letters.slice(0, 8)), 0) ? serial : null;
}

/**
 * A 48-bit device id as 12 hexadecimal digits.
 * @param {number} device
 */
export function deviceHex(device) {
  return device.toString(16).padStart(12, '0');
}
