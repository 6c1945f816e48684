/** The list on disk and in memory: snapshot, changes with their cursor, compaction, wiping. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { emptyDisk } from './disk.js';
import { RELEASE, SAMPLE, changes, fed, payload } from './lists.js';
import { mergeChanges } from '../src/data/merge-changes.js';
import { answer } from '../src/data/open-database.js';
import { openLists } from '../src/data/list-disk.js';
import { Tickets } from '../src/data/tickets.js';

const DEVICE = 9;

async function open() {
  const tickets = new Tickets(openLists(), DEVICE);
  await tickets.load();
  return tickets;
}

/** A phone whose key has come. */
async function released() {
  const tickets = await open();
  await tickets.takeRelease(RELEASE, RELEASE.from);
  return tickets;
}

beforeEach(emptyDisk);

test('a snapshot survives a restart with every row and fact', async () => {
  await (await released()).install(payload());
  const { index, cursor, currentAt } = await open();
  assert.deepEqual(cursor, SAMPLE.header.cursor);
  assert.equal(currentAt, SAMPLE.header.made_at);
  assert.equal(index.size, SAMPLE.tickets.length);
  for (const row of SAMPLE.tickets) assert.deepEqual(index.ticket(row[0]), row);
  const facts = SAMPLE.tickets.flatMap(([serial]) => index.facts(serial));
  const known = SAMPLE.facts.filter((row) => index.ticket(row[6]));
  assert.equal(facts.length, known.length);
  for (const [, , , , , , serial] of SAMPLE.facts) assert.ok(index.facts(serial).length > 0);
  assert.equal(index.ticket(123456), null);
  assert.deepEqual(index.facts(123456), []);
});

test('changes and their cursor are on disk together', async () => {
  const tickets = await released();
  await tickets.install(payload());
  const [serial] = SAMPLE.tickets[1];
  const refunded = [serial, 1, 1, 1, 'Anna Smith', '', 'AB12C'];
  const issued = [424242, 1, 0, 1, 'Neu Gast', 'neu@example.org', 'N1'];
  await tickets.apply(
    changes(12, { tickets: [refunded, issued], facts: [fed(4, 1, 424242), fed(4, 2, 99)] }), 5_000,
  );
  for (const { index, cursor, currentAt } of [tickets, await open()]) {
    assert.equal(cursor.seq, 12);
    assert.equal(currentAt, 5_000);
    assert.deepEqual(index.ticket(serial), refunded);
    assert.deepEqual(index.ticket(424242), issued);
    assert.equal(index.size, SAMPLE.tickets.length + 1);
    assert.deepEqual(index.at(index.size - 1), issued);
    assert.equal(index.facts(424242).length, 1);
    assert.equal(index.facts(99).length, 1);
  }
});

test('a fact that comes again replaces the copy before it', async () => {
  const tickets = await released();
  await tickets.install(payload());
  const row = SAMPLE.facts[0];
  const again = [...row];
  again[10] -= 7;
  await tickets.apply(changes(12, { facts: [again] }), null);
  const copies = tickets.index.facts(row[6]).filter(({ tag }) => tag === row[2]);
  assert.deepEqual(copies.map(({ time }) => time), [row[10] - 7]);
});

test('without an answer that nothing waits, the list does not become younger', async () => {
  const tickets = await released();
  await tickets.install(payload());
  await tickets.apply(changes(12, { more: true }), null);
  assert.equal(tickets.currentAt, SAMPLE.header.made_at);
  await tickets.apply(changes(12), 7_000);
  assert.equal((await open()).currentAt, 7_000);
});

test('many deltas become one, with the same list', async () => {
  const tickets = await released();
  await tickets.install(payload());
  for (let n = 1; n <= 45; n++) {
    const row = [5, 1, n % 4, 1, `Name ${n}`, '', ''];
    await tickets.apply(changes(20 + n, { tickets: [row], facts: [fed(4, n, 5)] }), n);
  }
  const before = tickets.index;
  await tickets.compact();
  const tx = await tickets.lists.begin('sealed-deltas');
  assert.equal(await answer(tx.objectStore('sealed-deltas').count()), 1);
  const { index, cursor } = await open();
  assert.equal(cursor.seq, 65);
  assert.deepEqual(index.ticket(5), before.ticket(5));
  assert.equal(index.facts(5).length, before.facts(5).length);
});

test('a large delta is not written again for every few small ones', async () => {
  const tickets = await released();
  await tickets.install(payload());
  const many = Array.from({ length: 2_000 }, (_, n) => fed(6, n + 1, 5));
  await tickets.apply(changes(15, { facts: many }), 1);
  for (let n = 1; n <= 40; n++) {
    await tickets.apply(changes(20 + n, { facts: [fed(4, n, 5)] }), n);
  }
  await tickets.compact();
  const tx = await tickets.lists.begin('sealed-deltas');
  const keys = await answer(tx.objectStore('sealed-deltas').getAllKeys());
  assert.deepEqual(keys.map(([, seq]) => seq), [15, 60]);
  assert.equal((await open()).index.facts(5).length, tickets.index.facts(5).length);
});

test('a new snapshot drops what was there, a wipe drops everything', async () => {
  const tickets = await released();
  await tickets.install(payload());
  await tickets.apply(changes(12, { tickets: [[424242, 1, 0, 1, '', '', '']] }), 1);
  await tickets.install(payload());
  assert.equal((await open()).index.ticket(424242), null);
  await tickets.wipe();
  const wiped = await open();
  assert.equal(wiped.index, null);
  assert.equal(wiped.cursor, null);
});

test('list revisions and devices are kept by identity, the event by its newest words', async () => {
  const tickets = await released();
  await tickets.install(payload());
  const { lists, devices, event } = SAMPLE.header;
  const rules = { name: 'Side door', tiers: [], entry: 'single' };
  await tickets.apply(
    changes(12, {
      lists: [{ list: 1, rev: 2, rules }],
      devices: [[devices[0][0], 'Phone 1', 'South', 'phone'], [8, 'Phone 2', '', 'phone']],
      event: { ...event, title: 'Moved' },
      tiers: [{ tier: 1, name: 'Late' }],
    }),
    1,
  );
  const { header, names } = (await open()).index;
  assert.equal(header.lists.length, lists.length + 1);
  assert.deepEqual(header.devices.map(([, , gate]) => gate), ['South', '']);
  assert.equal(header.event.title, 'Moved');
  assert.equal(names.tiers.get(1), 'Late');
  assert.equal(names.devices.get(8).name, 'Phone 2');
});

test('merging keeps the last row of each identity', () => {
  const merged = mergeChanges([
    changes(1, { tickets: [[1, 1, 0, 1, 'a', '', '']], tiers: [{ tier: 1, name: 'x' }] }),
    changes(2, { tickets: [[1, 1, 2, 1, 'b', '', ''], [2, 1, 0, 1, 'c', '', '']] }),
  ]);
  assert.deepEqual(merged.tickets.map((row) => [row[0], row[2]]), [[1, 2], [2, 0]]);
  assert.deepEqual(merged.tiers, [{ tier: 1, name: 'x' }]);
  assert.equal(merged.to.seq, 2);
});
