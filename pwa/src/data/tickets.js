/** The event's list on this phone: one snapshot, small deltas behind it, all under the list key. */

import { decodeSnapshot } from '../core/wire.js';
import { fromBase64 } from './base64.js';
import { importListKey } from './list-cipher.js';
import {
  openContent, openDelta, readDisk, sealDelta, wipeDisk, writeAll, writeKey, writeWaiting,
} from './list-disk.js';
import { mergeChanges } from './merge-changes.js';
import { answer, committed } from './open-database.js';
import { ofDevice } from './outbox.js';
import { TicketIndex } from './ticket-index.js';

/** @typedef {import('./open-database.js').Database} Database */
/** @typedef {import('./list-disk.js').Content} Content */
/** @typedef {import('../../types/records.js').Changes} Changes */
/** @typedef {import('../../types/records.js').KeyRecord} KeyRecord */
/** @typedef {import('../../types/records.js').Release} Release */
/** @typedef {import('../../types/records.js').SealedDelta} SealedDelta */
/** @typedef {import('../../types/records.js').WaitingRecord} WaitingRecord */

const COMPACT_AT = 40;
const SMALL = 64_000;
const SEEN_EVERY_MS = 60_000;

export class Tickets {
  /** @type {Promise<unknown>} */
  #turn = Promise.resolve();

  /**
   * @param {Database} lists
   * @param {number} device
   */
  constructor(lists, device) {
    this.lists = lists;
    this.device = device;
    /** Null until a list can be read. @type {TicketIndex | null} */
    this.index = null;
    /** Server time when the list was last known to be current. */
    this.currentAt = 0;
    this.deltas = 0;
    /** The list key as far as this phone has it; null when none was ever spoken of. @type {KeyRecord | null} */
    this.held = null;
    /** A list that the server sealed waits for its key. @type {WaitingRecord | null} */
    this.waiting = null;
    /** Nothing of a list lies on the disk. */
    this.empty = true;
  }

  /** The cursor of the list; null without one. */
  get cursor() {
    return this.index?.header.cursor ?? null;
  }

  /** Whether a list may be read here; a server that knows no keys forbids nothing. */
  get readable() {
    return this.held === null || this.held.key !== null;
  }

