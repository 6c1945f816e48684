/** Where a list lies on the phone: encrypted under its key, with the key that cannot be read out. */

import { seal, unseal } from './list-cipher.js';
import { Database, answer, committed } from './open-database.js';
import { ofDevice } from './outbox.js';

/** @typedef {import('../../types/records.js').KeyRecord} KeyRecord */
/** @typedef {import('../../types/records.js').MarkRecord} MarkRecord */
/** @typedef {import('../../types/records.js').SealedDelta} SealedDelta */
/** @typedef {import('../../types/records.js').SealedBase} SealedBase */
/** @typedef {import('../../types/records.js').WaitingRecord} WaitingRecord */
/** @typedef {import('../../types/records.js').BaseRecord} BaseRecord */
/** @typedef {import('../../types/records.js').DeltaRecord} DeltaRecord */
/** @typedef {import('../../types/records.js').CursorRecord} CursorRecord */

/**
 * @typedef {object} Content a list as it is read: a snapshot's payload, changes as JSON, the mark
 * @property {Uint8Array<ArrayBuffer>} payload
 * @property {{seq: number, text: string}[]} deltas
 * @property {MarkRecord} mark
 *
 * @typedef {object} Found what lies on the disk
 * @property {KeyRecord | undefined} held
 * @property {SealedBase | undefined} base
 * @property {SealedDelta[]} deltas
 * @property {MarkRecord | undefined} mark
 * @property {WaitingRecord | undefined} waiting
 * @property {Content | null} plain what a build before R49 to R51 wrote
 */

/** Written by builds that did not encrypt, and still by one that is rolled back to. */
const PLAIN = ['bases', 'deltas', 'cursors'];
const OWN = ['keys', 'sealed-bases', 'sealed-deltas', 'marks', 'waiting'];
export const STORES = [...PLAIN, ...OWN];

/** What can be fetched again lies apart from the outbox. @returns {Database} */
export function openLists() {
  return new Database(
    'handstamp-lists',
    STORES.map((name) => ({
      name,
      keyPath: name.endsWith('deltas') ? ['device', 'seq'] : 'device',
    })),
  );
}

/**
 * @param {Database} lists
 * @param {number} device
 * @returns {Promise<Found>}
 */
export async function readDisk(lists, device) {
  const tx = await lists.begin(STORES);
  const one = (/** @type {string} */ store) => answer(tx.objectStore(store).get(device));
  const all = (/** @type {string} */ store) => answer(tx.objectStore(store).getAll(ofDevice(device)));
  const [base, deltas, cursor, held, sealedBase, sealedDeltas, mark, waiting] = await Promise.all([
    one('bases'), all('deltas'), one('cursors'),
    one('keys'), one('sealed-bases'), all('sealed-deltas'), one('marks'), one('waiting'),
  ]);
  const plain = base ? plainContent(base, deltas, cursor) : null;
  return { held, base: sealedBase, deltas: sealedDeltas, mark, waiting, plain };
}

/**
 * @param {BaseRecord} base
 * @param {DeltaRecord[]} deltas
 * @param {CursorRecord | undefined} cursor
 * @returns {Content}
 */
function plainContent({ device, payload }, deltas, cursor) {
  return { payload, deltas, mark: { device, currentAt: cursor?.currentAt ?? 0 } };
}

/**
 * Open what lies encrypted.
 * @param {Found} found
 * @param {CryptoKey} key
 * @returns {Promise<Content | null>} null without a list, or when another key encrypted it
 */
export async function openContent({ base, deltas, mark }, key) {
  if (!base) return null;
  const { device } = base;
  try {
    const [payload, ...texts] = await Promise.all([
      unseal(key, base, placeOf(device)),
      ...deltas.map((delta) => openDelta(key, delta)),
    ]);
    return {
      payload,
      deltas: deltas.map(({ seq }, at) => ({ seq, text: texts[at] })),
      mark: mark ?? { device, currentAt: 0 },
    };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'OperationError') return null;
    throw error;
  }
}

/**
 * Write a whole list in place of all there is, with its key, in one transaction.
 * @param {Database} lists
 * @param {KeyRecord & {key: CryptoKey}} held
 * @param {Content} content
 */
