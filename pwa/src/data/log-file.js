/** This phone's log as a file that anybody can verify (R67). Twin: checkin/log_file.py. */

import { headMessage, tagOf } from '../core/wire.js';
import { toBase64 } from './base64.js';
import { deviceHex } from '../core/ids.js';
import { sign } from './ed25519.js';

/** @typedef {import('../../types/records.js').PairingRecord} PairingRecord */
/** @typedef {import('../../types/records.js').StoredFact} StoredFact */
/** @typedef {import('./scan-log.js').ScanLog} ScanLog */
/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {Pick<PairingRecord, 'device' | 'certificate' | 'serverKey' | 'keys'> & {event: {id: string}}} Whose */

const FORMAT = 'handstamp/log/1';
const PIECE = 1_000;
const utf8 = new TextEncoder();
const END_CONTEXT = utf8.encode('handstamp/log-end/1\0');

/**
 * The whole log as text. Refusals that still gather are not in it: they have no place in the log yet.
 * @param {Whose} pairing
 * @param {Pick<ScanLog, 'head' | 'read'>} log
 * @param {number} at ms UTC, the time of writing
 * @returns {Promise<string>}
 */
export async function logFile(pairing, log, at) {
  const { device, event, certificate, serverKey, keys } = pairing;
  const end = log.head.number;
  const lines = [line({ log: FORMAT, event: event.id, device, certificate, server_key: toBase64(serverKey) })];
  for (let from = 1; from <= end; from += PIECE) {
    const facts = await log.read(from, Math.min(end, from + PIECE - 1));
    for (const { number, hash, bytes } of facts) {
      lines.push(line({ number, tag: tagOf(hash), fact: toBase64(bytes) }));
    }
  }
  if (end > 0) {
    const signature = await sign(keys.privateKey, headMessage(device, end, log.head.hash));
    lines.push(line({ head: end, tag: tagOf(log.head.hash), signature: toBase64(signature) }));
  }
  const counts = { end, heads: end > 0 ? 1 : 0 };
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', utf8.encode(lines.join(''))));
  const signature = await sign(keys.privateKey, endMessage(device, counts, at, digest));
  lines.push(line({ ...counts, at, by: 'device', digest: toBase64(digest), signature: toBase64(signature) }));
  return lines.join('');
}

/** @param {number} device @returns {string} */
export function logFileName(device) {
  return `handstamp-log-${deviceHex(device)}.jsonl`;
}

/**
 * @param {number} device
 * @param {{end: number, heads: number}} counts
 * @param {number} at
 * @param {Bytes} digest
 * @returns {Bytes}
 */
function endMessage(device, { end, heads }, at, digest) {
  const numbers = new DataView(new ArrayBuffer(32));
  [device, end, heads, at].forEach((number, place) => numbers.setBigUint64(place * 8, BigInt(number)));
  const laidOut = new Uint8Array(numbers.buffer).subarray(2); // a device has six bytes
  return Uint8Array.from([...END_CONTEXT, ...laidOut, ...digest]);
}

/** @param {object} members */
function line(members) {
  return `${JSON.stringify(members)}\n`;
}
