// Facts as bytes and rows, and the signed envelope. Twin: server/handstamp/checkin/wire.py.
// Vectors: shared/vectors/wire.

import { readCodes } from './code-columns.js';
import { readFacts } from './fact-columns.js';
import { Reader, Writer } from './layout.js';
import { readNotes } from './prompt-columns.js';
import { strict } from './signing.js';
import { readTickets } from './ticket-columns.js';

/** @import { Bytes, Fact, Snapshot, VerifyEd25519 } from '../../types/protocol.js' */
/** @import { FactRow, Ref } from '../../types/records.js' */

const FORMAT = 1;
const PAYLOAD_FORMAT = 1;
export const MAX_FACT_BYTES = 8192;
export const NO_HASH = new Uint8Array(32);
export const NO_DIGEST = new Uint8Array(8);

export const KIND = Object.freeze({
  admit: 1, deny: 2, exit: 3, undo: 4, override: 5, void: 6,
});
/** Kinds that move somebody (R52). @type {number[]} */
export const MOVEMENTS = [KIND.admit, KIND.exit, KIND.override];
export const HOW = Object.freeze({ scan: 1, search: 2, group: 3, wedge: 4, api: 5 });
export const FLAG = Object.freeze({
  flagged: 1, byPolicy: 2, clockStepped: 4, supervisor: 8, claimed: 16, unclaimed: 32,
});
export const ROW_FLAG = Object.freeze({
  scanned: 1, proven: 2, backed: 4, afterEnd: 8, allowed: 16, timely: 32,
});
const PROVEN_WITHIN = 10 * 60_000;

const utf8 = new TextEncoder();
const FACT_CONTEXT = utf8.encode('handstamp/fact/1\0');
const HEAD_CONTEXT = utf8.encode('handstamp/head/1\0');
const SNAPSHOT_CONTEXT = utf8.encode('handstamp/snapshot/1\0');

/**
 * Lays a fact out as R11 says; RangeError when a member is out of range or the fact is longer
 * than 8,192 bytes.
 * @param {Fact} fact
 * @returns {Bytes}
 */
export function encodeFact(fact) {
  if (!fact.device || !fact.number || !fact.count) {
    throw new RangeError('device, number and count are at least 1');
  }
  if (fact.previous.length !== 32 || fact.digest.length !== 8) {
    throw new RangeError('a hash has 32 bytes, a digest 8');
  }
  const to = new Writer();
  to.uint(FORMAT, 1);
  to.uint(fact.device, 6);
  to.varint(fact.number);
  to.raw(fact.previous);
  to.uint(fact.kind, 1);
  to.varint(fact.list);
  to.varint(fact.rule);
  to.uint(fact.serial, 5);
  to.uint(fact.epoch, 1);
  to.uint(fact.how, 1);
  to.uint(fact.verdict, 1);
  to.varint(fact.flags);
  to.raw(fact.digest);
  for (const number of [fact.claimed, fact.clock, fact.cursor, fact.age, fact.count]) {
    to.varint(number);
  }
  to.varint(fact.seen.length);
  for (const ref of fact.seen) to.ref(ref);
  to.uint(fact.target ? 1 : 0, 1);
  if (fact.target) to.ref(fact.target);
  for (const text of [fact.operator, fact.gate, fact.note]) to.text(text);
  to.raw(fact.extra);
  const bytes = to.bytes();
  if (bytes.length > MAX_FACT_BYTES) throw new RangeError('a fact has at most 8,192 bytes');
  return bytes;
}

/**
 * Reads a fact's bytes; RangeError or TypeError when they are not a fact of format 1.
 * @param {Bytes} bytes
 * @returns {Fact}
 */
export function decodeFact(bytes) {
  if (bytes.length > MAX_FACT_BYTES) throw new RangeError('a fact has at most 8,192 bytes');
  const from = new Reader(bytes);
  if (from.uint(1) !== FORMAT) throw new RangeError('not a fact of format 1');
  // The members stand in the order of the bytes, and are evaluated in it.
  const fact = {
    device: from.uint(6),
    number: from.varint(),
    previous: from.take(32).slice(),
    kind: from.uint(1),
    list: from.varint(),
    rule: from.varint(),
    serial: from.uint(5),
    epoch: from.uint(1),
    how: from.uint(1),
    verdict: from.uint(1),
    flags: from.varint(),
    digest: from.take(8).slice(),
    claimed: from.varint(),
    clock: from.varint(),
    cursor: from.varint(),
    age: from.varint(),
    count: from.varint(),
    seen: readRefs(from),
    target: readTarget(from),
    operator: from.text(),
    gate: from.text(),
    note: from.text(),
    extra: from.rest().slice(),
  };
  if (!fact.device || !fact.number || !fact.count) {
    throw new RangeError('device, number and count are at least 1');
  }
  return fact;
}

/** @param {Reader} from */
function readRefs(from) {
  /** @type {Ref[]} */
  const refs = [];
  for (let left = from.varint(); left > 0; left -= 1) refs.push(from.ref());
  return refs;
}

