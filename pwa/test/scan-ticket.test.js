/** From a scanned text to the light: the whole decision over a list and a log, without a screen. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { emptyDisk, pairing } from './disk.js';
import { SAMPLE, changes, fed, madeUp } from './lists.js';
import { serialLetters } from '../src/core/ids.js';
import { foreignCodeDigest } from '../src/core/foreign-code.js';
import { encodeToken, tokenMessage } from '../src/core/token.js';
import { decodeFact } from '../src/core/wire.js';
import { toBase64 } from '../src/data/base64.js';
import { DoorClock } from '../src/data/door-clock.js';
import { makeKeyPair, sign } from '../src/data/ed25519.js';
import { openOutbox } from '../src/data/outbox.js';
import { keepPairing } from '../src/data/pairings.js';
import { ScanLog } from '../src/data/scan-log.js';
import { TicketIndex } from '../src/data/ticket-index.js';
import { admitFound, scanTicket } from '../src/scan/scan-ticket.js';

const DEVICE = 11042563100175;
const EVENT = 0x123456;
let keys;
let door;
let outbox;

/** The text of a ticket signed by this test's key. */
async function token(serial, { event = EVENT, epoch = 1, tier = 1 } = {}) {
  const body = new Uint8Array(11);
  const view = new DataView(body.buffer);
  body[0] = (1 << 5) | 3;
  view.setUint16(1, event >> 8);
  body[3] = event & 255;
  view.setUint32(5, serial);
  body[9] = tier;
  body[10] = epoch;
  return encodeToken(body, await sign(keys.privateKey, tokenMessage(body)));
}

const scan = async (text, how = 'scan') => scanTicket(() => door, { text, how, marks: { frame: 1 } });

beforeEach(async () => {
  emptyDisk();
  outbox = openOutbox();
  await keepPairing(outbox, pairing(DEVICE));
  keys = await makeKeyPair();
  const log = new ScanLog(outbox, DEVICE);
  await log.load();
  const rows = [
    [5, 1, 0, 1, 'Anna Smith', 'anna@example.org', 'AB1'], [6, 1, 1, 1, 'Refunded', '', ''],
    [7, 1, 0, 2, 'Re-issued', '', ''], [8, 9, 0, 1, 'Elsewhere', '', ''],
  ];
  const base = madeUp(rows);
  base.header.keys = [{ id: 3, public: toBase64(keys.publicKey), compromised: false }];
  base.header.event = { ...base.header.event, number: EVENT };
  door = {
    index: new TicketIndex(base), log, clock: new DoorClock(0, { wall: () => 9_000, steady: () => 0 }),
    list: { list: 1, rev: 1, rules: { name: 'Door', tiers: [{ tier: 1, from: null, until: null }] } },
    currentAt: 4_000, person: { operator: 'Ada', gate: 'North' },
    pairingOf: (event) => (event === 77 ? '00000000004d' : null),
  };
});

test('a valid ticket is green once, and the fact says how it was decided', async () => {
  const light = await scan(await token(5));
  assert.deepEqual([light.verdict, light.admit, light.name, light.order], [
    'valid', true, 'Anna Smith', 'AB1',
  ]);
  assert.equal(light.printedId, SAMPLE.header.event.prefix + serialLetters(5));
  assert.equal(light.listAgeS, 5);
  assert.equal(light.factNumber, 1);
  const fact = decodeFact((await door.log.read(1, 1))[0].bytes);
  assert.deepEqual([fact.kind, fact.list, fact.rule, fact.serial, fact.epoch, fact.how], [
    1, 1, 1, 5, 1, 1,
  ]);
  assert.deepEqual([fact.claimed, fact.age, fact.operator, fact.gate], [9_000, 5, 'Ada', 'North']);
  assert.ok(fact.digest.some((byte) => byte !== 0));

  const again = await scan(await token(5));
  assert.equal(again.verdict, 'already_used');
  assert.deepEqual([again.used.here, again.used.at, again.factNumber], [true, 9_000, null]);
});

test('what another phone let in is refused with when and where', async () => {
  door.index.apply(changes(12, {
    facts: [fed(4711, 3, 5, 8_000)], devices: [[4711, 'Phone 2', 'South', 'phone']],
  }));
  const { verdict, used } = await scan(await token(5));
  assert.equal(verdict, 'already_used');
  assert.deepEqual([used.at, used.deviceName, used.gate, used.listName, used.here], [
    8_000, 'Phone 2', 'South', 'Door', false,
  ]);
});

test('a fact names the facts it knew, and a fed copy of an own fact is not a second light', async () => {
  await scan(await token(5));
  const [own] = door.log.about(5);
  door.index.apply(changes(12, { facts: [fed(own.device, own.number, 5, 8_500, { tag: own.tag })] }));
  const { used } = await scan(await token(5));
  assert.equal(used.at, 8_500);
  const [held] = door.log.held.values();
  assert.deepEqual(held.fact.seen, [[own.device, own.number, own.tag]]);
});

