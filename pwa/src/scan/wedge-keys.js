/** Tells a hand scanner's keystrokes from a person's: fast, many, ended by Enter, Tab or a pause. */

/** Between two keys; the fastest fingers leave some 70 ms, the slowest scanners 40. */
const FAST_MS = 50;
/** So many fast keys are a code's; a stutter of a busy phone does not end it. */
const LEAST = 6;
const MOST = 4_096;
/** So many fast keys are a scanner's: they must do nothing else on the page. */
const SURE = 3;

/** Without an end key, so long a silence ends a code. */
export const PAUSE_MS = 200;

export class WedgeKeys {
  constructor() {
    this.text = '';
    this.last = -Infinity;
  }

  /**
   * A key went down outside any field.
   * @param {string} key as `KeyboardEvent.key`
   * @param {number} at ms, any steady clock
   * @returns {{taken: boolean, text: string}} whether the key was a scanner's; the code it ended
   */
  key(key, at) {
    const gap = at - this.last;
    if (key === 'Enter' || key === 'Tab') {
      const text = gap <= PAUSE_MS ? this.#end() : '';
      this.forget();
      return { taken: text !== '', text };
    }
    if ([...key].length !== 1) return { taken: false, text: '' }; // Shift and its like
    const most = this.text.length >= LEAST ? PAUSE_MS : FAST_MS;
    this.text = gap <= most && this.text.length < MOST ? this.text + key : key;
    this.last = at;
    return { taken: this.text.length >= SURE, text: '' };
  }

  /**
   * Nothing was typed until now.
   * @param {number} at
   * @returns {string} the code that ended with the silence; '' = none
   */
  silent(at) {
    if (at - this.last < PAUSE_MS) return '';
    const text = this.#end();
    this.forget();
    return text;
  }

  forget() {
    this.text = '';
    this.last = -Infinity;
  }

  #end() {
    return this.text.length >= LEAST ? this.text : '';
  }
}