/** @param {Reader} from */
function readTarget(from) {
  const present = from.uint(1);
  if (present > 1) throw new RangeError('a target is there or not');
  return present ? from.ref() : null;
}

/**
 * A fact's 32-byte hash (R13).
 * @param {Uint8Array} bytes
 */
export function factHash(bytes) {
  return sha256(FACT_CONTEXT, bytes);
}

/**
 * The tag: the first 48 bits of a fact's hash (R2).
 * @param {Bytes} hash
 */
export function tagOf(hash) {
  return new Reader(hash).uint(6);
}

/**
 * What a device signs when it hands in its log up to `number` (R14).
 * @param {number} device
 * @param {number} number
 * @param {Uint8Array} hash
 * @returns {Bytes}
 */
export function headMessage(device, number, hash) {
  const to = new Writer();
  to.raw(HEAD_CONTEXT);
  to.uint(device, 6);
  to.uint(number, 8);
  to.raw(hash);
  return to.bytes();
}

/**
 * Turns a fact into the row that is fed: effective time and what is proven (R18, R36). `stamp`
 * is null for a device's own fact that the root has not acknowledged; `granted` are bits of R36
 * that an undo's or override's maker was granted.
 * @param {Fact} fact
 * @param {number} tag
 * @param {{stamp: number | null, scanned: boolean, backed?: boolean, afterEnd?: boolean,
 *   granted?: number}} known
 * @returns {FactRow}
 */
export function rowOf(fact, tag, known) {
  const { stamp, scanned, backed = false, afterEnd = false, granted = 0 } = known;
  const time = stamp === null ? fact.claimed : Math.min(fact.claimed, stamp);
  const proven =
    backed || stamp === null || Math.abs(fact.claimed - stamp) <= PROVEN_WITHIN;
  const flags =
    (scanned ? ROW_FLAG.scanned : 0) |
    (proven ? ROW_FLAG.proven : 0) |
    (backed ? ROW_FLAG.backed : 0) |
    (afterEnd ? ROW_FLAG.afterEnd : 0) |
    granted;
  return [
    fact.device, fact.number, tag, fact.kind, fact.list, fact.rule, fact.serial, fact.epoch,
    fact.how, flags, time, fact.seen, fact.target,
  ];
}

/**
 * Opens a signed snapshot: its payload, or an Error when it is not what the pinned server key
 * signed (R37).
 * @param {Bytes} bytes
 * @param {Bytes} serverKey 32 bytes
 * @param {VerifyEd25519} verifyEd25519
 * @returns {Promise<Bytes>} a view of `bytes`
 */
export async function openEnvelope(bytes, serverKey, verifyEd25519) {
  const { signature, payload } = unpackEnvelope(bytes);
  const message = await snapshotMessage(payload);
  if (!(await strict(verifyEd25519)(serverKey, signature, message))) {
    throw new Error('the snapshot is not signed by this server');
  }
  return payload;
}

/**
 * Splits a signed snapshot; RangeError when line 1 is not the envelope of version 1.
 * @param {Bytes} bytes
 */
export function unpackEnvelope(bytes) {
  const end = bytes.indexOf(10);
  let envelope;
  let signature;
  try {
    envelope = JSON.parse(new TextDecoder().decode(bytes.subarray(0, Math.max(end, 0))));
    signature = Uint8Array.from(atob(envelope.signature), (letter) => letter.charCodeAt(0));
  } catch (cause) {
    throw new RangeError('not a snapshot envelope', { cause });
  }
  if (envelope.v !== 1) throw new RangeError('a snapshot of a newer version');
  return { signature, payload: bytes.subarray(end + 1) };
}

/**
 * Reads a snapshot's payload (R38); RangeError or TypeError when it is not one of format 1.
 * @param {Bytes} payload
 * @returns {Snapshot}
 */
export function decodeSnapshot(payload) {
  const from = new Reader(payload);
  if (from.uint(1) !== PAYLOAD_FORMAT) throw new RangeError('a snapshot of a newer format');
  const header = JSON.parse(from.text());
  const tickets = readTickets(from);
  const facts = readFacts(from, tickets.serials);
  const codes = readCodes(from, tickets.count);
  return { header, tickets, facts, codes, notes: readNotes(from, tickets.count) };
}

/**
 * What the server key signs of a snapshot (R37).
 * @param {Uint8Array} payload
 * @returns {Promise<Bytes>}
 */
export async function snapshotMessage(payload) {
  const to = new Writer();
  to.raw(SNAPSHOT_CONTEXT);
  to.raw(await sha256(new Uint8Array(), payload));
  return to.bytes();
}

/**
 * @param {Uint8Array} context
 * @param {Uint8Array} bytes
 * @returns {Promise<Bytes>}
 */
async function sha256(context, bytes) {
  const whole = new Uint8Array(context.length + bytes.length);
  whole.set(context);
  whole.set(bytes, context.length);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
}
