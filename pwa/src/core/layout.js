// Bytes from front to back: fixed numbers, varints, texts, refs. Twin: checkin/layout.py.
// Vectors: shared/vectors/wire.

/** @import { Bytes } from '../../types/protocol.js' */
/** @import { Ref } from '../../types/records.js' */

const LIMIT = 2 ** 53;
const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Writes a byte layout; a number out of range is a RangeError. */
export class Writer {
  /** @type {number[]} */
  #bytes = [];

  /**
   * @param {number} value
   * @param {number} length bytes, big-endian
   */
  uint(value, length) {
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** length) {
      throw new RangeError('number out of range');
    }
    for (let place = length - 1; place >= 0; place -= 1) {
      this.#bytes.push(Math.floor(value / 256 ** place) % 256);
    }
  }

  /** @param {number} value below 2^53 */
  varint(value) {
    if (!Number.isInteger(value) || value < 0 || value >= LIMIT) {
      throw new RangeError('number out of range');
    }
    let left = value;
    while (left > 127) {
      this.#bytes.push((left % 128) + 128);
      left = Math.floor(left / 128);
    }
    this.#bytes.push(left);
  }

  /** @param {Uint8Array} bytes */
  raw(bytes) {
    for (const byte of bytes) this.#bytes.push(byte);
  }

  /** @param {string} text */
  text(text) {
    const bytes = utf8.encode(text);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** @param {Ref} ref */
  ref([device, number, tag]) {
    this.uint(device, 6);
    this.varint(number);
    this.uint(tag, 6);
  }

  /** @returns {Bytes} */
  bytes() {
    return Uint8Array.from(this.#bytes);
  }
}

/** Reads a byte layout; the first thing wrong is a RangeError (TypeError for bad UTF-8). */
export class Reader {
  #bytes;
  #at = 0;

  /** @param {Bytes} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
  }

  /**
   * @param {number} length
   * @returns {Bytes} a view, not a copy
   */
  take(length) {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('cut short');
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  /** @param {number} length bytes, big-endian */
  uint(length) {
    let value = 0;
    for (const byte of this.take(length)) value = value * 256 + byte;
    return value;
  }

  varint() {
    let value = 0;
    let scale = 1;
    for (let place = 0; place < 8; place += 1) {
      const byte = this.uint(1);
      value += (byte & 127) * scale;
      if (byte < 128) {
        if ((byte === 0 && place > 0) || value >= LIMIT) {
          throw new RangeError('varint is not in shortest form or too great');
        }
        return value;
      }
      scale *= 128;
    }
    throw new RangeError('varint is longer than 8 bytes');
  }

  text() {
    return fromUtf8.decode(this.take(this.varint()));
  }

  /** @returns {Ref} */
  ref() {
    return [this.uint(6), this.varint(), this.uint(6)];
  }

  /** Whether nothing is left. */
  atEnd() {
    return this.#at === this.#bytes.length;
  }

  /** @returns {Bytes} a view of all that is left */
  rest() {
    return this.take(this.#bytes.length - this.#at);
  }
}
