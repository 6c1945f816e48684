/** What lies on the disk of a list: never readable, gone in time, and no fact lost over it. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ADMIT, emptyDisk, pairing } from './disk.js';
import { FakeServer } from './fake-server.js';
import { RELEASE, SAMPLE, changes, fed, payload } from './lists.js';
import { snapshotMessage } from '../src/core/wire.js';
import { fromBase64, toBase64 } from '../src/data/base64.js';
import { DoorClock } from '../src/data/door-clock.js';
import { makeKeyPair, sign } from '../src/data/ed25519.js';
import { importListKey } from '../src/data/list-cipher.js';
import { STORES, openLists } from '../src/data/list-disk.js';
import { answer, committed } from '../src/data/open-database.js';
import { openOutbox } from '../src/data/outbox.js';
import { keepPairing } from '../src/data/pairings.js';
import { ScanLog } from '../src/data/scan-log.js';
import { sweepLists } from '../src/data/sweep-lists.js';
import { Tickets } from '../src/data/tickets.js';
import { record } from '../src/scan/record-decision.js';
import { exchange } from '../src/sync/exchange.js';

const DEVICE = 9;
const NAMES = ['Anna', 'Smith', 'anna', 'gmail', 'AB12C', 'Nuit blanche', '佐藤', 'Late Guest'];
const LATE = [424242, 1, 0, 1, 'Late Guest', 'late@gmail.example', 'N1'];
const OTHER = { ...RELEASE, id: 'second', key: btoa(String.fromCharCode(...Array(32).fill(7))) };

beforeEach(emptyDisk);

async function open() {
  const tickets = new Tickets(openLists(), DEVICE);
  await tickets.load();
  return tickets;
}

async function released(release = RELEASE) {
  const tickets = await open();
  await tickets.takeRelease(release, release.from);
  return tickets;
}

/** Every record of the lists database. */
async function dump() {
  const tx = await openLists().begin(STORES);
  const all = STORES.map((store) => answer(tx.objectStore(store).getAll()));
  return (await Promise.all(all)).flat();
}

/** The names that can be read in a value, as text or in bytes of UTF-8. */
function readable(value) {
  const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
  if (bytes instanceof Uint8Array) return readable(new TextDecoder().decode(bytes));
  if (typeof value === 'string') return NAMES.filter((name) => value.includes(name));
  return value && typeof value === 'object' ? Object.values(value).flatMap(readable) : [];
}

/** What a build before R49 to R51 left: snapshot and changes as they came. */
async function oldBuild() {
  const lists = openLists();
  const tx = await lists.begin(['bases', 'deltas', 'cursors'], 'readwrite');
  tx.objectStore('bases').put({ device: DEVICE, payload: payload() });
  const delta = changes(12, { tickets: [LATE] });
  tx.objectStore('deltas').put({ device: DEVICE, seq: 12, text: JSON.stringify(delta) });
  tx.objectStore('cursors').put({ device: DEVICE, cursor: delta.to, currentAt: 77 });
  await committed(tx);
}

test('no name can be read on the disk, and the key cannot be read out', async () => {
  const tickets = await released();
  await tickets.install(payload());
  await tickets.apply(changes(12, { tickets: [LATE], facts: [fed(4, 1, 424242)] }), 5_000);
  const records = await dump();
  assert.ok(records.length >= 4);
  assert.deepEqual(records.flatMap(readable), []);
  const { key } = records.find((one) => one.key);
  await assert.rejects(crypto.subtle.exportKey('raw', key));
  await assert.rejects(crypto.subtle.exportKey('jwk', key));
  assert.deepEqual((await open()).index.ticket(LATE[0]), LATE);
});

test('no nonce comes twice', async () => {
  const tickets = await released();
  await tickets.install(payload());
  const nonces = new Set();
  const look = async () => {
    for (const { nonce } of (await dump()).filter((one) => one.nonce)) nonces.add(String(nonce));
  };
  for (let n = 1; n <= 45; n++) await tickets.apply(changes(20 + n, { facts: [fed(4, n, 5)] }), n);
  await look();
  assert.equal(nonces.size, 46);
  await tickets.compact();
  await look();
  await tickets.install(payload());
  await look();
  assert.equal(nonces.size, 48);
});

