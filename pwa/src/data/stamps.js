/** When the root first had each fact of a log: kept in pieces, so that an hour costs what the first did. */

import { answer } from './open-database.js';
import { ofDevice } from './outbox.js';
import { Numbers } from './numbers.js';

/** @typedef {import('../../types/records.js').StampRecord} StampRecord */

export const PIECE = 256;

export class Stamps {
  #byNumber = new Numbers();
  /** Pieces that the disk does not have as they are. @type {Set<number>} */
  #changed = new Set();

  /**
   * @param {IDBTransaction} tx over `stamps`
   * @param {number} device
   * @param {ArrayLike<number>} before what a build before these pieces kept in one, n at n - 1
   */
  async load(tx, device, before) {
    /** @type {StampRecord[]} */
    const records = await answer(tx.objectStore('stamps').getAll(ofDevice(device)));
    this.#byNumber = new Numbers();
    this.#changed = new Set();
    for (const { piece, stamps } of records) {
      stamps.forEach((stamp, at) => this.#byNumber.set(piece * PIECE + at, stamp));
    }
    for (let at = 0; at < before.length; at++) if (before[at]) this.set(at + 1, before[at]);
  }

  /** @param {number} number of a fact @returns {number} ms UTC; 0 = none yet */
  get(number) {
    return this.#byNumber.get(number);
  }

  /** @param {number} number @param {number} stamp */
  set(number, stamp) {
    this.#byNumber.set(number, stamp);
    this.#changed.add(Math.floor(number / PIECE));
  }

  /**
   * Put what changed to disk.
   * @param {IDBTransaction} tx over `stamps`
   * @param {number} device
   */
  save(tx, device) {
    for (const piece of this.#changed) {
      const stamps = this.#byNumber.part(piece * PIECE, (piece + 1) * PIECE);
      tx.objectStore('stamps').put({ device, piece, stamps });
    }
  }

  /** What was put is on disk. */
  saved() {
    this.#changed.clear();
  }
}
