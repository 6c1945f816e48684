/** The same code in view, until absent for 2 s, is the same decision (R16). */

export const ABSENT_MS = 2_000;

export class CodeInView {
  constructor() {
    this.text = '';
    this.seenAt = -Infinity;
  }

  /**
   * A frame showed `text`.
   * @param {string} text
   * @param {number} now ms, any steady clock
   * @returns {boolean} it is a new decision
   */
  shown(text, now) {
    const same = text === this.text && now - this.seenAt < ABSENT_MS;
    this.text = text;
    this.seenAt = now;
    return !same;
  }

  /** The next code counts, whatever it is: the picture was away. */
  forget() {
    this.text = '';
    this.seenAt = -Infinity;
  }
}
