/** Facts that came after the snapshot, in columns: no object for each of a night's admissions. */

import { factOfRow } from '../core/fold.js';
import { Numbers } from './numbers.js';

/** @typedef {import('../../types/protocol.js').FoldFact} FoldFact */
/** @typedef {import('../../types/records.js').FactRow} FactRow */

/** Where a row's numbers stand: all but `seen` and `target`. */
const COLUMNS = 11;

export class LaterFacts {
  #columns = Array.from({ length: COLUMNS }, () => new Numbers());
  /** The place of the fact of the same ticket before; places begin at 1. */
  #before = new Numbers();
  /** The place of each ticket's newest fact. @type {Map<number, number>} */
  #last = new Map();
  /** Few facts name others. @type {Map<number, [FactRow[11], FactRow[12]]>} */
  #refs = new Map();
  #count = 0;

  /** Serials that have facts here. */
  serials() {
    return this.#last.keys();
  }

  /**
   * Take in a row; it replaces an earlier one of the same identity.
   * @param {FactRow} row
   */
  add(row) {
    const [device, number, tag, , , , serial] = row;
    for (const place of this.#places(serial)) {
      if (this.#is(place, device, number, tag)) {
        this.#put(place, row);
        return;
      }
    }
    this.#count += 1;
    this.#put(this.#count, row);
    this.#before.set(this.#count, this.#last.get(serial) ?? 0);
    this.#last.set(serial, this.#count);
  }

  /**
   * @param {number} serial
   * @returns {FoldFact[]} in the order in which they came
   */
  of(serial) {
    return [...this.#places(serial)].reverse().map((place) => factOfRow(this.#row(place)));
  }

  /** @param {number} serial @returns {Generator<number>} newest first */
  *#places(serial) {
    for (let place = this.#last.get(serial) ?? 0; place > 0; place = this.#before.get(place)) {
      yield place;
    }
  }

  /** @param {number} place @param {number} device @param {number} number @param {number} tag */
  #is(place, device, number, tag) {
    const [devices, numbers, tags] = this.#columns;
    return numbers.get(place) === number && tags.get(place) === tag && devices.get(place) === device;
  }

  /** @param {number} place @param {FactRow} row */
  #put(place, row) {
    this.#columns.forEach((column, at) => column.set(place, /** @type {number} */ (row[at])));
    const [, , , , , , , , , , , seen, target] = row;
    if (seen.length > 0 || target) this.#refs.set(place, [seen, target]);
    else this.#refs.delete(place);
  }

  /** @param {number} place @returns {FactRow} */
  #row(place) {
    const [seen, target] = this.#refs.get(place) ?? [[], null];
    const numbers = this.#columns.map((column) => column.get(place));
    return /** @type {FactRow} */ (/** @type {unknown} */ ([...numbers, seen, target]));
  }
}