test('what an older build left readable is used until the key comes, then encrypted', async () => {
  await oldBuild();
  const tickets = await open();
  assert.deepEqual(tickets.index.ticket(LATE[0]), LATE);
  await tickets.takeRelease(RELEASE, RELEASE.from);
  assert.deepEqual((await dump()).flatMap(readable), []);
  const again = await open();
  assert.deepEqual(again.index.ticket(LATE[0]), LATE);
  assert.equal(again.cursor.seq, 12);
  assert.equal(again.currentAt, 77);
});

test('what an older build left readable is deleted when the time has not come', async () => {
  await oldBuild();
  const tickets = await open();
  const { key: _key, ...early } = RELEASE;
  await tickets.takeRelease(early, RELEASE.from - 1);
  assert.deepEqual((await dump()).flatMap(readable), []);
  for (const one of [tickets, await open()]) {
    assert.equal(one.index, null);
    assert.equal(one.readable, false);
  }
});

test('a key under another id encrypts the same list anew', async () => {
  const tickets = await released();
  await tickets.install(payload());
  await tickets.apply(changes(12, { tickets: [LATE] }), 5_000);
  await tickets.takeRelease(OTHER, OTHER.from);
  const again = await open();
  assert.equal(again.held.id, 'second');
  assert.deepEqual(again.index.ticket(LATE[0]), LATE);
});

test('a postponed event locks the list, and the same key opens it again', async () => {
  const tickets = await released();
  await tickets.install(payload());
  const { key: _key, ...later } = { ...RELEASE, from: 5_000_000 };
  await tickets.takeRelease(later, 4_000_000);
  assert.equal(tickets.index, null);
  assert.equal((await open()).index, null);
  assert.ok((await dump()).every((one) => !one.key));
  await tickets.takeRelease({ ...RELEASE, from: 5_000_000 }, 5_000_000);
  assert.equal(tickets.index.size, SAMPLE.tickets.length);
});

test('when the time is over, key and list go, and a clock set back brings nothing back', async () => {
  const tickets = await released();
  await tickets.install(payload());
  assert.equal(await tickets.passTime(RELEASE.until - 1), false);
  assert.equal(await tickets.passTime(RELEASE.until - 5_000_000), false);
  assert.ok(tickets.index);
  assert.equal(await tickets.passTime(RELEASE.until), true);
  assert.equal(tickets.index, null);
  const again = await open();
  assert.equal(await again.passTime(RELEASE.from), false);
  assert.equal(again.index, null);
  assert.ok((await dump()).every((one) => !one.key && !one.sealed));
});

test('the greatest time seen counts, though the clock was set back before the next start', async () => {
  const tickets = await released();
  await tickets.install(payload());
  await tickets.passTime(RELEASE.until - 100_000);
  const again = await open();
  await again.passTime(RELEASE.from);
  assert.equal(again.held.seen, RELEASE.until - 100_000);
});

test('the server outranks a clock that was wrong: its key opens the list again', async () => {
  const tickets = await released();
  await tickets.install(payload());
  await tickets.passTime(RELEASE.until + 5_000_000);
  await tickets.takeRelease(RELEASE, 2_000_000);
  await tickets.install(payload());
  assert.equal(await tickets.passTime(2_100_000), false);
  assert.ok((await open()).index);
});

test('a record moved to another place does not open', async () => {
  const tickets = await released();
  await tickets.install(payload());
  await tickets.apply(changes(12, { tickets: [LATE] }), 5_000);
  const tx = await tickets.lists.begin('sealed-deltas', 'readwrite');
  const [delta] = await answer(tx.objectStore('sealed-deltas').getAll());
  tx.objectStore('sealed-deltas').put({ ...delta, seq: 13 });
  await committed(tx);
  assert.equal((await open()).index, null);
});

