/** The event's list on this phone: one snapshot blob, small deltas behind it, compacted when idle. */

import { decodeSnapshot } from '../core/wire.js';
import { mergeChanges } from './merge-changes.js';
import { Database, answer, committed } from './open-database.js';
import { ofDevice } from './outbox.js';
import { TicketIndex } from './ticket-index.js';

/** @typedef {import('../../types/records.js').BaseRecord} BaseRecord */
/** @typedef {import('../../types/records.js').DeltaRecord} DeltaRecord */
/** @typedef {import('../../types/records.js').CursorRecord} CursorRecord */
/** @typedef {import('../../types/records.js').Changes} Changes */

const STORES = ['bases', 'deltas', 'cursors'];
const COMPACT_AT = 40;
const SMALL = 64_000;

/** What can be fetched again lies apart from the outbox. @returns {Database} */
export function openLists() {
  return new Database('handstamp-lists', [
    { name: 'bases', keyPath: 'device' },
    { name: 'deltas', keyPath: ['device', 'seq'] },
    { name: 'cursors', keyPath: 'device' },
  ]);
}

export class Tickets {
  /**
   * @param {Database} lists
   * @param {number} device
   */
  constructor(lists, device) {
    this.lists = lists;
    this.device = device;
    /** Null until a list has been downloaded. @type {TicketIndex | null} */
    this.index = null;
    /** Server time when the list was last known to be current. */
    this.currentAt = 0;
    this.deltas = 0;
  }

  /** The cursor of what is on disk; null without a list. */
  get cursor() {
    return this.index?.header.cursor ?? null;
  }

  /** Read the list from disk. */
  async load() {
    const tx = await this.lists.begin(STORES);
    /** @type {[BaseRecord | undefined, DeltaRecord[], CursorRecord | undefined]} */
    const [base, deltas, cursor] = await Promise.all([
      answer(tx.objectStore('bases').get(this.device)),
      answer(tx.objectStore('deltas').getAll(ofDevice(this.device))),
      answer(tx.objectStore('cursors').get(this.device)),
    ]);
    this.index = base ? new TicketIndex(decodeSnapshot(base.payload)) : null;
    this.currentAt = cursor?.currentAt ?? 0;
    this.deltas = deltas.length;
    for (const delta of deltas) this.index?.apply(JSON.parse(delta.text));
  }

  /**
   * Replace everything by a verified snapshot payload.
   * @param {Uint8Array<ArrayBuffer>} payload
   */
  async install(payload) {
    const index = new TicketIndex(decodeSnapshot(payload));
    const { cursor, made_at: currentAt } = index.header;
    const tx = await this.lists.begin(STORES, 'readwrite');
    tx.objectStore('bases').put({ device: this.device, payload });
    tx.objectStore('deltas').delete(ofDevice(this.device));
    tx.objectStore('cursors').put({ device: this.device, cursor, currentAt });
    await committed(tx);
    this.index = index;
    this.currentAt = currentAt;
    this.deltas = 0;
  }

  /**
   * Take in changes and move the cursor in one transaction.
   * @param {Changes} changes
   * @param {number | null} currentAt server time, when nothing more waits there
   */
  async apply(changes, currentAt) {
    if (!this.index) throw new Error('changes without a list');
    const { more: _more, ...kept } = changes;
    const empty = changes.to.seq === this.index.header.cursor.seq;
    const at = currentAt ?? this.currentAt;
    const tx = await this.lists.begin(STORES, 'readwrite');
    if (!empty) {
      const delta = { device: this.device, seq: changes.to.seq, text: JSON.stringify(kept) };
      tx.objectStore('deltas').put(delta);
    }
    tx.objectStore('cursors').put({ device: this.device, cursor: changes.to, currentAt: at });
    await committed(tx);
    this.currentAt = at;
    if (empty) return;
    this.deltas += 1;
    this.index.apply(changes);
  }

  /**
   * The newest deltas become one. Larger ones before them wait until as much has come again, so
   * that a long evening does not rewrite everything every minute; the blob is left alone.
   */
  async compact() {
    if (this.deltas < COMPACT_AT) return;
    const tx = await this.lists.begin('deltas', 'readwrite');
    const store = tx.objectStore('deltas');
    const newest = await newestDeltas(store, this.device);
    const merged = mergeChanges(newest.map((delta) => JSON.parse(delta.text)).reverse());
    for (const { seq } of newest) store.delete([this.device, seq]);
    store.put({ device: this.device, seq: merged.to.seq, text: JSON.stringify(merged) });
    const left = await answer(store.count(ofDevice(this.device)));
    await committed(tx);
    this.deltas = Math.min(left, COMPACT_AT - 8);
  }

  /** Delete the list at once. */
  async wipe() {
    const tx = await this.lists.begin(STORES, 'readwrite', 'strict');
    tx.objectStore('bases').delete(this.device);
    tx.objectStore('deltas').delete(ofDevice(this.device));
    tx.objectStore('cursors').delete(this.device);
    await committed(tx);
    this.index = null;
    this.currentAt = 0;
    this.deltas = 0;
  }
}

/**
 * Deltas from the newest back, up to the first that is larger than all of those together.
 * @param {IDBObjectStore} store
 * @param {number} device
 * @returns {Promise<DeltaRecord[]>} newest first
 */
function newestDeltas(store, device) {
  return new Promise((resolve, reject) => {
    /** @type {DeltaRecord[]} */
    const found = [];
    let size = 0;
    const request = store.openCursor(ofDevice(device), 'prev');
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      /** @type {DeltaRecord | undefined} */
      const delta = cursor?.value;
      if (!cursor || !delta || (delta.text.length > Math.max(SMALL, size) && found.length > 1)) {
        resolve(found);
        return;
      }
      found.push(delta);
      size += delta.text.length;
      cursor.continue();
    };
  });
}
