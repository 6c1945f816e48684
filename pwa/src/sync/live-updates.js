/** Hints over a WebSocket that there is something to pull; a lost hint costs only time (R42). */

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;
const STEADY_MS = 10_000;

/** Events: `hint` (CustomEvent with `{seq}`), `standing`, `open`. */
export class LiveUpdates extends EventTarget {
  /**
   * @param {() => WebSocket | null} connect null while there is no credential
   * @param {() => number} random 0 to 1
   */
  constructor(connect, random = Math.random) {
    super();
    this.connect = connect;
    this.random = random;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.wait = FIRST_WAIT_MS;
    this.closed = true;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  get isOpen() {
    return this.socket?.readyState === 1;
  }

  start() {
    this.closed = false;
    this.#open();
  }

  /** Try at once instead of waiting, as when the network is back. */
  nudge() {
    if (this.closed || this.socket) return;
    this.wait = FIRST_WAIT_MS;
    this.#open();
  }

  stop() {
    this.closed = true;
    clearTimeout(this.timer);
    this.socket?.close();
    this.socket = null;
  }

  #open() {
    clearTimeout(this.timer);
    const socket = this.connect();
    if (!socket) return;
    this.socket = socket;
    const opened = Date.now();
    socket.addEventListener('open', () => this.dispatchEvent(new Event('open')));
    socket.addEventListener('message', (event) => this.#heard(event.data));
    socket.addEventListener('close', () => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (Date.now() - opened > STEADY_MS) this.wait = FIRST_WAIT_MS;
      this.#again();
    });
  }

  #again() {
    if (this.closed) return;
    // Jitter: all phones of a venue lose their server at the same moment.
    this.timer = setTimeout(() => this.#open(), this.wait * (0.5 + this.random()));
    this.wait = Math.min(LONGEST_WAIT_MS, this.wait * 2);
  }

  /** @param {unknown} data */
  #heard(data) {
    let hint;
    try {
      hint = JSON.parse(String(data));
    } catch {
      return; // not for this version
    }
    if (typeof hint?.seq === 'number') {
      this.dispatchEvent(new CustomEvent('hint', { detail: { seq: hint.seq } }));
    }
    if (typeof hint?.standing === 'string') this.dispatchEvent(new Event('standing'));
  }
}