  /** Read the list from disk. */
  load() {
    return this.#inTurn(async () => {
      const found = await readDisk(this.lists, this.device);
      this.held = found.held ?? null;
      this.waiting = found.waiting ?? null;
      this.empty = !(found.plain || found.base || found.held || found.waiting);
      const { key = null } = this.held ?? {};
      this.#show(found.plain ?? (key && (await openContent(found, key))));
    });
  }

  /**
   * Replace everything by a verified snapshot payload. Without a key it stays in memory alone.
   * @param {Uint8Array<ArrayBuffer>} payload
   */
  install(payload) {
    return this.#inTurn(async () => {
      const index = new TicketIndex(decodeSnapshot(payload));
      const mark = { device: this.device, currentAt: index.header.made_at };
      if (hasKey(this.held)) {
        await writeAll(this.lists, this.held, { payload, deltas: [], mark });
        this.empty = false;
      }
      this.waiting = null;
      this.index = index;
      this.currentAt = mark.currentAt;
      this.deltas = 0;
    });
  }

  /**
   * Take in changes and move the cursor in one transaction.
   * @param {Changes} changes
   * @param {number | null} currentAt server time, when nothing more waits there
   */
  apply(changes, currentAt) {
    return this.#inTurn(async () => {
      if (!this.index) throw new Error('changes without a list');
      const { more: _more, ...kept } = changes;
      const empty = changes.to.seq === this.index.header.cursor.seq;
      const at = currentAt ?? this.currentAt;
      if (hasKey(this.held)) await this.#write(this.held.key, empty ? null : kept, at);
      this.currentAt = at;
      if (empty) return;
      this.deltas += 1;
      this.index.apply(changes);
    });
  }

  /**
   * Take over what the server says of the list key: use it, go without it, or delete everything.
   * Its time outranks the greatest that this phone believes to have seen.
   * @param {Release} release
   * @param {number} now server time
   */
  takeRelease({ id, from, until, key }, now) {
    return this.#inTurn(async () => {
      const times = { device: this.device, id, from, until, seen: now };
      if (now >= until) await this.#wipe();
      if (now < from || now >= until) await this.#lock(times);
      else if (key) await this.#unlock({ ...times, key: await importListKey(fromBase64(key)) });
      else if (this.held?.id === id && moved(this.held, times)) {
        await this.#keep({ ...times, key: this.held.key });
      }
    });
  }

  /**
   * Keep a list that the server sealed until its key comes.
   * @param {Uint8Array<ArrayBuffer>} bytes
   * @param {number} at server time
   */
  wait(bytes, at) {
    return this.#inTurn(async () => {
      const record = { device: this.device, bytes, at };
      await writeWaiting(this.lists, record);
      this.waiting = record;
      this.empty = false;
    });
  }

  /** The list that waits cannot be opened: the next exchange fetches another. */
  waitNoMore() {
    this.waiting = null;
  }

  /**
   * Time has passed: note it, and delete key and list when it is over.
   * @param {number} now best estimate of server time
   * @returns {Promise<boolean>} they were deleted
   */
  passTime(now) {
    return this.#inTurn(async () => {
      const { held } = this;
      if (!held) return false;
      if (Math.max(now, held.seen) < held.until) {
        if (now > held.seen + SEEN_EVERY_MS) await this.#keep({ ...held, seen: now });
        return false;
      }
      if (held.key === null && this.index === null && this.waiting === null) return false;
      await this.#wipe();
      await this.#keep({ ...held, key: null, seen: Math.max(now, held.seen) });
      return true;
    });
  }

  /**
   * The newest deltas become one. Larger ones before them wait until as much has come again, so
   * that a long evening does not rewrite everything every minute; the snapshot is left alone.
   */
  compact() {
    return this.#inTurn(async () => {
      if (this.deltas < COMPACT_AT || !hasKey(this.held)) return;
      const { key } = this.held;
      const newest = await newestDeltas(this.lists, this.device);
      const texts = await Promise.all(newest.map((delta) => openDelta(key, delta)));
      const merged = mergeChanges(texts.map((text) => JSON.parse(text)).reverse());
      const one = await sealDelta(key, this.device, merged.to.seq, JSON.stringify(merged));
      const tx = await this.lists.begin('sealed-deltas', 'readwrite');
      const store = tx.objectStore('sealed-deltas');
      for (const { seq } of newest) store.delete([this.device, seq]);
      store.put(one);
      const left = await answer(store.count(ofDevice(this.device)));
      await committed(tx);
      this.deltas = Math.min(left, COMPACT_AT - 8);
    });
  }

  /** Delete key and list at once. */
  wipe() {
    return this.#inTurn(() => this.#wipe());
  }

  /** Nothing readable may stay: neither in memory nor, from an older build, on the disk. @param {Omit<KeyRecord, 'key'>} times */
  async #lock(times) {
    await writeKey(this.lists, { ...times, key: null }, { forgetReadable: true });
    this.held = { ...times, key: null };
    this.empty = false;
    this.#show(null);
  }

  /**
   * The key is here: what lies readable or under another key is encrypted anew, what lies under
   * this one opens.
   * @param {KeyRecord & {key: CryptoKey}} held
   */
  async #unlock(held) {
    const found = await readDisk(this.lists, this.device);
    const before = found.held?.id === held.id ? held.key : (found.held?.key ?? null);
    const content = found.plain ?? (before && (await openContent(found, before)));
    const same = !found.plain && before === held.key;
    if (content && !same) await writeAll(this.lists, held, content);
    else await writeKey(this.lists, held);
    this.held = held;
    this.empty = false;
    if (content && !this.index) this.#show(content);
  }

  /** @param {KeyRecord} record */
  async #keep(record) {
    await writeKey(this.lists, record);
    this.held = record;
    this.empty = false;
  }

  async #wipe() {
    await wipeDisk(this.lists, this.device);
    this.held = null;
    this.waiting = null;
    this.empty = true;
    this.#show(null);
  }

  /** @param {Content | null} content */
  #show(content) {
    this.index = content && new TicketIndex(decodeSnapshot(content.payload));
    this.currentAt = content?.mark.currentAt ?? 0;
    this.deltas = content?.deltas.length ?? 0;
    for (const { text } of content?.deltas ?? []) this.index?.apply(JSON.parse(text));
  }

  /**
   * @param {CryptoKey} key
   * @param {Omit<Changes, 'more'> | null} changes
   * @param {number} currentAt
   */
  async #write(key, changes, currentAt) {
    const { device } = this;
    const delta = changes && (await sealDelta(key, device, changes.to.seq, JSON.stringify(changes)));
    const tx = await this.lists.begin(['sealed-deltas', 'marks'], 'readwrite');
    if (delta) tx.objectStore('sealed-deltas').put(delta);
    tx.objectStore('marks').put({ device, currentAt });
    await committed(tx);
  }

  /**
   * One after the other: between reading and writing lies encryption, which no transaction spans.
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  #inTurn(work) {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}

/** @param {KeyRecord | null} held @returns {held is KeyRecord & {key: CryptoKey}} */
function hasKey(held) {
  return held !== null && held.key !== null;
}

/** @param {KeyRecord} held @param {{from: number, until: number, seen: number}} times */
function moved(held, { from, until, seen }) {
  return held.from !== from || held.until !== until || held.seen > seen + SEEN_EVERY_MS;
}

/**
 * Deltas from the newest back, up to the first that is larger than all of those together.
 * @param {Database} lists
 * @param {number} device
 * @returns {Promise<SealedDelta[]>} newest first
 */
async function newestDeltas(lists, device) {
  const tx = await lists.begin('sealed-deltas');
  const request = tx.objectStore('sealed-deltas').openCursor(ofDevice(device), 'prev');
  return new Promise((resolve, reject) => {
    /** @type {SealedDelta[]} */
    const found = [];
    let size = 0;
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      /** @type {SealedDelta | undefined} */
      const delta = cursor?.value;
      const bytes = delta?.sealed.byteLength ?? 0;
      if (!cursor || !delta || (bytes > Math.max(SMALL, size) && found.length > 1)) {
        resolve(found);
        return;
      }
      found.push(delta);
      size += bytes;
      cursor.continue();
    };
  });
}
