/** Become a device of an event: make a key pair, hand in the one-time code, keep what comes back. */

import { fromBase64, toBase64 } from '../data/base64.js';
import { makeKeyPair } from '../data/ed25519.js';
import { keepPairing } from '../data/pairings.js';
import { Tickets } from '../data/tickets.js';
import { Refused } from './transport.js';

/** @typedef {import('../../types/records.js').PairingRecord} PairingRecord */
/** @typedef {import('../../types/records.js').KeyPair} KeyPair */
/** @typedef {import('../data/open-database.js').Database} Database */
/** @typedef {import('../../types/records.js').Release} Release */

/** The server said no to a pairing code. `status` is its HTTP status. */
export class PairingRefused extends Error {
  name = 'PairingRefused';
  /** @param {string} detail @param {number} status */
  constructor(detail, status) {
    super(detail);
    this.status = status;
  }
}

/**
 * The code out of what was typed, scanned or opened: a code, or a link with `?pair=`.
 * @param {string} text
 * @returns {string}
 */
export function codeIn(text) {
  const trimmed = text.trim();
  const found = /[?&]pair=([^&#\s]+)/.exec(trimmed);
  return found ? decodeURIComponent(/** @type {string} */ (found[1])) : trimmed;
}

/** A key pair per code in this window: a lost answer is asked for again with the same key. */
/** @type {Map<string, Promise<KeyPair>>} */
const keysOfCode = new Map();

/**
 * @param {{transport: import('./transport.js').Transport, outbox: Database, lists: Database}} side
 * @param {{code: string, name: string, build: string, now: () => number}} request
 * @returns {Promise<PairingRecord>}
 * @throws {PairingRefused | import('./transport.js').Unreachable}
 */
export async function pair({ transport, outbox, lists }, { code, name, build, now }) {
  const bare = codeIn(code);
  let making = keysOfCode.get(bare);
  if (!making) keysOfCode.set(bare, (making = makeKeyPair()));
  const keys = await making;
  const body = {
    code: bare,
    public_key: toBase64(keys.publicKey),
    app_build: build,
    ...(name ? { name } : {}),
  };
  const answer = await transport.post('/checkin/pair', body).catch((error) => {
    throw error instanceof Refused ? new PairingRefused(error.detail, error.status) : error;
  });
  const said = /** @type {PairAnswer} */ (answer.body);
  const record = recordOf(said, keys, name, now());
  await keepPairing(outbox, record);
  if (said.release) await noteRelease(lists, record.device, said.release);
  keysOfCode.delete(bare);
  return record;
}

/**
 * Of a key that came, the time is now; of one that did not, it is to come.
 * @param {Database} lists
 * @param {number} device
 * @param {Release} release
 */
async function noteRelease(lists, device, release) {
  await new Tickets(lists, device).takeRelease(release, release.key ? release.from : 0);
}

/**
 * @typedef {{device: number, credential: string, certificate: string, server_key: string,
 *   event: import('../../types/door.js').EventInfo, lists: number[], expires_at: number,
 *   release?: Release | null, name?: string, role?: string, gate?: string}} PairAnswer
 */

/**
 * @param {PairAnswer} answer
 * @param {KeyPair} keys
 * @param {string} name
 * @param {number} now
 * @returns {PairingRecord}
 */
function recordOf(answer, keys, name, now) {
  return {
    device: answer.device,
    name: answer.name ?? name,
    role: answer.role ?? 'steward',
    event: answer.event,
    lists: answer.lists,
    credential: answer.credential,
    certificate: answer.certificate,
    serverKey: fromBase64(answer.server_key),
    keys,
    standing: 'active',
    createdAt: now,
    expiresAt: answer.expires_at,
    clockOffset: null,
    list: null,
    gate: answer.gate ?? '',
    operator: '',
  };
}
