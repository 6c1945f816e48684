/** The log on disk: gapless, chained, appended only at its head, whatever windows do. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { ADMIT, DENY, emptyDisk, pairing } from './disk.js';
import { decodeFact, factHash } from '../src/core/wire.js';
import { answer, committed } from '../src/data/open-database.js';
import { openOutbox } from '../src/data/outbox.js';
import { erasePairing, keepPairing } from '../src/data/pairings.js';
import { HeadMoved, LogGone, ScanLog } from '../src/data/scan-log.js';
import { GATHER_MS, record, sealDenials } from '../src/scan/record-decision.js';

const DEVICE = 0xabcdef;
let outbox;

async function open() {
  const log = new ScanLog(outbox, DEVICE);
  await log.load();
  return log;
}

beforeEach(async () => {
  emptyDisk();
  outbox = openOutbox();
  await keepPairing(outbox, pairing(DEVICE));
});

test('facts are numbered without gaps and each names the hash before it', async () => {
  const log = await open();
  for (let n = 1; n <= 3; n++) assert.equal(await record(log, { ...ADMIT }, 'a'), n);
  const stored = await log.read(1, 9);
  let previous = new Uint8Array(32);
  for (const [place, fact] of stored.entries()) {
    const read = decodeFact(fact.bytes);
    assert.equal(read.number, place + 1);
    assert.deepEqual(read.previous, previous);
    previous = await factHash(fact.bytes);
    assert.deepEqual(fact.hash, previous);
  }
  assert.equal(stored.length, 3);
});

test('a restart goes on where the log ended', async () => {
  await record(await open(), { ...ADMIT }, 'a');
  outbox = openOutbox();
  const log = await open();
  assert.equal(log.head.number, 1);
  assert.equal(log.pending, 1);
  assert.equal(log.about(ADMIT.serial).length, 1);
  assert.equal(await record(log, { ...ADMIT }, 'a'), 2);
});

test('of two windows at one head the second must decide again', async () => {
  const [one, two] = [await open(), await open()];
  await record(one, { ...ADMIT }, 'a');
  await assert.rejects(record(two, { ...ADMIT }, 'a'), HeadMoved);
  assert.equal((await one.read(1, 9)).length, 1);
  await two.load();
  assert.equal(two.about(ADMIT.serial).length, 1);
  assert.equal(await record(two, { ...ADMIT }, 'a'), 2);
});

test('nothing is appended to an erased pairing', async () => {
  const log = await open();
  assert.equal(await erasePairing(outbox, DEVICE), true);
  await assert.rejects(record(log, { ...ADMIT }, 'a'), LogGone);
});

test('a pairing is not erased while a fact or a refusal waits', async () => {
  const log = await open();
  await record(log, { ...DENY }, 'a');
  assert.equal(await erasePairing(outbox, DEVICE), false);
  await sealDenials(log, DENY.claimed, true);
  assert.equal(await erasePairing(outbox, DEVICE), false);
  await log.acknowledge(1, [[1, 0, 5]]);
  assert.equal(await erasePairing(outbox, DEVICE), true);
});

test('identical refusals within a minute become one fact with a count', async () => {
  const log = await open();
  for (const after of [0, 10_000, 59_999]) {
    const claimed = DENY.claimed + after;
    assert.equal(await record(log, { ...DENY, claimed }, 'a'), null);
  }
  assert.equal(log.pending, 1);
  assert.equal(await sealDenials(log, DENY.claimed + GATHER_MS - 1), 0);
  assert.equal(await sealDenials(log, DENY.claimed + GATHER_MS), 1);
  const [fact] = (await log.read(1, 9)).map(({ bytes }) => decodeFact(bytes));
  assert.equal(fact.count, 3);
  assert.equal(fact.claimed, DENY.claimed);
  assert.equal(log.held.size, 0);
});

test('other codes, verdicts and people are other refusals, and a minute later it is a new one', async () => {
  const log = await open();
  await record(log, { ...DENY }, 'a');
  await record(log, { ...DENY }, 'b');
  await record(log, { ...DENY, verdict: 4 }, 'a');
  await record(log, { ...DENY, operator: 'Bo' }, 'a');
  assert.equal(log.held.size, 4);
  await record(log, { ...DENY, claimed: DENY.claimed + GATHER_MS }, 'a');
  assert.equal(log.held.size, 4);
  assert.equal(log.head.number, 1);
});

test('a refusal that gathers survives a restart, and admits go on beside it', async () => {
  const log = await open();
  await record(log, { ...DENY }, 'a');
  await record(log, { ...ADMIT }, 'b');
  outbox = openOutbox();
  const again = await open();
  assert.equal(again.pending, 2);
  await record(again, { ...DENY, claimed: DENY.claimed + 5 }, 'a');
  await sealDenials(again, DENY.claimed, true);
  const facts = (await again.read(1, 9)).map(({ bytes }) => decodeFact(bytes));
  assert.deepEqual(facts.map(({ kind, count }) => [kind, count]), [[1, 1], [2, 2]]);
});

test('acknowledgements may go down, and stamps stay with their facts', async () => {
  const log = await open();
  for (let n = 0; n < 3; n++) await record(log, { ...ADMIT }, 'a');
  await log.acknowledge(3, [[1, 0, 900_000], [2, 0, 1_000_500], [3, 0, 9_000_000]]);
  assert.equal(log.pending, 0);
  const facts = log.about(ADMIT.serial);
  assert.deepEqual(facts.map(({ time }) => time), [900_000, 1_000_000, 1_000_000]);
  assert.deepEqual(facts.map(({ proven }) => proven), [true, true, false]);
  await log.acknowledge(1, []);
  outbox = openOutbox();
  const again = await open();
  assert.equal(again.pending, 2);
  assert.equal(again.about(ADMIT.serial)[0].time, 900_000);
});

test('an acknowledgement writes the piece of stamps that it touches, not the whole night', async () => {
  const log = await open();
  for (let n = 1; n <= 600; n++) await record(log, { ...ADMIT, serial: n }, 'a');
  await log.acknowledge(600, Array.from({ length: 600 }, (_, at) => [at + 1, 0, 5_000 + at]));
  const pieces = async () => {
    const tx = await outbox.begin('stamps');
    return answer(tx.objectStore('stamps').getAll());
  };
  assert.deepEqual((await pieces()).map(({ stamps }) => stamps.length), [256, 256, 256]);
  const tx = await outbox.begin('stamps', 'readwrite');
  tx.objectStore('stamps').delete([DEVICE, 0]);
  await committed(tx);
  await log.acknowledge(600, [[600, 0, 9_000]]);
  assert.deepEqual((await pieces()).map(({ piece }) => piece), [1, 2]);
  assert.deepEqual([599, 600].map((n) => log.about(n)[0].time), [5_598, 9_000].map((at) => Math.min(at, ADMIT.claimed)));
  assert.equal((await open()).stamps.get(600), 9_000);
});

test('stamps as older builds kept them are taken over', async () => {
  const log = await open();
  for (let n = 1; n <= 3; n++) await record(log, { ...ADMIT, serial: n }, 'a');
  const tx = await outbox.begin('acks', 'readwrite');
  tx.objectStore('acks').put({ device: DEVICE, to: 2, stamps: Float64Array.of(11, 12) });
  await committed(tx);
  const next = await open();
  await next.acknowledge(3, [[3, 0, 13]]);
  const again = await open();
  assert.deepEqual([1, 2, 3].map((n) => again.stamps.get(n)), [11, 12, 13]);
  await again.acknowledge(3, []);
  assert.ok(await erasePairing(outbox, DEVICE));
  const left = await outbox.begin('stamps');
  assert.equal(await answer(left.objectStore('stamps').count()), 0);
});

test('a ticket with several facts keeps them all, over pages of memory', async () => {
  const log = await open();
  const note = 'x'.repeat(3_000);
  for (let n = 1; n <= 60; n++) await record(log, { ...ADMIT, serial: n % 2 ? 77 : n, note }, 'a');
  for (const one of [log, await open()]) {
    assert.deepEqual(one.about(77).map(({ number }) => number), Array.from({ length: 30 }, (_, at) => 2 * at + 1));
    assert.deepEqual(one.about(60).map(({ number }) => number), [60]);
    assert.equal(one.rawClock(77, 59), ADMIT.clock);
    assert.equal(one.rawClock(77, 60), 0);
  }
});
