/** The pairings kept on this phone: their keys, credentials, standing and settings. */

import { answer, committed } from './open-database.js';
import { ofDevice } from './outbox.js';

/** @typedef {import('./open-database.js').Database} Database */
/** @typedef {import('../../types/records.js').PairingRecord} PairingRecord */

/**
 * Every pairing with the number of its facts that the server has not acknowledged.
 * @param {Database} outbox
 * @returns {Promise<{record: PairingRecord, pending: number}[]>}
 */
export async function allPairings(outbox) {
  const tx = await outbox.begin(['pairings', 'facts', 'acks', 'denials']);
  /** @type {PairingRecord[]} */
  const records = await answer(tx.objectStore('pairings').getAll());
  return Promise.all(
    records.map(async (record) => {
      const [facts, held, ack] = await Promise.all([
        answer(tx.objectStore('facts').count(ofDevice(record.device))),
        answer(tx.objectStore('denials').count(ofDevice(record.device))),
        answer(tx.objectStore('acks').get(record.device)),
      ]);
      return { record, pending: facts + held - Math.min(facts, ack?.to ?? 0) };
    }),
  );
}

/**
 * @param {Database} outbox
 * @param {number} device
 * @returns {Promise<PairingRecord | undefined>}
 */
export async function findPairing(outbox, device) {
  const tx = await outbox.begin('pairings');
  return answer(tx.objectStore('pairings').get(device));
}

/**
 * Keep a new pairing, on disk before it is used.
 * @param {Database} outbox
 * @param {PairingRecord} record
 */
export async function keepPairing(outbox, record) {
  const tx = await outbox.begin('pairings', 'readwrite', 'strict');
  tx.objectStore('pairings').put(record);
  await committed(tx);
}

/**
 * Change some fields of a pairing in one transaction.
 * @param {Database} outbox
 * @param {number} device
 * @param {Partial<PairingRecord>} fields
 * @returns {Promise<PairingRecord | undefined>} undefined when it is gone
 */
export async function changePairing(outbox, device, fields) {
  const tx = await outbox.begin('pairings', 'readwrite');
  const store = tx.objectStore('pairings');
  /** @type {PairingRecord | undefined} */
  const record = await answer(store.get(device));
  if (!record) return undefined;
  const changed = { ...record, ...fields };
  store.put(changed);
  await committed(tx);
  return changed;
}

/**
 * Delete a pairing with its keys and its log, if the root has the whole log.
 * @param {Database} outbox
 * @param {number} device
 * @returns {Promise<boolean>} false when something is not handed in yet
 */
export async function erasePairing(outbox, device) {
  const stores = ['pairings', 'facts', 'acks', 'stamps', 'denials', 'claims'];
  const tx = await outbox.begin(stores, 'readwrite', 'strict');
  const [facts, held, ack] = await Promise.all([
    answer(tx.objectStore('facts').count(ofDevice(device))),
    answer(tx.objectStore('denials').count(ofDevice(device))),
    answer(tx.objectStore('acks').get(device)),
  ]);
  if (held > 0 || facts > (ack?.to ?? 0)) return false;
  tx.objectStore('pairings').delete(device);
  tx.objectStore('acks').delete(device);
  tx.objectStore('stamps').delete(ofDevice(device));
  tx.objectStore('facts').delete(ofDevice(device));
  tx.objectStore('claims').delete(ofDevice(device));
  await committed(tx);
  return true;
}
