/** The symbol of the self-scan is the one a ticket has, module by module. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { testCode } from '../src/scan/test-code.js';

const TEXT = 'HS' + '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.repeat(4).slice(0, 120);

test('a ticket’s text is drawn as another encoder draws it', () => {
  const rows = testCode(TEXT).map((row) => row.map(Number).join(''));
  assert.deepEqual([rows.length, rows[0].length], [37, 37]);
  // segno.make(TEXT, error="m", mask=0, boost_error=False), its rows joined by line feeds
  const digest = createHash('sha256').update(rows.join('\n')).digest('hex');
  assert.equal(digest, 'd0a84ec8c12ff4cabf63f4e12c581ff3e2e27d811822a73aaa182b7d11a3b73f');
});

test('what does not fit is refused', () => {
  assert.throws(() => testCode('HS' + '0'.repeat(121)), RangeError);
  assert.throws(() => testCode('hs'), RangeError);
});
