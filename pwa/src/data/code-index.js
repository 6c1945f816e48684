/** Which tickets have a code from elsewhere: by its digest, never by the code itself (R46). */

import { fromBase64, hexOf } from './base64.js';

/** @typedef {import('../../types/protocol.js').Snapshot} Snapshot */
/** @typedef {import('../../types/records.js').TicketRow} TicketRow */

export class CodeIndex {
  /** @param {Snapshot} base */
  constructor({ codes, tickets }) {
    /** Digest in hexadecimal digits to serials. @type {Map<string, Set<number>>} */
    this.serials = new Map();
    /** @type {Map<number, string>} */
    this.digests = new Map();
    codes.places.forEach((place, at) => this.#add(tickets.serials[place], codes.digests[at]));
  }

  /** Whether no ticket has one. */
  get empty() {
    return this.digests.size === 0;
  }

  /**
   * Take in a row of the feed: its code replaces the one before.
   * @param {TicketRow} row
   */
  apply(row) {
    const [serial] = row;
    const before = this.digests.get(serial);
    if (before !== undefined) {
      this.serials.get(before)?.delete(serial);
      this.digests.delete(serial);
    }
    const digest = digestIn(row[7]);
    if (digest) this.#add(serial, digest);
  }

  /**
   * Tickets with a code of this digest.
   * @param {Uint8Array} digest
   * @returns {number[]}
   */
  find(digest) {
    return [...(this.serials.get(hexOf(digest)) ?? [])];
  }

  /** @param {number} serial @param {string} digest */
  #add(serial, digest) {
    this.digests.set(serial, digest);
    const known = this.serials.get(digest);
    if (known) known.add(serial);
    else this.serials.set(digest, new Set([serial]));
  }
}

/** @param {string | null | undefined} code base64; what a newer side writes there is no digest */
function digestIn(code) {
  if (typeof code !== 'string' || !/^[A-Za-z0-9+/]{11}=$/.test(code)) return '';
  return hexOf(fromBase64(code));
}
