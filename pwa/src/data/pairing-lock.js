/** One window per pairing scans: an exclusive Web Lock that another window may take over. */

/** Events: `change`. */
export class PairingLock extends EventTarget {
  /** @param {string} id the pairing's hexadecimal id */
  constructor(id) {
    super();
    this.name = `handstamp-door-${id}`;
    this.held = false;
    this.closed = false;
    /** @type {() => void} */
    this.letGo = () => {};
  }

  /** Take the lock if it is free. @returns {Promise<boolean>} */
  async tryTake() {
    await this.#request({ ifAvailable: true });
    return this.held;
  }

  /** Take the lock from whichever window has it. */
  async takeOver() {
    await this.#request({ steal: true });
  }

  /** Wait for the lock in the background: a closed window hands it to this one. */
  wait() {
    this.#request({}).catch(() => {});
  }

  release() {
    this.closed = true;
    this.letGo();
  }

  /** @param {LockOptions} options */
  #request(options) {
    return new Promise((granted, failed) => {
      navigator.locks
        .request(this.name, { mode: 'exclusive', ...options }, (lock) => {
          if (!lock || this.closed) {
            granted(undefined);
            return undefined;
          }
          return new Promise((letGo) => {
            this.letGo = () => letGo(undefined);
            this.#set(true);
            granted(undefined);
          });
        })
        .then(
          () => this.#set(false),
          (error) => {
            // A stolen lock rejects the request that held it.
            this.#set(false);
            failed(error);
          },
        );
    });
  }

  /** @param {boolean} held */
  #set(held) {
    if (this.held === held) return;
    this.held = held;
    this.dispatchEvent(new Event('change'));
  }
}
