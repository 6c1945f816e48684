/** Server time as this phone best knows it; the phone's own clock is kept beside it. */

const BACKWARDS_MS = 1_000;

export class DoorClock {
  /**
   * @param {number | null} offset server minus phone, ms, as last measured
   * @param {{wall: () => number, steady: () => number}} [source]
   */
  constructor(offset, source) {
    this.source = source ?? { wall: () => Date.now(), steady: () => performance.now() };
    this.offset = offset;
    this.stepped = false;
    this.bestTrip = Infinity;
    this.anchor = this.#lead();
  }

  /** The phone's own clock, ms. */
  raw() {
    return Math.round(this.source.wall());
  }

  /** Best estimate of the server's clock, ms. */
  now() {
    this.#watch();
    return Math.round(this.source.wall() + (this.offset ?? 0));
  }

  /** Phone minus server, ms; null before the first contact. */
  skew() {
    return this.offset === null ? null : -this.offset;
  }

  /**
   * Learn from an answer: it said `serverTime`, was asked at `sent` and came at `received`
   * (phone clock). A slower answer than the best one does not replace a fresh measure.
   * @param {number} serverTime
   * @param {number} sent
   * @param {number} received
   * @returns {boolean} the offset changed
   */
  learn(serverTime, sent, received) {
    const trip = received - sent;
    const offset = Math.round(serverTime - (sent + received) / 2);
    const jumped = this.offset === null || Math.abs(offset - this.offset) > trip / 2 + 50;
    this.stepped = false;
    this.anchor = this.#lead();
    if (!jumped && trip > this.bestTrip) return false;
    this.bestTrip = trip;
    this.offset = offset;
    return true;
  }

  /** A wall clock set back shows against the steady one; sleep only moves it forward. */
  #watch() {
    const lead = this.#lead();
    if (lead - this.anchor < -BACKWARDS_MS) this.stepped = true;
    this.anchor = lead;
  }

  #lead() {
    return this.source.wall() - this.source.steady();
  }
}
