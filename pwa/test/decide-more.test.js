/** Undo, override, party, exit, looking first and strict mode, over a list and a log, without a screen. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { emptyDisk, pairing } from './disk.js';
import { changes, fed, madeUp } from './lists.js';
import { decodeFact } from '../src/core/wire.js';
import { keptClaims } from '../src/data/claims.js';
import { DoorClock } from '../src/data/door-clock.js';
import { openOutbox } from '../src/data/outbox.js';
import { keepPairing } from '../src/data/pairings.js';
import { ScanLog } from '../src/data/scan-log.js';
import { TicketIndex } from '../src/data/ticket-index.js';
import { Decisions } from '../src/decisions.js';
import { HeadCount } from '../src/head-count.js';
import { Claims } from '../src/scan/claim.js';

const DEVICE = 11042563100175;
const OTHER = 4711;
let desk;
let door;
let lit;
let outbox;
let record;
let wall;

const list = (rules = {}) => ({
  list: 1, rev: 1,
  rules: { name: 'Door', entry: 'single', tiers: [{ tier: 1, from: null, until: null }], ...rules },
});
const factAt = async (number) => decodeFact((await desk.log.read(number, number))[0].bytes);
const event = (more) => {
  desk.index.header = { ...desk.index.header, event: { ...desk.index.header.event, ...more } };
};
const rules = (more) => {
  desk.list = list(more);
  desk.index.header = { ...desk.index.header, lists: [desk.list] };
};

beforeEach(async () => {
  emptyDisk();
  outbox = openOutbox();
  record = pairing(DEVICE);
  await keepPairing(outbox, record);
  wall = 9_000;
  lit = [];
  const log = new ScanLog(outbox, DEVICE);
  await log.load();
  const base = madeUp([
    [5, 1, 0, 1, 'Anna', '', 'AB1'], [6, 1, 0, 1, 'Bela', '', 'AB1'], [7, 1, 1, 1, 'Cleo', '', 'AB1'],
    [8, 2, 0, 1, 'Dora', '', 'AB1'], [9, 1, 0, 1, 'Emil', '', ''],
  ]);
  base.header.lists = [list()];
  desk = {
    index: new TicketIndex(base), log, list: list(), currentAt: 4_000, inside: null, leaving: false,
    clock: new DoorClock(0, { wall: () => wall, steady: () => 0 }), claims: null,
    person: { operator: 'Ada', gate: 'North' }, pairingOf: () => null,
  };
  door = new Decisions({
    desk: () => desk, pairing: () => record,
    lit: (light, serials) => lit.push([light.kind, serials]),
    keepTries: async (pinTries) => void (record = { ...record, pinTries }),
  });
});

test('an own admission is undone in its window, and the ticket counts as not in', async () => {
  const light = await door.admit(5);
  assert.equal(door.actions(light).undoUntil, 9_000 + 300_000);
  wall += 60_000;
  const undone = await door.undo(light);
  assert.deepEqual([undone.kind, undone.admit], ['undo', false]);
  const { kind, target, list: of, serial, epoch } = await factAt(2);
  assert.deepEqual([kind, target.slice(0, 2), of, serial, epoch], [4, [DEVICE, 1], 1, 5, 1]);
  assert.equal(door.actions(light).undoUntil, null);
  assert.equal((await door.admit(5)).verdict, 'valid');
  assert.deepEqual(lit.map(([of]) => of), ['admit', 'undo', 'admit']);
});

test('past its window only a supervisor undoes; so is another phone’s decision', async () => {
  const light = await door.admit(5);
  wall += 301_000;
  assert.equal(door.actions(light).undoUntil, null);
  await assert.rejects(door.undo(light), { name: 'NothingToUndo' });
  desk.index.apply(changes(12, { facts: [fed(OTHER, 3, 6, 8_000)] }));
  await assert.rejects(door.undo(6), { name: 'NothingToUndo' });
  record = { ...record, role: 'supervisor' };
  desk.log.role = 'supervisor';
  assert.equal((await door.undo(light)).kind, 'undo');
  assert.equal((await door.undo(6)).kind, 'undo');
  assert.equal((await door.admit(6)).verdict, 'valid');
});

test('an override needs a supervisor, says why, and uses the ticket up', async () => {
  const refused = await door.admit(7);
  assert.deepEqual([refused.verdict, door.actions(refused).override], ['refunded', false]);
  await assert.rejects(door.override(refused, 'Guest'), { name: 'PinRefused', reason: 'none' });
  record = { ...record, role: 'supervisor' };
  desk.log.role = 'supervisor';
  assert.equal(door.actions(refused).override, true);
  const light = await door.override(refused, `  Guest of the band ${'x'.repeat(300)}`);
  assert.deepEqual([light.kind, light.admit, light.verdict], ['override', true, 'refunded']);
  const fact = await factAt(1);
  assert.deepEqual([fact.kind, fact.verdict, fact.serial, fact.flags], [5, 3, 7, 0]);
  assert.match(fact.note, /^Guest of the band x+$/);
  assert.equal(fact.note.length, 200);
  assert.equal((await door.override(6, 'Early')).kind, 'override');
  assert.equal((await door.admit(6)).verdict, 'already_used');
});

test('a whole order comes in at once: a fact for each, who may not is refused by name', async () => {
  await door.admit(5);
  const members = door.party(6);
  assert.deepEqual(members.map(({ name, verdict, admit }) => [name, verdict, admit]), [
    ['Anna', 'already_used', false], ['Bela', 'valid', true], ['Cleo', 'refunded', false],
  ]);
  assert.equal(door.actions(6).party, 3);
  assert.equal(door.actions(9).party, 1);
  const light = await door.admitParty([6, 7]);
  assert.deepEqual(light.party.map(({ name, admit }) => [name, admit]), [['Bela', true], ['Cleo', false]]);
  const facts = [await factAt(2), await factAt(3)];
  assert.deepEqual(facts.map(({ kind, serial, how }) => [kind, serial, how]), [[1, 6, 3], [2, 7, 3]]);
  assert.deepEqual(lit.at(-1), ['party', [6, 7, 0]]);
});

test('a party is taken back at once; who was refused or decided about since is left alone', async () => {
  rules({ entry: 'reentry' });
  desk.index.apply(changes(12, { tickets: [[10, 1, 0, 1, 'Fay', '', 'AB1']] }));
  const light = await door.admitParty([5, 6, 7, 10]);
  assert.deepEqual([door.actions(light).undoUntil, door.actions(light).override], [309_000, false]);
  await door.leave(10);
  const undone = await door.undo(light);
  assert.deepEqual([undone.kind, undone.party.map(({ name }) => name)], ['undo', ['Anna', 'Bela']]);
  const facts = [await factAt(6), await factAt(7)];
  assert.deepEqual(facts.map(({ kind, serial, target }) => [kind, serial, target[1]]), [[4, 5, 1], [4, 6, 2]]);
  assert.deepEqual(lit.at(-1), ['undo', [5, 6, 0]]);
  assert.equal(door.actions(light).undoUntil, null);
  await assert.rejects(door.undo(light), { name: 'NothingToUndo' });
  assert.deepEqual(door.party(5).map(({ name, verdict }) => [name, verdict]), [
    ['Anna', 'valid'], ['Bela', 'valid'], ['Cleo', 'refunded'], ['Fay', 'valid'],
  ]);
});

test('a party that fills the house is said to: each is judged after those before', async () => {
  rules({ entry: 'reentry', capacity: 2 });
  desk.inside = 1;
  const light = await door.admitParty([5, 6]);
  assert.deepEqual(light.flags, ['over_capacity']);
  assert.equal(light.party.every(({ admit }) => admit), true);
  desk.inside = 0;
  assert.deepEqual((await door.admitParty([9])).flags, []);
});

test('past its window a party is taken back by a supervisor', async () => {
  const light = await door.admitParty([5, 6]);
  wall += 301_000;
  assert.deepEqual([door.actions(light).undoUntil, door.actions(light).undoBySupervisor], [null, false]);
  await assert.rejects(door.undo(light), { name: 'NothingToUndo' });
  record = { ...record, role: 'supervisor' };
  desk.log.role = 'supervisor';
  assert.equal((await door.undo(light)).party.length, 2);
});

test('where guests leave, a scan lets out who is in and nobody else', async () => {
  rules({ entry: 'reentry' });
  await door.admit(5);
  desk.leaving = true;
  assert.deepEqual([(await door.admit(5)).kind, (await factAt(2)).kind], ['exit', 3]);
  const again = await door.admit(5);
  assert.deepEqual([again.kind, again.verdict, again.leaving], ['deny', 'not_inside', true]);
  assert.equal(door.actions(again).override, false);
  desk.leaving = false;
  const back = await door.admit(5);
  assert.equal(back.verdict, 'valid');
  assert.equal(door.actions(5).leave, true);
  assert.equal((await door.leave(5)).kind, 'exit');
});

test('heads are counted with what this phone and the others did', async () => {
  rules({ entry: 'reentry', capacity: 2 });
  const heads = new HeadCount(desk.log, { get index() { return desk.index; } });
  desk.index.apply(changes(12, { facts: [fed(OTHER, 1, 9, 8_000)] }));
  while (!heads.warm()) continue;
  assert.equal(heads.of(1), 1);
  await door.admit(5);
  heads.touch(5);
  assert.equal(heads.of(1), 2);
  desk.inside = heads.of(1);
  assert.deepEqual((await door.admit(6)).flags, ['over_capacity']);
  await door.leave(5);
  for (const serial of [5, 6]) heads.touch(serial);
  assert.equal(heads.of(1), 2);
  desk.index.apply(changes(13, { facts: [fed(OTHER, 2, 0, 8_100, { kind: 5, epoch: 0, flags: 16 })] }));
  assert.equal(heads.of(1), 2, 'an override of no ticket is nobody inside');
});

test('a decision that is on disk is shown, though the phone was revoked meanwhile', async () => {
  const { log } = desk;
  const append = log.append.bind(log);
  log.append = async (...given) => {
    await append(...given);
    desk = null;
  };
  const around = {
    desk: () => desk ?? assert.fail('no list any more'), pairing: () => record,
    lit: (light, serials) => lit.push([light.kind, serials]), keepTries: async () => {},
  };
  assert.equal((await new Decisions(around).admit(5)).admit, true);
  assert.deepEqual(lit, [['admit', [5]]]);
});

test('what asks for a look is decided by the tap, and nothing is on disk before (R61)', async () => {
  desk.index.header = {
    ...desk.index.header, tiers: [{ tier: 1, name: 'Day', prompt: { kinds: ['age'], text: 'Blue band' } }],
  };
  const light = await door.admit(5);
  assert.deepEqual([light.kind, light.admit, light.factNumber], ['look', false, null]);
  assert.deepEqual(light.look, { kinds: ['age'], texts: ['Blue band'] });
  assert.equal(desk.log.head.number + desk.log.held.size, 0);
  assert.equal((await door.looked(light, false)).kind, 'deny');
  const [{ fact }] = desk.log.held.values();
  assert.deepEqual([fact.kind, fact.verdict, fact.note], [2, 1, 'turned away after a look']);
  assert.equal((await door.looked(light, true)).kind, 'admit');
  assert.equal((await door.looked(light, true)).verdict, 'already_used');
});

test('strict: a granted claim gives the time, and goes with its fact (R66)', async () => {
  let answer = { granted: true, at: 8_500, verdict: 'valid', by: null };
  event({ strict: { budget_ms: 400 } });
  desk.claims = new Claims({ outbox, device: DEVICE, online: () => true, gate: () => 'B', ask: async () => answer });
  await door.admit(5);
  const fact = await factAt(1);
  assert.deepEqual([fact.flags, fact.claimed, fact.clock], [16, 8_500, 9_000]);
  assert.deepEqual(await keptClaims(outbox, DEVICE), []);

  answer = {
    granted: false, at: 9_000, verdict: 'already_used',
    by: { device: 'Phone 2', gate: 'B', since: 8_000, open: true },
  };
  const light = await door.admit(6);
  assert.deepEqual([light.verdict, light.admit, light.elsewhere], [
    'already_used', false, { device: 'Phone 2', gate: 'B', since: 8_000 },
  ]);
  assert.equal((await desk.claims.unused()).length, 1);
});

test('strict: without an answer the local verdict stands, marked, and the claim is reported', async () => {
  event({ strict: { budget_ms: 5 } });
  desk.claims = new Claims({
    outbox, device: DEVICE, online: () => true, gate: () => 'B', ask: () => new Promise(() => {}),
  });
  assert.equal((await door.admit(5)).verdict, 'valid');
  assert.equal((await factAt(1)).flags, 32);
  assert.equal((await desk.claims.unused()).length, 1);
  await door.admit(5);
  assert.equal((await desk.claims.unused()).length, 1, 'only a green verdict is asked');
});
