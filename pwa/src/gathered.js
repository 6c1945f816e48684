/** Refusals that gather for a minute become facts when it is over, in their turn among decisions. */

import { HeadMoved } from './data/scan-log.js';
import { GATHER_MS, sealDenials } from './scan/record-decision.js';

/** Events: `sealed`. */
export class Gathered extends EventTarget {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer = undefined;

  /**
   * @param {import('./data/scan-log.js').ScanLog} log
   * @param {{run: (work: () => Promise<void>) => Promise<void>}} queue
   * @param {() => number} now ms
   */
  constructor(log, queue, now) {
    super();
    this.log = log;
    this.queue = queue;
    this.now = now;
  }

  start() {
    this.stop();
    const seal = () => void this.seal(false).catch(() => {});
    this.#timer = setInterval(seal, GATHER_MS / 6);
    seal();
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** @param {boolean} all do not wait for the minute */
  async seal(all) {
    await this.queue.run(async () => {
      try {
        await sealDenials(this.log, this.now(), all);
      } catch (error) {
        if (!(error instanceof HeadMoved)) throw error;
        await this.log.load();
      }
    });
    this.dispatchEvent(new Event('sealed'));
  }
}
