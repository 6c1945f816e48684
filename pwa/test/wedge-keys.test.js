/** A hand scanner types fast; a person does not, and may type what they like. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAUSE_MS, WedgeKeys } from '../src/scan/wedge-keys.js';

/** Types keys `gap` ms apart; returns every code that came of it and the keys that were taken. */
function typed(keys, gap, wedge = new WedgeKeys(), begin = 1_000) {
  const codes = [];
  const taken = [];
  keys.forEach((key, i) => {
    const heard = wedge.key(key, begin + i * gap);
    if (heard.text) codes.push(heard.text);
    if (heard.taken) taken.push(key);
  });
  return { codes, taken, wedge, end: begin + (keys.length - 1) * gap };
}

test('fast keys and an end key are a code, whatever scanner sends them', () => {
  for (const gap of [1, 15, 40]) {
    for (const end of ['Enter', 'Tab']) {
      const { codes, taken } = typed([...'HS01/a?', end], gap);
      assert.deepEqual(codes, ['HS01/a?']);
      assert.equal(taken.at(-1), end, 'its end key does nothing else');
    }
  }
});

test('keys at a person’s pace are theirs', () => {
  const { codes, taken, wedge, end } = typed([...'HS0123456', 'Enter'], 75);
  assert.deepEqual([codes, taken], [[], []]);
  assert.equal(wedge.silent(end + PAUSE_MS), '');
});

test('a code without an end key ends with a silence, and only then', () => {
  const { codes, wedge, end } = typed([...'HS0123456'], 10);
  assert.deepEqual(codes, []);
  assert.equal(wedge.silent(end + PAUSE_MS - 1), '');
  assert.equal(wedge.silent(end + PAUSE_MS), 'HS0123456');
  assert.equal(wedge.silent(end + 2 * PAUSE_MS), '', 'once');
});

test('shift between the letters changes nothing, a few keys are no code', () => {
  assert.deepEqual(typed(['Shift', 'H', 'Shift', 'S', ...'0123', 'Enter'], 5).codes, ['HS0123']);
  assert.deepEqual(typed([...'abc', 'Enter'], 5).codes, []);
});

test('what a person typed before is no part of the code, nor the code before it', () => {
  const wedge = new WedgeKeys();
  wedge.key('x', 0);
  assert.deepEqual(typed([...'HS0123', 'Enter'], 5, wedge).codes, ['HS0123']);
  assert.deepEqual(typed([...'HS4567', 'Enter'], 5, wedge, 1_040).codes, ['HS4567']);
});

test('a stutter in the middle of a code does not end it', () => {
  const { wedge, end } = typed([...'HS0123'], 5);
  assert.deepEqual(typed([...'456', 'Enter'], 5, wedge, end + 150).codes, ['HS0123456']);
});

test('an Enter long after the keys is a person’s', () => {
  const { wedge, end } = typed([...'HS0123'], 5);
  assert.deepEqual(wedge.key('Enter', end + PAUSE_MS + 1), { taken: false, text: '' });
});
