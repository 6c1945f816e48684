// How many are inside by each list (R58), kept ticket by ticket as states change.

/** @import { State } from '../../types/protocol.js' */

export class InsideCount {
  /** Lists by which a ticket is inside. @type {Map<number, string[]>} */
  #inside = new Map();
  /** @type {Map<string, number>} */
  #counts = new Map();

  /**
   * Note a ticket's state; null when it has no facts.
   * @param {number} serial
   * @param {State | null} state
   */
  set(serial, state) {
    for (const list of this.#inside.get(serial) ?? []) this.#add(list, -1);
    const lists = Object.entries(state?.lists ?? {});
    const inside = lists.filter(([, of]) => of.inside).map(([list]) => list);
    for (const list of inside) this.#add(list, 1);
    if (inside.length) this.#inside.set(serial, inside);
    else this.#inside.delete(serial);
  }

  /**
   * Tickets inside by a list.
   * @param {number} list
   */
  of(list) {
    return this.#counts.get(String(list)) ?? 0;
  }

  /** @param {string} list @param {number} more */
  #add(list, more) {
    this.#counts.set(list, (this.#counts.get(list) ?? 0) + more);
  }
}
