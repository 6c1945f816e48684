/** Torch and zoom: set where a camera has them, remembered for it, and refused without harm. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { control, restoreControls } from '../src/scan/camera-stream.js';

const kept = new Map();
globalThis.localStorage = {
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => kept.set(name, value),
};

/** A camera's track that notes what was applied. */
function track(deviceId, capabilities, refuses = false) {
  const applied = [];
  return {
    applied,
    getSettings: () => ({ deviceId }),
    getCapabilities: () => capabilities,
    applyConstraints: async ({ advanced: [wish] }) => {
      if (refuses) throw new DOMException('no', 'OverconstrainedError');
      applied.push(wish);
    },
  };
}

const ABLE = { torch: true, zoom: { min: 1, max: 5, step: 0.1 } };

beforeEach(() => kept.clear());

test('what was set is set again when the camera comes back, on this camera only', async () => {
  const first = track('rear', ABLE);
  assert.equal(await control(first, { torch: true }), true);
  assert.equal(await control(first, { zoom: 2.5 }), true);
  const again = track('rear', ABLE);
  assert.deepEqual(await restoreControls(again), { torch: true, zoom: 2.5 });
  assert.deepEqual(again.applied, [{ torch: true }, { zoom: 2.5 }]);
  assert.deepEqual(await restoreControls(track('front', ABLE)), {});
});

test('a torch that was put out stays out, and a zoom beyond the camera is left alone', async () => {
  await control(track('rear', ABLE), { torch: false });
  await control(track('rear', ABLE), { zoom: 4 });
  assert.deepEqual(await restoreControls(track('rear', { zoom: { min: 1, max: 3, step: 1 } })), {});
  assert.deepEqual(await restoreControls(track('rear', {})), {});
});

test('a camera that refuses is no trouble, and nothing is remembered of it', async () => {
  assert.equal(await control(track('rear', ABLE, true), { torch: true }), false);
  assert.equal(kept.size, 0);
  await control(track('rear', ABLE), { torch: true });
  assert.deepEqual(await restoreControls(track('rear', ABLE, true)), {});
});
