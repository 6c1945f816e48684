/** Searching: word beginnings of any language, enough letters, at most 20, one typing error. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changes, madeUp } from './lists.js';
import { foreignCodeDigest } from '../src/core/foreign-code.js';
import { serialLetters } from '../src/core/ids.js';
import { toBase64 } from '../src/data/base64.js';
import { TicketIndex } from '../src/data/ticket-index.js';
import { foldText } from '../src/scan/fold-text.js';
import { NameSearch, maskEmail } from '../src/scan/search.js';
import { SearchCount } from '../src/search-count.js';
import { SearchDesk } from '../src/search-desk.js';

const PEOPLE = [
  ['Łucja Żak', 'lucja@example.org', 'ORD-1'],
  ['José Ángel Ñandú', 'jose.angel@example.org', 'ORD-1'],
  ['李小龍', 'bruce@example.org', 'ORD-2'],
  ['Zoë Østergård', 'zoe@example.org', 'ORD-3'],
  ["Sinéad O'Brien-Weiß", 'sinead@example.org', 'XK77'],
  ['محمد علي', 'm.ali@example.org', 'ORD-4'],
  ['김민준', 'minjun@example.org', 'ORD-5'],
];

function searchOver(people) {
  const rows = people.map(([name, email, order], i) => [i + 1, 1, 0, 1, name, email, order]);
  const index = new TicketIndex(madeUp(rows));
  return { index, search: new NameSearch(index) };
}

const names = (answer) => answer.rows.map((row) => row[4]);

test('accents, case, letters that do not decompose and dashes do not matter', () => {
  const { search } = searchOver(PEOPLE);
  for (const [typed, found] of [
    ['lucja', 'Łucja Żak'], ['ŻAK', 'Łucja Żak'], ['nandu', 'José Ángel Ñandú'],
    ['ang jos', 'José Ángel Ñandú'], ['osterg', 'Zoë Østergård'], ['obrien', "Sinéad O'Brien-Weiß"],
    ["o'brien", "Sinéad O'Brien-Weiß"], ['weiss', "Sinéad O'Brien-Weiß"], ['محمد', 'محمد علي'],
    ['小龍', '李小龍'], ['민준', '김민준'],
  ]) assert.deepEqual(names(search.find(typed)), [found], typed);
});

test('the middle of a word does not match, and too few letters find nothing', () => {
  const { search } = searchOver(PEOPLE);
  assert.deepEqual(names(search.find('ucja')).length, 1); // one typing error away from Łucja
  assert.deepEqual(search.find('dú'), { rows: [], tooShort: true, fuzzy: false });
  assert.equal(search.find('. . .').tooShort, true);
  assert.equal(search.find('李').tooShort, true);
  assert.equal(search.find('李小').tooShort, false);
});

test('e-mail needs five letters of its local part; orders need their beginning', () => {
  const { search } = searchOver(PEOPLE);
  assert.deepEqual(names(search.find('jose.')), ['José Ángel Ñandú']);
  assert.deepEqual(names(search.find('zoe@')), ['Zoë Østergård']);
  assert.deepEqual(names(search.find('bruc')), []);
  assert.deepEqual(names(search.find('BRUCE')), ['李小龍']);
  assert.deepEqual(names(search.find('xk77')), ["Sinéad O'Brien-Weiß"]);
  assert.equal(search.find('ORD-1').rows.length, 2);
});

test('a printed id finds its ticket, with any front part', () => {
  const { search } = searchOver(PEOPLE);
  assert.deepEqual(names(search.find(`MGY-PF-20261121-${serialLetters(3)}`)), ['李小龍']);
  assert.deepEqual(names(search.find(serialLetters(3).toLowerCase())), ['李小龍']);
});

test('one typing error is forgiven when nothing matches as typed', () => {
  const { search } = searchOver(PEOPLE);
  for (const typed of ['ostegard', 'ostregard', 'osterbard']) {
    const answer = search.find(typed);
    assert.deepEqual([names(answer), answer.fuzzy], [['Zoë Østergård'], true], typed);
  }
});

test('never more than twenty rows', () => {
  const { search } = searchOver(Array.from({ length: 500 }, (_, i) => [`Anna ${i}`, '', '']));
  assert.equal(search.find('anna').rows.length, 20);
});

test('what changes is found under its new name', () => {
  const { index, search } = searchOver(PEOPLE);
  search.find('lucja');
  index.apply(changes(10, {
    tickets: [[1, 1, 0, 1, 'Maria Nowak', '', ''], [50, 1, 0, 1, 'Neu Gast', '', 'N1']],
  }));
  assert.deepEqual(names(search.find('lucja żak')), []);
  assert.deepEqual(names(search.find('nowak')), ['Maria Nowak']);
  assert.deepEqual(names(search.find('gast')), ['Neu Gast']);
});

test('folding and masking', () => {
  assert.equal(foldText('  Þórr  ÆGIR–Straße '), 'thorr aegir strasse');
  assert.equal(maskEmail('anna@example.org'), 'an…@example.org');
  assert.equal(maskEmail(''), '');
});

test('a whole code from elsewhere finds its ticket, a part of it nothing', async () => {
  const { index } = searchOver(PEOPLE);
  const desk = new SearchDesk({ about: () => [] }, { index });
  assert.deepEqual((await desk.find('TM-4711', 1)).rows, []);
  const code = toBase64(await foreignCodeDigest(index.header.event.number, 'TM-4711'));
  index.apply(changes(9, { tickets: [[3, 1, 0, 1, '李小龍', 'bruce@example.org', 'ORD-2', code]] }));
  const { rows, tooShort } = await desk.find(' TM-4711 ', 1);
  assert.deepEqual([rows.length, rows[0].serial, rows[0].name, tooShort], [1, 3, '李小龍', false]);
  assert.deepEqual((await desk.find('TM-471', 1)).rows, []);
  assert.deepEqual((await desk.find('bruce', 1)).rows.map(({ serial }) => serial), [3]);
});

test('a query typed on or taken back is one search; the words stay here (R71)', () => {
  const count = new SearchCount([['Kim', 4]]);
  for (const typed of ['ann', 'anna', 'ann', 'anna p', 'ANNA P ']) count.note(typed, 'Kim');
  assert.deepEqual(count.counts, [['Kim', 5]]);
  for (const typed of ['bob', 'bobby', 'bo1']) count.note(typed, 'Lee');
  count.note('cyd', '');
  assert.deepEqual(count.counts, [['Kim', 5], ['Lee', 2], ['', 1]]);
});

test('of many people the last eight keep their names, and no search is lost', () => {
  const count = new SearchCount();
  for (let person = 0; person < 12; person++) count.note(`name ${person * 11}`, `Person ${person}`);
  const names = count.counts.map(([name]) => name).filter(Boolean);
  assert.deepEqual(names, Array.from({ length: 8 }, (_, n) => `Person ${n + 4}`));
  assert.equal(count.counts.reduce((sum, [, n]) => sum + n, 0), 12);
});
