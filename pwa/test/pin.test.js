/** The supervisor’s PIN offline (R63): right once, wrong a few times, then only after growing waits. */

import assert from 'node:assert/strict';
import { pbkdf2Sync } from 'node:crypto';
import { beforeEach, test } from 'node:test';
import { checkPin } from '../src/scan/pin.js';

const SALT = Buffer.alloc(16, 7);
const ROUNDS = 1_000; // the rounds come with the hash; the server makes 600,000 and more
const SUPERVISOR = {
  salt: SALT.toString('base64'), rounds: ROUNDS,
  hash: pbkdf2Sync('4711', SALT, ROUNDS, 32, 'sha256').toString('base64'),
};
let disk;
let now;

const attempt = (pin, supervisor = SUPERVISOR) => {
  return checkPin(pin, supervisor, { tries: disk, keep: async (tries) => { disk = tries; } }, () => now);
};
const refused = (reason, left, wait) => (error) => {
  assert.deepEqual([error.name, error.reason, error.left, error.wait], ['PinRefused', reason, left, wait]);
  return true;
};

beforeEach(() => {
  disk = { wrong: 0, until: 0 };
  now = 1_000_000;
});

test('the right PIN is taken and clears what was wrong before', async () => {
  await assert.rejects(attempt('0000'), refused('wrong', 4, 0));
  await attempt(' 4711 ');
  assert.deepEqual(disk, { wrong: 0, until: 0 });
});

test('after five wrong ones even the right PIN has to wait, and each further wait is longer', async () => {
  for (let left = 4; left > 0; left--) await assert.rejects(attempt('1'), refused('wrong', left, 0));
  await assert.rejects(attempt('1'), refused('wrong', 0, 30_000));
  await assert.rejects(attempt('4711'), refused('wait', 0, 30_000));
  now += 30_000;
  await assert.rejects(attempt('1'), refused('wrong', 0, 60_000));
  now += 59_999;
  await assert.rejects(attempt('4711'), refused('wait', 0, 1));
  now += 1;
  await attempt('4711');
});

test('a try counts before it is checked, so that ending the app gives none back', async () => {
  const seen = [];
  const keep = async (tries) => void seen.push(tries.wrong);
  await checkPin('4711', SUPERVISOR, { tries: disk, keep }, () => now);
  assert.deepEqual(seen, [1, 0]);
});

test('a clock set back waits no longer than the wait is long', async () => {
  disk = { wrong: 5, until: now + 30_000 };
  now -= 86_400_000;
  await assert.rejects(attempt('4711'), refused('wait', 0, 30_000));
});

test('an event without a PIN has no supervisor to ask', async () => {
  await assert.rejects(checkPin('4711', undefined, { tries: disk, keep: async () => {} }, () => now), refused('none', 0, 0));
});
