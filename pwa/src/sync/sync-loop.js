/** When to exchange: after a scan, on a hint, when the network or the page is back, and by a timer. */

import { Refused, Unreachable } from './transport.js';

const SCAN_MS = 60;
const HINT_MS = 200;
const CALM_MS = 20_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;
const MOST_ROUNDS = 500;

/** @typedef {import('./exchange.js').Outcome} Outcome */

/** Events: `change` (online, syncing, lastError, lastSyncAt). */
export class SyncLoop extends EventTarget {
  /**
   * @param {() => Promise<Outcome>} round one exchange and what follows from its answer
   * @param {() => number} random 0 to 1
   */
  constructor(round, random = Math.random) {
    super();
    this.round = round;
    this.random = random;
    this.online = false;
    this.syncing = false;
    this.lastError = '';
    /** @type {number | null} */
    this.lastSyncAt = null;
    this.failures = 0;
    this.closed = true;
    this.due = Infinity;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {Promise<void> | null} */
    this.running = null;
    this.again = false;
  }

  start() {
    this.closed = false;
    globalThis.addEventListener?.('online', this.back);
    globalThis.document?.addEventListener('visibilitychange', this.back);
    this.#plan(0);
  }

  /** An exchange that runs finds out by itself that it is no longer wanted. */
  stop() {
    this.closed = true;
    clearTimeout(this.timer);
    globalThis.removeEventListener?.('online', this.back);
    globalThis.document?.removeEventListener('visibilitychange', this.back);
  }

  /** The page or the network is back: a real request finds out. */
  back = () => {
    if (globalThis.document?.visibilityState === 'hidden') return;
    this.failures = 0;
    this.#plan(0);
  };

  /** A fact is on disk. */
  scanned() {
    if (this.failures === 0) this.#plan(SCAN_MS);
  }

  /** The server said that something changed; phones do not all ask in the same moment. */
  hinted() {
    this.failures = 0;
    this.#plan(HINT_MS * this.random());
  }

  /** Exchange until nothing waits on either side. Never rejects; `lastError` tells. */
  async now() {
    clearTimeout(this.timer);
    this.due = Infinity;
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.#run().finally(() => {
      this.running = null;
      this.#next();
    });
    return this.running;
  }

  async #run() {
    this.#set({ syncing: true });
    try {
      for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
        this.again = false;
        const { more, error } = await this.round();
        this.failures = 0;
        this.#set({ online: true, lastError: error, lastSyncAt: Date.now() });
        if (this.closed || (!more && !this.again)) break;
      }
    } catch (error) {
      this.failures += 1;
      const answered = error instanceof Refused;
      this.#set({ online: answered, lastError: wordsOf(error) });
      if (!answered && !(error instanceof Unreachable)) console.error(error);
    } finally {
      this.#set({ syncing: false });
    }
  }

  #next() {
    if (this.closed) return;
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.failures - 1));
    if (this.failures > 0) this.#plan(wait * (0.5 + this.random() / 2));
    else if (this.again) this.#plan(0);
    else this.#plan(CALM_MS * (0.75 + this.random() / 2));
  }

  /** @param {number} wait ms; an earlier plan stays */
  #plan(wait) {
    if (this.closed) return;
    const at = performance.now() + wait;
    if (this.running) {
      this.again ||= wait < CALM_MS / 2;
      return;
    }
    if (this.due <= at) return;
    clearTimeout(this.timer);
    this.due = at;
    this.timer = setTimeout(() => void this.now(), wait);
  }

  /** @param {Partial<Pick<SyncLoop, 'online' | 'syncing' | 'lastError' | 'lastSyncAt'>>} state */
  #set(state) {
    Object.assign(this, state);
    this.dispatchEvent(new Event('change'));
  }
}

/** @param {unknown} error */
function wordsOf(error) {
  if (error instanceof Unreachable) return 'The server cannot be reached. Scans wait on this phone.';
  return error instanceof Error ? error.message : String(error);
}
