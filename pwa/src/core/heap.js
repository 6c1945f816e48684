// A binary heap: always the least of what it holds.

/** @template T */
export class Heap {
  #order;
  #items;

  /**
   * @param {(a: T, b: T) => number} order
   * @param {T[]} items
   */
  constructor(order, items) {
    this.#order = order;
    this.#items = items.slice().sort(order);
  }

  /** @param {T} item */
  push(item) {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.#order(items[above], item) <= 0) break;
      items[at] = items[above];
      at = above;
    }
    items[at] = item;
  }

  /** @returns {T | undefined} */
  pop() {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (items.length && last !== undefined) this.#sink(last);
    return least;
  }

  /** @param {T} item */
  #sink(item) {
    const items = this.#items;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#order(items[child + 1], items[child]) < 0) child += 1;
      if (this.#order(items[child], item) >= 0) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = item;
  }
}
