/** Which language a phone speaks, and that counts take their right form in each. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { LANGUAGES, languageFor } from '../src/ui/language.js';
import { formatLocale, t, tn, useLanguage } from '../src/ui/text.js';

/** @param {string} language */
const catalogue = async (language) =>
  JSON.parse(await readFile(new URL(`../locales/${language}.json`, import.meta.url), 'utf8'));

test('the first wish that is spoken here counts, by its first part', () => {
  assert.equal(languageFor(['fr-CA', 'en']), 'fr');
  assert.equal(languageFor([null, null, 'pt-BR', 'DE-at', 'es']), 'de');
  assert.equal(languageFor(['constructor', '', 'x'.repeat(9_000)]), 'en');
  assert.equal(languageFor([]), 'en');
  assert.equal(languageFor(['qpr', 'fr']), 'qpr');
});

test('a language speaks its own words, and its own form of a count', async () => {
  useLanguage('fr', await catalogue('fr'));
  assert.equal(t('Already used'), 'Déjà utilisé');
  assert.equal(tn(0, '{n} scan waits to be sent', '{n} scans wait to be sent'), '0 scan à envoyer');
  assert.equal(tn(2, '{n} scan waits to be sent', '{n} scans wait to be sent'), '2 scans à envoyer');
  assert.equal(tn(2e6, '{n} ticket', '{n} tickets'), '2000000 billets');
  useLanguage('de', await catalogue('de'));
  assert.equal(tn(0, '{n} scan waits to be sent', '{n} scans wait to be sent'), '0 Scans noch zu senden');
  assert.equal(tn(1, '{n} scan waits to be sent', '{n} scans wait to be sent'), '1 Scan noch zu senden');
  useLanguage('en');
});

test('what a catalogue lacks is said in English', () => {
  useLanguage('es', { Valid: '', '{n} tickets': { one: '', other: '' } });
  assert.equal(t('Valid'), 'Valid');
  assert.equal(t('Never translated'), 'Never translated');
  assert.equal(tn(1, '{n} ticket', '{n} tickets'), '1 ticket');
  assert.equal(tn(3, '{n} ticket', '{n} tickets'), '3 tickets');
  assert.equal(formatLocale(), 'es');
  useLanguage('qpr');
  assert.equal(formatLocale(), 'en');
  assert.match(t('Valid'), /^⟦.*⟧$/);
  useLanguage('en');
});

test('there is a catalogue for every language but English', async () => {
  for (const language of Object.keys(LANGUAGES).filter((one) => one !== 'en')) {
    assert.ok(Object.keys(await catalogue(language)).length > 200, language);
  }
});
