/** What a phone hands in: pieces of logs under one signature each, and what the root says to them. */

import { NO_HASH, headMessage } from '../core/wire.js';
import { fromBase64, sameBytes, toBase64 } from '../data/base64.js';
import { sign } from '../data/ed25519.js';

/** @typedef {import('../data/scan-log.js').ScanLog} ScanLog */
/** @typedef {import('../../types/records.js').KeyPair} KeyPair */

export const MOST_FACTS = 1_000;

/**
 * @typedef {{device: number, from: number, facts: string[], head: number, head_hash: string,
 *   signature: string}} LogPart
 * @typedef {{device: number, to: number, hash: string, stamps: [number, number, number][],
 *   fork?: boolean, error?: string}} Ack
 */

/**
 * The next piece of a log that the root does not have, at most 1,000 facts; without any, still
 * the head, so that a log that is behind or ahead of the root's shows.
 * @param {ScanLog} log
 * @param {KeyPair} keys
 * @returns {Promise<LogPart>}
 */
export async function nextPart(log, keys) {
  const from = Math.min(log.acked, log.head.number) + 1;
  const facts = await log.read(from, Math.min(log.head.number, from + MOST_FACTS - 1));
  const last = facts.at(-1) ?? { number: log.head.number, hash: log.head.hash };
  const message = headMessage(log.device, last.number, last.hash);
  return {
    device: log.device,
    from,
    facts: facts.map((fact) => toBase64(fact.bytes)),
    head: last.number,
    head_hash: toBase64(last.hash),
    signature: toBase64(await sign(keys.privateKey, message)),
  };
}

/**
 * Note an acknowledgement.
 * @param {ScanLog} log
 * @param {Ack} ack
 * @returns {Promise<{repair: boolean, error: string}>} `repair`: the root holds what this log
 *   does not, so its id must not be used again (R17)
 */
export async function noteAck(log, ack) {
  const fork = ack.fork === true || !(await agrees(log, ack.to, ack.hash));
  const stamped = Math.max(0, ...ack.stamps.map(([number]) => number));
  // A forked log is handed in once every fact of this branch has its stamp.
  const to = fork ? Math.max(stamped, Math.min(log.acked, log.head.number)) : ack.to;
  await log.acknowledge(Math.min(to, log.head.number), ack.stamps);
  return { repair: fork, error: ack.error ?? '' };
}

/**
 * Whether the root's head lies on this log.
 * @param {ScanLog} log
 * @param {number} to
 * @param {string} hash base64
 */
async function agrees(log, to, hash) {
  if (to > log.head.number) return false;
  if (to === log.head.number) return sameBytes(log.head.hash, fromBase64(hash));
  if (to === 0) return sameBytes(NO_HASH, fromBase64(hash));
  const [held] = await log.read(to, to);
  return held !== undefined && sameBytes(held.hash, fromBase64(hash));
}
