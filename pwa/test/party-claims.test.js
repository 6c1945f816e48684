/** A party in strict mode: one question for all, one budget, each answered for itself (R72). */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { emptyDisk, pairing } from './disk.js';
import { changes, fed, madeUp } from './lists.js';
import { decodeFact } from '../src/core/wire.js';
import { keptClaims } from '../src/data/claims.js';
import { DoorClock } from '../src/data/door-clock.js';
import { openOutbox } from '../src/data/outbox.js';
import { keepPairing } from '../src/data/pairings.js';
import { HeadMoved, ScanLog } from '../src/data/scan-log.js';
import { TicketIndex } from '../src/data/ticket-index.js';
import { admitParty } from '../src/scan/admit-party.js';
import { Claims } from '../src/scan/claim.js';
import { partyClaimPost } from '../src/sync/claim-post.js';
import { Refused, Unreachable } from '../src/sync/transport.js';

const DEVICE = 11042563100175;
const OTHER = 4711;
const HELD = { device: 'Phone 2', gate: 'South', since: 8_000, open: true };
const yes = { granted: true, at: 8_500, verdict: 'valid', by: null, error: '' };
const no = (verdict, by = null) => ({ granted: false, at: 8_500, verdict, by, error: '' });
let asked;
let desk;
let online;
let outbox;
let says;

const list = {
  list: 1, rev: 1, rules: { name: 'Door', entry: 'single', tiers: [{ tier: 1, from: null, until: null }] },
};
const admit = (serials) => admitParty(() => desk, serials);
const facts = async () => {
  const { number } = desk.log.head;
  return (await desk.log.read(1, number)).map(({ bytes }) => decodeFact(bytes));
};
const shown = ({ party }) => party.map(({ name, admit: letIn, verdict }) => [name, letIn, verdict]);

beforeEach(async () => {
  emptyDisk();
  outbox = openOutbox();
  await keepPairing(outbox, pairing(DEVICE));
  const log = new ScanLog(outbox, DEVICE);
  await log.load();
  const base = madeUp([
    [5, 1, 0, 1, 'Anna', '', 'AB1'], [6, 1, 0, 1, 'Bela', '', 'AB1'], [7, 1, 1, 1, 'Cleo', '', 'AB1'],
    [8, 1, 0, 1, 'Dora', '', 'AB1'],
  ]);
  base.header.lists = [list];
  base.header.event = { ...base.header.event, strict: { budget_ms: 400 } };
  online = true;
  asked = [];
  says = ({ tickets }) => tickets.map(() => yes);
  const claims = new Claims({
    outbox, device: DEVICE, online: () => online, gate: () => 'North', ask: assert.fail,
    askParty: async (body, limit) => {
      asked.push({ body, limit, onDisk: (await keptClaims(outbox, DEVICE)).length });
      return says(body);
    },
  });
  desk = {
    index: new TicketIndex(base), log, list, currentAt: 4_000, inside: null, leaving: false, claims,
    clock: new DoorClock(0, { wall: () => 9_000, steady: () => 0 }),
    person: { operator: 'Ada', gate: 'North' }, pairingOf: () => null,
  };
});

test('one question asks for those that are green here, its ids on disk before', async () => {
  const light = await admit([5, 6, 7, 8]);
  assert.deepEqual(shown(light), [
    ['Anna', true, 'valid'], ['Bela', true, 'valid'], ['Cleo', false, 'refunded'], ['Dora', true, 'valid'],
  ]);
  assert.equal(asked.length, 1);
  const [{ body, limit, onDisk }] = asked;
  assert.deepEqual([body.list, body.gate, limit, onDisk], [1, 'North', 400, 3]);
  assert.deepEqual(body.tickets.map(({ serial, epoch }) => [serial, epoch]), [[5, 1], [6, 1], [8, 1]]);
  assert.equal(new Set(body.tickets.map(({ id }) => id)).size, 3);
  assert.deepEqual((await facts()).map(({ kind, serial, flags, claimed }) => [kind, serial, flags, claimed]), [
    [1, 5, 16, 8_500], [1, 6, 16, 8_500], [2, 7, 0, 9_000], [1, 8, 16, 8_500],
  ]);
  assert.deepEqual(await keptClaims(outbox, DEVICE), [], 'each claim went with its fact');
});