test('each refusal has its own word', async () => {
  const forged = (await token(5)).replace(/.$/, (letter) => (letter === '0' ? '1' : '0'));
  for (const [text, verdict] of [
    [await token(6), 'refunded'], [await token(7), 'superseded'], [await token(8), 'wrong_list'],
    [await token(5, { event: 99 }), 'wrong_event'], [forged, 'forged'],
    ['https://example.org/menu', 'not_a_ticket'], ['', 'not_a_ticket'],
  ]) {
    const light = await scan(text);
    assert.deepEqual([light.verdict, light.admit], [verdict, false]);
  }
  assert.equal(door.log.head.number, 0);
  const held = [...door.log.held.values()].map(({ fact }) => fact);
  assert.deepEqual(held.filter(({ serial }) => serial).map(({ serial }) => serial), [6, 7, 8]);
});

test('a ticket of another event on this phone offers to switch', async () => {
  assert.equal((await scan(await token(5, { event: 77 }))).switchTo, '00000000004d');
  assert.equal((await scan(await token(5, { event: 78 }))).switchTo, null);
  assert.equal((await scan(await token(5))).switchTo, null);
});

test('a ticket issued after the list counts by the policy, once', async () => {
  const text = await token(900);
  const light = await scan(text);
  assert.deepEqual([light.verdict, light.admit], ['unknown', true]);
  assert.ok(light.flags.includes('flagged'));
  assert.equal(light.tier, 'Early');
  assert.equal((await scan(text)).verdict, 'already_used');
  const fact = decodeFact((await door.log.read(1, 1))[0].bytes);
  assert.equal(fact.flags, 3);
});

test('a row that was searched for is admitted without a digest', async () => {
  const light = await admitFound(() => door, 5);
  assert.deepEqual([light.verdict, light.how], ['valid', 'search']);
  const fact = decodeFact((await door.log.read(1, 1))[0].bytes);
  assert.deepEqual([fact.how, fact.epoch, [...fact.digest]], [2, 1, [0, 0, 0, 0, 0, 0, 0, 0]]);
});

test('when another window appended first, the ticket is judged again', async () => {
  const other = new ScanLog(outbox, DEVICE);
  await other.load();
  const theirs = { ...door, log: other };
  const text = await token(5);
  await scanTicket(() => theirs, { text, how: 'scan', marks: {} });
  const light = await scan(text);
  assert.equal(light.verdict, 'already_used');
  assert.equal((await door.log.read(1, 9)).length, 1);
});

/** Give a ticket a code from elsewhere, as the feed does. */
async function giveCode(serial, code) {
  const row = door.index.ticket(serial).slice(0, 7);
  if (code) row.push(toBase64(await foreignCodeDigest(EVENT, code)));
  door.index.apply(changes(13, { tickets: [row] }));
}

test('a code from elsewhere is looked up by its digest and judged like any ticket (R48)', async () => {
  await giveCode(5, 'TM-1');
  await giveCode(6, 'TM-2');
  const light = await scan(' TM-1\n');
  assert.deepEqual([light.verdict, light.admit, light.name, light.how], [
    'valid', true, 'Anna Smith', 'scan',
  ]);
  assert.equal(light.printedId, SAMPLE.header.event.prefix + serialLetters(5));
  const fact = decodeFact((await door.log.read(1, 1))[0].bytes);
  assert.deepEqual([fact.serial, fact.epoch, fact.how], [5, 1, 1]);
  assert.deepEqual(fact.digest, await foreignCodeDigest(EVENT, 'TM-1'));
  assert.equal((await scan('TM-1')).verdict, 'already_used');
  assert.equal((await scan(await token(5))).verdict, 'already_used');
  assert.equal((await scan('TM-2')).verdict, 'refunded');
  assert.ok(door.log.about(5).every(({ scanned }) => scanned));
});

test('a code that nobody has is not on the list, and never a green light', async () => {
  assert.equal((await scan('TM-1')).verdict, 'not_a_ticket');
  await giveCode(5, 'TM-1');
  const light = await scan('tm-1');
  assert.deepEqual([light.verdict, light.admit, light.flags, light.name], [
    'unknown', false, ['unlisted_code'], '',
  ]);
  assert.equal((await scan('  ')).verdict, 'not_a_ticket');
  await giveCode(5, '');
  assert.equal((await scan('TM-1')).verdict, 'not_a_ticket');
});

test('a code that moved to another ticket admits its new holder (R46)', async () => {
  await giveCode(6, 'TM-1');
  await giveCode(5, 'TM-1');
  assert.equal((await scan('TM-1')).name, 'Anna Smith');
  assert.equal((await scan('TM-1')).verdict, 'already_used');
});

test('a code in the snapshot counts until the feed takes it away', async () => {
  const digest = await foreignCodeDigest(EVENT, 'TM-9');
  const base = { ...door.index.base };
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  base.codes = { places: Int32Array.of(2), digests: [hex] };
  door.index = new TicketIndex(base);
  assert.equal(door.index.byCode(digest)[0], 7);
  door.index.apply(changes(14, { tickets: [[7, 1, 0, 2, 'Re-issued', '', '']] }));
  assert.equal(door.index.byCode(digest), null);
  door.index.apply(changes(15, { tickets: [[7, 1, 0, 2, 'Re-issued', '', '', 'later']] }));
  assert.ok(door.index.codes.empty);
});
