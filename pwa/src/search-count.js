/** How often each person searched on this phone. The organizer sees the numbers, never the words. */

const MOST_PEOPLE = 8;

/** @typedef {[operator: string, searches: number]} Searches */

export class SearchCount {
  /** Who searched last stands last. @type {Map<string, number>} */
  #counts;
  #last = '';

  /** @param {Searches[]} [kept] */
  constructor(kept = []) {
    this.#counts = new Map(kept);
  }

  /** @returns {Searches[]} '' is who gave no name, and who came before the last eight */
  get counts() {
    return [...this.#counts];
  }

  /**
   * Count a search that was answered; one typed further, or taken back by letters, is the same.
   * @param {string} query
   * @param {string} operator
   * @returns {boolean} whether it was another one
   */
  note(query, operator) {
    const typed = query.trim().toLowerCase();
    const last = this.#last;
    if (last && last.startsWith(typed)) return false;
    this.#last = typed;
    if (last && typed.startsWith(last)) return false;
    this.#add(operator, 1);
    const named = [...this.#counts.keys()].filter((name) => name !== '');
    if (named.length > MOST_PEOPLE) this.#forget(named[0]);
    return true;
  }

  /** @param {string} operator @param {number} by */
  #add(operator, by) {
    const before = this.#counts.get(operator) ?? 0;
    this.#counts.delete(operator);
    this.#counts.set(operator, before + by);
  }

  /** @param {string} operator */
  #forget(operator) {
    const searches = this.#counts.get(operator) ?? 0;
    this.#counts.delete(operator);
    this.#add('', searches);
  }
}
