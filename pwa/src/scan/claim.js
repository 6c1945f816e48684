/** Strict mode: a locally green verdict is asked of the server inside a budget, else it stands, marked. */

import { forgetClaims, keepClaim, keptClaims } from '../data/claims.js';
import { hexOf } from '../data/base64.js';

/** @typedef {import('../../types/records.js').ClaimRecord} ClaimRecord */
/** @typedef {import('../../types/door.js').Verdict} Verdict */

/**
 * @typedef {{granted: boolean, at: number, verdict: Verdict,
 *   by: {device: string, gate: string, since: number, open: boolean} | null}} ClaimAnswer
 *
 * @typedef {{list: number, serial: number, epoch: number}} Claimed
 *
 * @typedef {object} ClaimSide
 * @property {import('../data/open-database.js').Database} outbox
 * @property {number} device
 * @property {() => boolean} online the last request was answered
 * @property {() => string} gate that others are told
 * @property {(body: unknown, limitMs: number) => Promise<ClaimAnswer | null>} ask rejects when there
 *   was no answer; null: the event is not strict any more
 */

/** The claims of one pairing: asked, used, and what is left to report. */
export class Claims {
  /** Asked by a decision that is still being made. @type {Set<string>} */
  #open = new Set();

  /** @param {ClaimSide} side */
  constructor(side) {
    this.side = side;
  }

  /** @returns {Claim} for one decision */
  begin() {
    return new Claim(this.side, this.#open);
  }

  /** @returns {Promise<ClaimRecord[]>} asked, and no fact came of the answer */
  async unused() {
    const kept = await keptClaims(this.side.outbox, this.side.device);
    return kept.filter(({ id }) => !this.#open.has(id));
  }

  /** @param {ClaimRecord[]} claims */
  reported(claims) {
    return forgetClaims(this.side.outbox, claims);
  }
}

/** What one decision asks; asking again for the same ticket is the same question. */
export class Claim {
  /**
   * @param {ClaimSide} side
   * @param {Set<string>} open
   */
  constructor(side, open) {
    this.side = side;
    this.open = open;
    this.id = hexOf(crypto.getRandomValues(new Uint8Array(16)));
    /** @type {Claimed | null} */
    this.asked = null;
  }

  /**
   * @param {Claimed} claimed
   * @param {number} budgetMs
   * @returns {Promise<ClaimAnswer | 'unclaimed' | 'not_strict'>} `unclaimed`: no answer in time
   */
  async ask(claimed, budgetMs) {
    if (!this.side.online()) return 'unclaimed'; // nobody waits for a server that is known to be away
    const { outbox, device } = this.side;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, budgetMs, 'unclaimed')));
    const asking = async () => {
      if (this.asked && !same(this.asked, claimed)) this.#renew();
      this.asked = claimed;
      this.open.add(this.id);
      await keepClaim(outbox, { device, id: this.id, ...claimed });
      const body = { ...claimed, id: this.id, gate: this.side.gate() };
      return (await this.side.ask(body, budgetMs)) ?? 'not_strict';
    };
    try {
      return await Promise.race([asking().catch(() => 'unclaimed'), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The decision is made: what it did not use may be reported. */
  end() {
    this.open.delete(this.id);
  }

  #renew() {
    this.open.delete(this.id);
    this.id = hexOf(crypto.getRandomValues(new Uint8Array(16)));
  }
}

/** @param {Claimed} a @param {Claimed} b */
function same(a, b) {
  return a.list === b.list && a.serial === b.serial && a.epoch === b.epoch;
}
