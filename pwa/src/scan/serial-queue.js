/** One after another: decisions never overlap, and a failed one does not stop the next. */

export class SerialQueue {
  constructor() {
    /** @type {Promise<unknown>} */
    this.tail = Promise.resolve();
    this.waiting = 0;
  }

  /** Something is running or waits. */
  get busy() {
    return this.waiting > 0;
  }

  /**
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  run(work) {
    this.waiting += 1;
    const done = this.tail.then(work).finally(() => (this.waiting -= 1));
    this.tail = done.catch(() => {});
    return done;
  }
}
