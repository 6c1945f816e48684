/** Small parts of the door: the code in view, the clock, the queue, parts of a frame, hints, words. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBase64, toBase64 } from '../src/data/base64.js';
import { DoorClock } from '../src/data/door-clock.js';
import { makeKeyPair, sign, verify } from '../src/data/ed25519.js';
import { ABSENT_MS, CodeInView } from '../src/scan/code-in-view.js';
import { partOf } from '../src/scan/frames.js';
import { SerialQueue } from '../src/scan/serial-queue.js';
import { LiveUpdates } from '../src/sync/live-updates.js';
import { codeIn } from '../src/sync/pairing.js';
import { SyncLoop } from '../src/sync/sync-loop.js';
import { Refused, Unreachable } from '../src/sync/transport.js';

test('one code in view is one decision until it was away for two seconds', () => {
  const view = new CodeInView();
  assert.equal(view.shown('A', 0), true);
  assert.equal(view.shown('A', 1_900), false);
  assert.equal(view.shown('A', 3_800), false);
  assert.equal(view.shown('A', 3_800 + ABSENT_MS), true);
  assert.equal(view.shown('B', 5_900), true);
  assert.equal(view.shown('A', 6_000), true);
  view.forget();
  assert.equal(view.shown('A', 6_001), true);
});

test('the clock follows the server, keeps the raw time and notices being set back', () => {
  const source = { at: 10_000, run: 0, wall: () => source.at, steady: () => source.run };
  const clock = new DoorClock(null, source);
  assert.equal(clock.skew(), null);
  assert.equal(clock.learn(15_050, 10_000, 10_100), true);
  assert.equal(clock.now(), 15_000);
  assert.equal(clock.raw(), 10_000);
  assert.equal(clock.skew(), -5_000);
  source.at += 60_000; // asleep: the steady clock stood still
  assert.equal(clock.now(), 75_000);
  assert.equal(clock.stepped, false);
  source.at -= 30_000;
  clock.now();
  assert.equal(clock.stepped, true);
  clock.learn(90_000, 40_000, 40_000);
  assert.equal(clock.stepped, false);
});

test('a slow answer does not spoil a good measure, a real jump does count', () => {
  const source = { wall: () => 0, steady: () => 0 };
  const clock = new DoorClock(null, source);
  clock.learn(1_000, 0, 20);
  assert.equal(clock.learn(1_400, 0, 900), false);
  assert.equal(clock.offset, 990);
  assert.equal(clock.learn(9_000, 0, 900), true);
  assert.equal(clock.offset, 8_550);
});

test('decisions queue up, and one that fails does not stop the next', async () => {
  const queue = new SerialQueue();
  const seen = [];
  const slow = queue.run(async () => {
    await new Promise((done) => setTimeout(done, 5));
    seen.push('slow');
  });
  const broken = queue.run(async () => {
    throw new Error('broken');
  });
  const quick = queue.run(async () => seen.push('quick'));
  assert.equal(queue.busy, true);
  await slow;
  await assert.rejects(broken, /broken/);
  await quick;
  assert.deepEqual(seen, ['slow', 'quick']);
  assert.equal(queue.busy, false);
});

test('the centre is looked at first, every third frame the whole', () => {
  for (const [width, height] of [[1280, 720], [720, 1280], [640, 480], [320, 240]]) {
    const whole = { x: 0, y: 0, width, height };
    const centre = partOf(0, width, height);
    assert.deepEqual(partOf(2, width, height), whole);
    assert.deepEqual(partOf(1, width, height), centre);
    assert.ok(centre.width <= width && centre.height <= height);
    assert.ok(centre.width * centre.height < width * height);
    assert.ok(Math.abs(centre.x * 2 + centre.width - width) <= 1);
  }
});

test('a pairing code is read out of a link or taken as typed', () => {
  assert.equal(codeIn(' ABCD-1234 '), 'ABCD-1234');
  assert.equal(codeIn('https://door.example/tickets/checkin/?pair=ABCD1234'), 'ABCD1234');
  assert.equal(codeIn('https://x/tickets/checkin/?a=1&pair=AB%20CD#x'), 'AB CD');
});

test('signatures of this phone verify, and others do not', async () => {
  const { publicKey, privateKey } = await makeKeyPair();
  const message = new TextEncoder().encode('hello');
  const signature = await sign(privateKey, message);
  assert.equal(await verify(publicKey, signature, message), true);
  signature[3] ^= 1;
  assert.equal(await verify(publicKey, signature, message), false);
});

test('without Ed25519 in the browser the vendored code signs and verifies as strictly', async () => {
  const { importKey } = crypto.subtle;
  crypto.subtle.importKey = () => Promise.reject(new DOMException('no', 'NotSupportedError'));
  const plain = await import('../src/data/ed25519.js?without-webcrypto');
  const pair = await plain.makeKeyPair().finally(() => (crypto.subtle.importKey = importKey));
  assert.ok(pair.privateKey instanceof Uint8Array);
  const message = new TextEncoder().encode('hello');
  const signature = await plain.sign(pair.privateKey, message);
  assert.equal(await plain.verify(pair.publicKey, signature, message), true);
  assert.equal(await verify(pair.publicKey, signature, message), true);
  assert.equal(await plain.verify(pair.publicKey, new Uint8Array(64), message), false);
});

test('base64 goes there and back at every length', () => {
  for (let length = 0; length < 70_000; length += 9_973) {
    const bytes = Uint8Array.from({ length }, (_, i) => i % 251);
    assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
  }
});

test('hints are told, messages of a newer server are not an error', () => {
  const listeners = {};
  const socket = {
    readyState: 1, close() {}, addEventListener: (kind, act) => (listeners[kind] = act),
  };
  const live = new LiveUpdates(() => socket, () => 0);
  const heard = [];
  live.addEventListener('hint', ({ detail }) => heard.push(detail.seq));
  live.addEventListener('standing', () => heard.push('standing'));
  live.start();
  for (const data of ['{"seq": 4}', '{"standing": "revoked"}', '{"new": 1}', 'not json', '7']) {
    listeners.message({ data });
  }
  assert.deepEqual(heard, [4, 'standing']);
  live.stop();
});

test('an exchange asked for while one runs is made after it, and failures are told in words', async () => {
  let rounds = 0;
  let fail = null;
  const loop = new SyncLoop(async () => {
    rounds += 1;
    await new Promise((done) => setTimeout(done, 2));
    if (fail) throw fail;
    return { standing: 'active', more: false, error: '' };
  });
  loop.start();
  await Promise.all([loop.now(), loop.now(), loop.now()]);
  loop.stop();
  assert.equal(rounds, 2);
  assert.deepEqual([loop.online, loop.lastError], [true, '']);
  fail = new Unreachable('x');
  await loop.now();
  assert.equal(loop.online, false);
  assert.match(loop.lastError, /cannot be reached/);
  fail = new Refused(503, 'off', 'Scanning is switched off.');
  await loop.now();
  assert.deepEqual([loop.online, loop.lastError], [true, 'Scanning is switched off.']);
});
