/** The self-scan: right only when every step is, and nothing of it is left behind. */

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { madeUp } from './lists.js';
import { toBase64 } from '../src/data/base64.js';
import { makeKeyPair } from '../src/data/ed25519.js';
import { TicketIndex } from '../src/data/ticket-index.js';
import { selfScan } from '../src/scan/self-scan.js';

const draw = (text) => text;
const decoder = { readPicture: async (picture) => picture };
let index;

const scan = (more = {}) => selfScan({ decoder, index, now: 5_000, listAgeS: 10, ...more }, draw);

beforeEach(async () => {
  const base = madeUp([[5, 1, 0, 1, 'Anna', '', '']]);
  const { publicKey } = await makeKeyPair();
  base.header.keys = [{ id: 3, public: toBase64(publicKey), compromised: false }];
  index = new TicketIndex(base);
});

test('a working phone reads, verifies and judges its test ticket, whatever the policy', async () => {
  for (const unknown_policy of ['accept', 'accept_and_flag', 'hold']) {
    index.header.event = { ...index.header.event, unknown_policy };
    assert.equal(await scan(), '');
    assert.equal(await scan({ listAgeS: 10_000_000 }), '');
  }
});

test('a decoder that sees nothing or something else is named', async () => {
  assert.equal(await scan({ decoder: { readPicture: async () => '' } }), 'decoder');
  const other = { readPicture: async (picture) => picture.replace(/.$/, '~') };
  assert.equal(await scan({ decoder: other }), 'decoder');
});

test('a list without keys is still tried', async () => {
  index.header = { ...index.header, keys: [] };
  assert.equal(await scan(), '');
});