test('whom an answer refuses is shown by name and not let in; the others are', async () => {
  says = () => [yes, no('already_used', HELD), no('a word of later')];
  const light = await admit([5, 6, 8]);
  assert.deepEqual(shown(light), [
    ['Anna', true, 'valid'], ['Bela', false, 'already_used'], ['Dora', false, 'already_used'],
  ]);
  const { device, gate, since } = HELD;
  assert.deepEqual(light.party.map(({ elsewhere }) => elsewhere), [null, { device, gate, since }, null]);
  assert.deepEqual((await facts()).map(({ kind, serial, verdict, flags }) => [kind, serial, verdict, flags]), [
    [1, 5, 1, 16], [2, 6, 2, 0], [2, 8, 2, 0],
  ]);
  assert.deepEqual((await desk.claims.unused()).map(({ serial }) => serial).sort(), [6, 8]);
});

test('without an answer, or known to be away, all stand as they are here, marked', async () => {
  says = () => new Promise(() => {});
  desk.index.header.event.strict.budget_ms = 5;
  assert.equal((await admit([5, 6])).party.every(({ admit: letIn }) => letIn), true);
  assert.equal((await desk.claims.unused()).length, 2);
  online = false;
  await admit([8]);
  assert.equal(asked.length, 1);
  assert.deepEqual((await facts()).map(({ kind, flags }) => [kind, flags]), [[1, 32], [1, 32], [1, 32]]);
});

test('a ticket that the server did not judge is one without an answer', async () => {
  says = () => [{ ...no(''), error: 'unknown_ticket' }, yes];
  await admit([5, 6]);
  assert.deepEqual((await facts()).map(({ kind, flags }) => [kind, flags]), [[1, 32], [1, 16]]);
});

test('what the feed brings while it is asked counts', async () => {
  says = ({ tickets }) => {
    desk.index.apply(changes(12, { facts: [fed(OTHER, 1, 6, 8_000)] }));
    return tickets.map(() => yes);
  };
  assert.deepEqual(shown(await admit([5, 6])), [['Anna', true, 'valid'], ['Bela', false, 'already_used']]);
  assert.deepEqual((await desk.claims.unused()).map(({ serial }) => serial), [6]);
});

test('deciding again because another window wrote asks the same question', async () => {
  const append = desk.log.append.bind(desk.log);
  desk.log.append = async (...given) => {
    desk.log.append = append;
    throw new HeadMoved();
  };
  await admit([5, 6]);
  assert.equal(asked.length, 2);
  assert.deepEqual(asked[0].body, asked[1].body);
  assert.equal((await facts()).length, 2);
});

test('who is refused does not fill the house; an event that is not strict any more marks nobody', async () => {
  const rules = { ...list.rules, entry: 'reentry', capacity: 1 };
  desk.list = { ...list, rules };
  desk.inside = 0;
  says = () => [no('already_used', HELD), yes];
  assert.deepEqual((await admit([5, 6])).flags, []);
  says = () => null;
  await admit([8]);
  assert.equal((await facts()).at(-1).flags & 48, 0);
});

test('the question goes plain, and only an answer for each ticket is one', async () => {
  const body = { tickets: [{}, {}] };
  let told;
  const server = (act) => ({ post: async (...how) => ((told = how), { body: act() }) });
  const right = { answers: [yes, yes] };
  assert.deepEqual(await partyClaimPost(server(() => right), 'secret', body, 400), right.answers);
  assert.deepEqual(told, ['/checkin/claims', body, { credential: 'secret', limit: 400, zip: false }]);
  for (const wrong of [null, {}, { answers: [yes] }, { answers: [yes, {}] }, 'hello']) {
    await assert.rejects(partyClaimPost(server(() => wrong), null, body, 400), Unreachable);
  }
  const refuse = (code) => server(() => {
    throw new Refused(409, code, '');
  });
  assert.equal(await partyClaimPost(refuse('not_strict'), null, body, 400), null);
  await assert.rejects(partyClaimPost(refuse('revoked'), null, body, 400), Refused);
});
