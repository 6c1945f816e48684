/** Looks for a code in the picture, one frame at a time; a slow worker never piles frames up. */

import { grab } from './frames.js';

/** @typedef {import('../../types/decoder.js').FrameJob} FrameJob */

const STUCK_MS = 5_000;

export class Decoder {
  constructor() {
    this.turn = 0;
    this.next = 1;
    /** @type {Map<number, (text: string) => void>} */
    this.open = new Map();
    this.worker = this.#start();
  }

  /**
   * @param {HTMLVideoElement} video with a current frame
   * @returns {Promise<string>} the code's text; '' = none
   */
  async read(video) {
    const { frame, part } = await grab(video, this.turn++);
    return this.#ask(frame, part);
  }

  /**
   * @param {ImageData} picture given away
   * @returns {Promise<string>} the code's text; '' = none
   */
  readPicture(picture) {
    return this.#ask(picture, null);
  }

  /**
   * @param {FrameJob['frame']} frame
   * @param {FrameJob['part']} part
   * @returns {Promise<string>}
   */
  #ask(frame, part) {
    const id = this.next++;
    return new Promise((resolve) => {
      const stuck = setTimeout(() => this.#restart(), STUCK_MS);
      this.open.set(id, (text) => {
        clearTimeout(stuck);
        resolve(text);
      });
      const shared = frame instanceof ImageData ? [frame.data.buffer] : [frame];
      this.worker.postMessage({ id, frame, part }, shared);
    });
  }

  close() {
    this.worker.terminate();
    this.#settleAll();
  }

  #start() {
    const worker = new Worker(new URL('./decoder-worker.js', import.meta.url), {
      type: 'module',
    });
    worker.addEventListener('message', ({ data: { id, text } }) => {
      this.open.get(id)?.(text);
      this.open.delete(id);
    });
    return worker;
  }

  /** One bad frame never freezes the camera. */
  #restart() {
    this.worker.terminate();
    this.worker = this.#start();
    this.#settleAll();
  }

  #settleAll() {
    for (const settle of this.open.values()) settle('');
    this.open.clear();
  }
}
