/** A phone's disk for tests: databases in memory that a new "start" of the app finds again. */

import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';

globalThis.IDBKeyRange ??= IDBKeyRange;

/** An empty disk. Opening the app's databases again afterwards is a restart. */
export function emptyDisk() {
  globalThis.indexedDB = new IDBFactory();
}

/** A fact that admits, as the log stores it after numbering. */
export const ADMIT = Object.freeze({
  kind: 1, list: 1, rule: 1, serial: 77, epoch: 1, how: 1, verdict: 1, flags: 0,
  digest: new Uint8Array(8).fill(7), claimed: 1_000_000, clock: 1_000_000, cursor: 0, age: 5,
  count: 1, seen: [], target: null, operator: 'Ada', gate: 'North', note: '',
  extra: new Uint8Array(0),
});

export const DENY = Object.freeze({ ...ADMIT, kind: 2, verdict: 3 });

/** A pairing as it lies in the outbox. */
export function pairing(device, more = {}) {
  return {
    device, name: 'Door 1', role: 'steward',
    event: { id: 'evt', number: 5, title: 'Lanterns', start: 0, end: 1, time_zone: 'UTC' },
    lists: [], credential: 'secret', certificate: 'jwt', serverKey: new Uint8Array(32),
    keys: { publicKey: new Uint8Array(32), privateKey: new Uint8Array(32) },
    standing: 'active', createdAt: 0, expiresAt: 1, clockOffset: null, list: null, gate: '',
    operator: '', ...more,
  };
}
