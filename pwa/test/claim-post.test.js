/** The question of strict mode: what counts as an answer, and what does not. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimPost } from '../src/sync/claim-post.js';
import { Refused, Unreachable } from '../src/sync/transport.js';

const server = (act) => ({ post: async (path, body, options) => ({ body: await act(path, body, options) }) });

test('the question carries credential and budget, the answer comes back as it is', async () => {
  const answer = { granted: true, at: 9, verdict: 'valid', by: null };
  let asked;
  const said = await claimPost(server((...how) => ((asked = how), answer)), 'secret', { id: 'x' }, 400);
  assert.deepEqual(said, answer);
  assert.deepEqual(asked, ['/checkin/claim', { id: 'x' }, { credential: 'secret', limit: 400 }]);
});

test('an event that is not strict any more is told apart from a refusal', async () => {
  const refuse = (code) => server(() => {
    throw new Refused(409, code, '');
  });
  assert.equal(await claimPost(refuse('not_strict'), null, {}, 400), null);
  await assert.rejects(claimPost(refuse('revoked'), null, {}, 400), Refused);
});

test('what is no answer to a claim is none at all', async () => {
  for (const body of [null, {}, { granted: true }, 'hello']) {
    await assert.rejects(claimPost(server(() => body), null, {}, 400), Unreachable);
  }
});