export async function writeAll(lists, held, { payload, deltas, mark }) {
  const { device, key } = held;
  const [base, ...sealed] = await Promise.all([
    seal(key, payload, placeOf(device)),
    ...deltas.map(({ seq, text }) => sealDelta(key, device, seq, text)),
  ]);
  const tx = await lists.begin(STORES, 'readwrite');
  dropAll(tx, device);
  tx.objectStore('keys').put(held);
  tx.objectStore('sealed-bases').put({ device, ...base });
  for (const delta of sealed) tx.objectStore('sealed-deltas').put(delta);
  tx.objectStore('marks').put(mark);
  await committed(tx);
}

/**
 * @param {CryptoKey} key
 * @param {number} device
 * @param {number} seq
 * @param {string} text
 * @returns {Promise<SealedDelta>}
 */
export async function sealDelta(key, device, seq, text) {
  const sealed = await seal(key, new TextEncoder().encode(text), placeOf(device, seq));
  return { device, seq, ...sealed };
}

/**
 * @param {CryptoKey} key
 * @param {SealedDelta} delta
 * @returns {Promise<string>}
 */
export async function openDelta(key, delta) {
  return new TextDecoder().decode(await unseal(key, delta, placeOf(delta.device, delta.seq)));
}

/** @param {number} device @param {number} [seq] of a delta */
function placeOf(device, seq) {
  return seq === undefined ? `base ${device}` : `delta ${device} ${seq}`;
}

/**
 * Write the key's record alone.
 * @param {Database} lists
 * @param {KeyRecord} record
 * @param {{forgetReadable?: boolean}} [also] delete in the same transaction what is not encrypted
 */
export async function writeKey(lists, record, { forgetReadable = false } = {}) {
  const tx = await lists.begin(STORES, 'readwrite', 'strict');
  tx.objectStore('keys').put(record);
  if (forgetReadable) drop(tx, record.device, PLAIN);
  await committed(tx);
}

/**
 * Keep a list that the server sealed.
 * @param {Database} lists
 * @param {WaitingRecord} record
 */
export async function writeWaiting(lists, record) {
  const tx = await lists.begin(STORES, 'readwrite');
  tx.objectStore('waiting').put(record);
  await committed(tx);
}

/**
 * Delete key and list in one transaction.
 * @param {Database} lists
 * @param {number} device
 */
export async function wipeDisk(lists, device) {
  const tx = await lists.begin(STORES, 'readwrite', 'strict');
  dropAll(tx, device);
  await committed(tx);
}

/**
 * Time has passed for a list that this window does not have open: note it, or delete key and list.
 * Another window may have it open, so the key's record is read and written in one transaction.
 * @param {Database} lists
 * @param {number} device
 * @param {number} now best estimate of server time
 * @returns {Promise<boolean>} false: no key was ever spoken of, and nothing was done
 */
export async function passTimeOnDisk(lists, device, now) {
  const tx = await lists.begin(STORES, 'readwrite', 'strict');
  /** @type {KeyRecord | undefined} */
  const held = await answer(tx.objectStore('keys').get(device));
  if (held) {
    const seen = Math.max(now, held.seen);
    const over = seen >= held.until;
    if (over) dropAll(tx, device);
    tx.objectStore('keys').put({ ...held, key: over ? null : held.key, seen });
  }
  await committed(tx);
  return held !== undefined;
}

/**
 * Devices of which something of a list is here.
 * @param {Database} lists
 * @returns {Promise<number[]>}
 */
export async function keptLists(lists) {
  const stores = ['bases', 'sealed-bases', 'waiting', 'keys'];
  const tx = await lists.begin(stores);
  const kept = await Promise.all(stores.map((store) => answer(tx.objectStore(store).getAllKeys())));
  return [...new Set(/** @type {number[]} */ (kept.flat()))];
}

/** @param {IDBTransaction} tx @param {number} device */
function dropAll(tx, device) {
  drop(tx, device, STORES);
}

/** @param {IDBTransaction} tx @param {number} device @param {string[]} stores */
function drop(tx, device, stores) {
  for (const store of stores) {
    tx.objectStore(store).delete(store.endsWith('deltas') ? ofDevice(device) : device);
  }
}
