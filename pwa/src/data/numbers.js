/** A column of numbers that grows without a new copy for every one. */

export class Numbers {
  #column = new Float64Array(64);

  /** @param {number} place @returns {number} 0 where nothing was set */
  get(place) {
    return place < this.#column.length ? this.#column[place] : 0;
  }

  /** @param {number} place @param {number} number */
  set(place, number) {
    if (place >= this.#column.length) {
      const grown = new Float64Array(Math.max(place + 1, this.#column.length * 2));
      grown.set(this.#column);
      this.#column = grown;
    }
    this.#column[place] = number;
  }

  /**
   * @param {number} from
   * @param {number} to the place behind the last
   * @returns {Float64Array<ArrayBuffer>} a copy
   */
  part(from, to) {
    return Float64Array.from({ length: to - from }, (_, at) => this.get(from + at));
  }
}
