/** A claim's life on the phone (R64, R65): on disk before it is asked, gone with its fact, else reported. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { emptyDisk } from './disk.js';
import { keptClaims } from '../src/data/claims.js';
import { openOutbox } from '../src/data/outbox.js';
import { Claims } from '../src/scan/claim.js';

const TICKET = { list: 1, serial: 5, epoch: 1 };
const GRANTED = { granted: true, at: 9_000, verdict: 'valid', by: null };
let outbox;
let asked;
let server;
let online;
let claims;

beforeEach(() => {
  emptyDisk();
  outbox = openOutbox();
  asked = [];
  online = true;
  server = async () => GRANTED;
  claims = new Claims({
    outbox, device: 7, online: () => online, gate: () => 'B',
    ask: async (body, limit) => {
      asked.push({ body, limit, onDisk: (await keptClaims(outbox, 7)).map(({ id }) => id) });
      return server();
    },
  });
});

test('the id is on disk before the question goes out, and open while the decision is', async () => {
  const claim = claims.begin();
  assert.deepEqual(await claim.ask(TICKET, 400), GRANTED);
  assert.deepEqual(asked[0].body, { ...TICKET, id: claim.id, gate: 'B' });
  assert.deepEqual([asked[0].onDisk, asked[0].limit], [[claim.id], 400]);
  assert.deepEqual(await claims.unused(), []);
  claim.end();
  const left = await claims.unused();
  assert.deepEqual(left, [{ device: 7, id: claim.id, ...TICKET }], 'no fact took it along');
  await claims.reported(left);
  assert.deepEqual(await claims.unused(), []);
});

test('deciding again about the same ticket asks the same question', async () => {
  const claim = claims.begin();
  await claim.ask(TICKET, 400);
  await claim.ask({ ...TICKET }, 400);
  assert.equal(new Set(asked.map(({ body }) => body.id)).size, 1);
  await claim.ask({ ...TICKET, epoch: 2 }, 400);
  assert.equal(new Set(asked.map(({ body }) => body.id)).size, 2);
});

test('no answer within the budget, or an error, leaves the local verdict', async () => {
  server = () => new Promise(() => {});
  assert.equal(await claims.begin().ask(TICKET, 5), 'unclaimed');
  server = async () => {
    throw new Error('503');
  };
  assert.equal(await claims.begin().ask(TICKET, 400), 'unclaimed');
  assert.equal((await keptClaims(outbox, 7)).length, 2, 'both are reported: nobody knows if they arrived');
});

test('a server that is known to be away is not waited for', async () => {
  online = false;
  assert.equal(await claims.begin().ask(TICKET, 400), 'unclaimed');
  assert.deepEqual(asked, []);
});

test('an event that is not strict any more says so', async () => {
  server = async () => null;
  assert.equal(await claims.begin().ask(TICKET, 400), 'not_strict');
});
