/** Time passes while a door is open: its list is deleted when the key's time is over (R51). */

const LOOK_EVERY_MS = 60_000;

export class ListTime {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer = undefined;

  /**
   * @param {import('./data/tickets.js').Tickets} tickets
   * @param {import('./data/door-clock.js').DoorClock} clock
   * @param {() => void} ended key and list were deleted
   */
  constructor(tickets, clock, ended) {
    this.tickets = tickets;
    this.clock = clock;
    this.ended = ended;
  }

  /** @returns {import('../types/door.js').ListRelease | null} null when no key was ever spoken of */
  get release() {
    const { held, waiting } = this.tickets;
    if (!held) return null;
    const { from, until, key } = held;
    return { from, until, readable: key !== null, waiting: waiting !== null };
  }

  start() {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    return this.look();
  }

  stop() {
    clearInterval(this.#timer);
  }

  async look() {
    try {
      if (await this.tickets.passTime(this.clock.now())) this.ended();
    } catch (error) {
      console.error(error); // the next look tries again
    }
  }
}
