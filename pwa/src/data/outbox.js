/** The outbox: pairings, logs and their acknowledgements. Append-only schema, every build opens it. */

import { Database } from './open-database.js';

/** @returns {Database} stores as in types/records.d.ts; never keyed on the protocol version */
export function openOutbox() {
  return new Database('handstamp-outbox', [
    { name: 'pairings', keyPath: 'device' },
    { name: 'facts', keyPath: ['device', 'number'] },
    { name: 'acks', keyPath: 'device' },
    { name: 'stamps', keyPath: ['device', 'piece'] },
    { name: 'denials', keyPath: ['device', 'sameness'] },
    { name: 'claims', keyPath: ['device', 'id'] },
  ]);
}

/**
 * All keys [device, …] of one device.
 * @param {number} device
 */
export function ofDevice(device) {
  return IDBKeyRange.bound([device], [device, []]);
}
