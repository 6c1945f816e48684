/** The log as a file: letter for letter what shared/vectors/wire/logs.json says (R67). */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { NO_HASH, factHash } from '../src/core/wire.js';
import { fromBase64 } from '../src/data/base64.js';
import { logFile, logFileName } from '../src/data/log-file.js';

const path = new URL('../../shared/vectors/wire/logs.json', import.meta.url);
const given = JSON.parse(readFileSync(path, 'utf8'));

/** @param {string[]} texts */
async function logOf(texts) {
  const facts = await Promise.all(
    texts.map(async (text, at) => {
      const bytes = fromBase64(text);
      return { device: given.device, number: at + 1, bytes, hash: await factHash(bytes) };
    }),
  );
  const head = { number: facts.length, hash: facts.at(-1)?.hash ?? NO_HASH };
  const read = async (/** @type {number} */ from, /** @type {number} */ to) => facts.slice(from - 1, to);
  return { head, read };
}

for (const name of ['a log written by its device', 'a log without facts']) {
  test(`${name} is the file of the vectors`, async () => {
    const vector = given.vectors.find((/** @type {{name: string}} */ one) => one.name === name);
    const privateKey = fromBase64(given.private);
    const pairing = {
      device: given.device,
      event: { id: given.event },
      certificate: given.certificate,
      serverKey: fromBase64(given.server_key),
      keys: { publicKey: new Uint8Array(32), privateKey },
    };
    assert.equal(await logFile(pairing, await logOf(vector.facts), given.at), vector.file);
  });
}

test('the file is called after the device', () => {
  assert.equal(logFileName(0x0a0b), 'handstamp-log-000000000a0b.jsonl');
});
