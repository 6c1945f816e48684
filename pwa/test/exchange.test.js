/** The exchange: every fact arrives once whatever is lost, and standings are obeyed. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { ADMIT, DENY, emptyDisk, pairing } from './disk.js';
import { FakeServer } from './fake-server.js';
import { SAMPLE, changes, payload } from './lists.js';
import { snapshotMessage } from '../src/core/wire.js';
import { toBase64 } from '../src/data/base64.js';
import { forgetClaims, keepClaims, keptClaims } from '../src/data/claims.js';
import { DoorClock } from '../src/data/door-clock.js';
import { makeKeyPair, sign } from '../src/data/ed25519.js';
import { openLists } from '../src/data/list-disk.js';
import { openOutbox } from '../src/data/outbox.js';
import { findPairing, keepPairing } from '../src/data/pairings.js';
import { ScanLog } from '../src/data/scan-log.js';
import { Tickets } from '../src/data/tickets.js';
import { record, sealDenials } from '../src/scan/record-decision.js';
import { exchange } from '../src/sync/exchange.js';
import { obey } from '../src/sync/standing.js';
import { Unreachable } from '../src/sync/transport.js';

const DEVICE = 77;
let outbox;
let server;
let side;

async function scans(count) {
  for (let n = 0; n < count; n++) await record(side.log, { ...ADMIT }, 'a');
}

/** Exchange until nothing waits; the number of rounds. */
async function settle() {
  for (let rounds = 1; ; rounds++) {
    assert.ok(rounds < 20, 'it goes on for ever');
    if (!(await exchange(side)).more) return rounds;
  }
}

async function sealedSnapshot(privateKey) {
  const body = payload();
  const signature = toBase64(await sign(privateKey, await snapshotMessage(body)));
  const line = new TextEncoder().encode(`${JSON.stringify({ v: 1, signature })}\n`);
  return Uint8Array.from([...line, ...body]);
}

beforeEach(async () => {
  emptyDisk();
  outbox = openOutbox();
  const keys = await makeKeyPair();
  const serverKeys = await makeKeyPair();
  server = new FakeServer(keys.publicKey);
  server.snapshot = await sealedSnapshot(serverKeys.privateKey);
  const record_ = pairing(DEVICE, { keys, serverKey: serverKeys.publicKey });
  await keepPairing(outbox, record_);
  const log = new ScanLog(outbox, DEVICE);
  const tickets = new Tickets(openLists(), DEVICE);
  const clock = new DoorClock(null, { wall: () => 1_000, steady: () => 0 });
  const report = () => ({});
  const mine = () => true;
  side = { transport: server, pairing: record_, log, tickets, clock, report, mine };
  await log.load();
});

test('the first exchange brings the list, later ones the changes', async () => {
  await settle();
  assert.equal(side.tickets.index.size, SAMPLE.tickets.length);
  server.changes = [changes(12, { more: true }), changes(13)];
  await settle();
  assert.equal(side.tickets.cursor.seq, 13);
  assert.equal(side.tickets.currentAt, server.now);
  assert.equal(side.clock.offset, server.now - 1_000);
});

test('a snapshot that the pinned key did not sign is thrown away', async () => {
  server.snapshot = await sealedSnapshot((await makeKeyPair()).privateKey);
  await assert.rejects(exchange(side), /not signed/);
  assert.equal(side.tickets.index, null);
});

test('a lost answer changes nothing: the facts are sent again and stored once', async () => {
  await scans(3);
  server.loseAnswers = 2;
  await assert.rejects(exchange(side), Unreachable);
  await assert.rejects(exchange(side), Unreachable);
  assert.equal(side.log.pending, 3);
  await settle();
  assert.equal(server.log.length, 3);
  assert.equal(side.log.pending, 0);
  assert.equal(side.log.stamps.get(3), server.now);
});

test('a long log goes in pieces of a thousand, each signed', async () => {
  await scans(1_001);
  await settle();
  assert.equal(server.log.length, 1_001);
  const sent = server.requests.map(({ logs }) => logs[0].facts.length).filter(Boolean);
  assert.deepEqual(sent, [1_000, 1]);
});

test('a server restored from an old backup gets everything behind its head again', async () => {
  await scans(5);
  await settle();
  server.log.length = 2;
  server.reset = true;
  await scans(1);
  await settle();
  assert.equal(server.log.length, 6);
  assert.equal(side.log.pending, 0);
});

test('a server that does not know the device gets its certificate', async () => {
  await scans(1);
  server.known = false;
  await settle();
  const [first, second] = server.requests;
  assert.deepEqual([first.certificates, second.certificates], [[], ['jwt']]);
  assert.equal(server.log.length, 1);
});

test('a head of the server that this log lacks means: pair anew, and keep the log', async () => {
  await scans(1);
  server.log = [1, 2].map((byte) => ({ hash: new Uint8Array(32).fill(byte), stamp: 1 }));
  const { standing } = await exchange(side);
  assert.equal(standing, 'repair');
  assert.equal(side.log.head.number, 1);
  const sealAll = async () => {};
  side.pairing = await obey({ ...side, outbox, sealAll }, standing);
  assert.equal((await findPairing(outbox, DEVICE)).standing, 'repair');
});

test('an error about the log stops the round and is told', async () => {
  await scans(1);
  server.publicKey = (await makeKeyPair()).publicKey;
  const outcome = await exchange(side);
  assert.deepEqual([outcome.error, outcome.more], ['bad_signature', false]);
});

test('a revoked pairing loses list and credential at once, its log after the acknowledgement', async () => {
  await settle();
  await scans(1);
  await record(side.log, { ...DENY }, 'b');
  server.standing = 'revoked';
  const sealAll = async () => void (await sealDenials(side.log, 0, true));
  side.pairing = await obey({ ...side, outbox, sealAll }, (await exchange(side)).standing);
  assert.equal(side.tickets.index, null);
  const kept = await findPairing(outbox, DEVICE);
  assert.deepEqual([kept.standing, kept.credential], ['revoked', null]);
  assert.equal(side.log.pending, 1);
  side.pairing = await obey({ ...side, outbox, sealAll }, (await exchange(side)).standing);
  assert.equal(side.pairing.standing, 'gone');
  assert.equal(server.requests.at(-1).credential, null);
  assert.equal(server.log.length, 2);
  assert.equal(await findPairing(outbox, DEVICE), undefined);
});

test('an ended pairing does not come back to life by a word of the server', async () => {
  const sealAll = async () => {};
  side.pairing = await obey({ ...side, outbox, sealAll }, 'expired');
  side.pairing = await obey({ ...side, outbox, sealAll }, 'active');
  assert.equal(side.pairing.standing, 'expired');
  side.pairing = await obey({ ...side, outbox, sealAll }, 'a word of a newer server');
  assert.equal(side.pairing.standing, 'expired');
});

test('unused claims are reported until an answer came, and only once after it (R65)', async () => {
  const claim = { device: DEVICE, id: 'a'.repeat(32), list: 1, serial: 5, epoch: 1 };
  await keepClaims(outbox, [claim]);
  side.claims = {
    unused: () => keptClaims(outbox, DEVICE), reported: (them) => forgetClaims(outbox, them),
  };
  server.loseAnswers = 1;
  await assert.rejects(exchange(side), Unreachable);
  await settle();
  const said = server.requests.map((request) => request.claims_unused);
  const { device: _, ...told } = claim;
  assert.deepEqual(said.slice(0, 2), [[told], [told]]);
  assert.ok(said.slice(2).every((claims) => claims === undefined));
});
