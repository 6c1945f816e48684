/** This device's own facts in memory as the bytes they are: few objects, however long the night. */

import { decodeFact } from '../core/wire.js';
import { Numbers } from './numbers.js';

/** @typedef {import('../../types/protocol.js').Fact} Fact */

const PAGE_BYTES = 64 * 1024;

export class FactPages {
  /** @type {Uint8Array<ArrayBuffer>[]} */
  #pages = [];
  #free = PAGE_BYTES;
  /** Where fact n begins, over all pages, and how long it is. */
  #starts = new Numbers();
  #lengths = new Numbers();
  #tags = new Numbers();

  /**
   * @param {number} number 1 or more
   * @param {Uint8Array} bytes at most 8,192
   * @param {number} tag
   */
  add(number, bytes, tag) {
    if (this.#free + bytes.length > PAGE_BYTES) {
      this.#pages.push(new Uint8Array(PAGE_BYTES));
      this.#free = 0;
    }
    this.#pages[this.#pages.length - 1].set(bytes, this.#free);
    this.#starts.set(number, (this.#pages.length - 1) * PAGE_BYTES + this.#free);
    this.#lengths.set(number, bytes.length);
    this.#tags.set(number, tag);
    this.#free += bytes.length;
  }

  /** @param {number} number of a fact that was added @returns {Fact} */
  fact(number) {
    const start = this.#starts.get(number);
    const place = start % PAGE_BYTES;
    const page = this.#pages[Math.floor(start / PAGE_BYTES)];
    return decodeFact(page.subarray(place, place + this.#lengths.get(number)));
  }

  /** @param {number} number @returns {number} */
  tag(number) {
    return this.#tags.get(number);
  }
}