test('a list of a pairing that nobody opens goes when its time is over', async () => {
  const outbox = openOutbox();
  const event = { ...pairing(DEVICE).event, end: Date.now() };
  await keepPairing(outbox, pairing(DEVICE, { event, clockOffset: 0 }));
  const tickets = await released({ ...RELEASE, until: Date.now() - 1 });
  await tickets.install(payload());
  await sweepLists(outbox, tickets.lists, DEVICE);
  assert.ok((await open()).index, 'an open door looks after itself');
  await sweepLists(outbox, tickets.lists);
  assert.equal((await open()).index, null);
  await oldBuild();
  await sweepLists(outbox, tickets.lists);
  assert.equal((await open()).index, null);
});

test('a list without a pairing is swept away', async () => {
  const tickets = await released();
  await tickets.install(payload());
  await sweepLists(openOutbox(), tickets.lists);
  assert.deepEqual(await dump(), []);
});

test('a sealed list waits for its key and opens; facts that wait are handed in meanwhile', async () => {
  const { side, server, serverKeys } = await phoneWithServer();
  const { key: _key, ...early } = { ...RELEASE, from: server.now + 10 };
  server.release = early;
  server.sealed = await sealedBy(serverKeys.privateKey);
  await record(side.log, { ...ADMIT }, 'a');
  await exchange(side);
  await exchange(side);
  assert.equal(server.log.length, 1);
  assert.deepEqual(server.downloads, ['/checkin/snapshot/sealed']);
  assert.equal(side.tickets.index, null);
  assert.deepEqual((await dump()).flatMap(readable), []);
  server.now += 10;
  server.release = { ...early, key: RELEASE.key };
  side.tickets = await open();
  await exchange(side);
  assert.equal(side.tickets.index.size, SAMPLE.tickets.length);
  assert.deepEqual(server.downloads, ['/checkin/snapshot/sealed']);
  assert.deepEqual((await dump()).flatMap(readable), []);
  assert.equal((await open()).index.size, SAMPLE.tickets.length);
});

test('a sealed list that the pinned server did not sign is fetched anew', async () => {
  const { side, server } = await phoneWithServer();
  const { key: _key, ...early } = { ...RELEASE, from: server.now + 10 };
  server.release = early;
  server.sealed = await sealedBy((await makeKeyPair()).privateKey);
  await exchange(side);
  server.now += 10;
  server.release = { ...early, key: RELEASE.key };
  await exchange(side);
  assert.deepEqual(server.downloads, ['/checkin/snapshot/sealed', '/checkin/snapshot']);
  assert.equal(side.tickets.index.size, SAMPLE.tickets.length);
});

test('the key is asked for once', async () => {
  const { side, server } = await phoneWithServer();
  await exchange(side);
  await exchange(side);
  assert.deepEqual(server.requests.map(({ release }) => release), ['', 'first']);
});

async function phoneWithServer() {
  const outbox = openOutbox();
  const [keys, serverKeys] = [await makeKeyPair(), await makeKeyPair()];
  const server = new FakeServer(keys.publicKey);
  server.snapshot = await signed(serverKeys.privateKey);
  const found = pairing(DEVICE, { keys, serverKey: serverKeys.publicKey });
  await keepPairing(outbox, found);
  const log = new ScanLog(outbox, DEVICE);
  await log.load();
  const clock = new DoorClock(null, { wall: () => 1_000, steady: () => 0 });
  const side = {
    transport: server, pairing: found, log, tickets: await open(), clock,
    report: () => ({}), mine: () => true,
  };
  return { side, server, serverKeys };
}

async function signed(privateKey) {
  const body = payload();
  const signature = toBase64(await sign(privateKey, await snapshotMessage(body)));
  const line = new TextEncoder().encode(`${JSON.stringify({ v: 1, signature })}\n`);
  return Uint8Array.from([...line, ...body]);
}

async function sealedBy(privateKey) {
  const key = await importListKey(fromBase64(RELEASE.key));
  const nonce = new Uint8Array(12).fill(3);
  const additionalData = new Uint8Array([
    ...new TextEncoder().encode('handstamp/sealed-list/1\0'), 0, 0, 0, 0, 0, DEVICE,
  ]);
  const zipped = gzipSync(await signed(privateKey));
  const cipher = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData }, key, zipped);
  return new Uint8Array([...nonce, ...new Uint8Array(cipher)]);
}
