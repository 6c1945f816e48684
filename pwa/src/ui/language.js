/** Which language this phone speaks: what its holder chose, else what the browser asks for. */

import { el } from './el.js';
import { PSEUDO, PSEUDO_RTL, t, useLanguage } from './text.js';

/** @typedef {import('./text.js').Catalogue} Catalogue */

/** Each in its own name; English first, it needs no catalogue. */
export const LANGUAGES = Object.freeze({ en: 'English', fr: 'Français', es: 'Español', de: 'Deutsch' });

const KEPT = 'handstamp.language';
const FROM_THE_RIGHT = new Set(['ar', 'fa', 'he', 'ur', PSEUDO_RTL]);

/**
 * The first wish that there is a catalogue for, by its first part; English when there is none.
 * @param {readonly (string | null)[]} wishes language tags, the strongest first
 */
export function languageFor(wishes) {
  for (const wish of wishes) {
    const name = (wish ?? '').toLowerCase().split('-')[0] ?? '';
    if (Object.hasOwn(LANGUAGES, name) || name === PSEUDO || name === PSEUDO_RTL) return name;
  }
  return 'en';
}

/**
 * Speak the language of the address (for tests and links), of the holder, or of the browser. A
 * catalogue that cannot be had leaves English.
 * @param {string | null} asked
 * @param {(language: string) => Promise<Catalogue>} load
 */
export async function speakWanted(asked, load) {
  let language = languageFor([asked, localStorage.getItem(KEPT), ...navigator.languages]);
  const ours = Object.hasOwn(LANGUAGES, language) && language !== 'en';
  try {
    useLanguage(language, ours ? await load(language) : {});
  } catch {
    language = 'en';
    useLanguage(language);
  }
  const page = document.documentElement;
  page.lang = language;
  page.dir = FROM_THE_RIGHT.has(language) ? 'rtl' : 'ltr';
  document.title = t('Handstamp door');
}

/** A choice of languages; the app begins anew in the one chosen. */
export function languageChoice() {
  const now = document.documentElement.lang;
  const select = el(
    'select',
    { id: 'language', class: 'input', onchange: () => { localStorage.setItem(KEPT, select.value); location.reload(); } },
    Object.entries(LANGUAGES).map(([value, name]) => el('option', { value, lang: value, translate: 'no', selected: value === now }, name)),
  );
  return el('div', { class: 'field language-choice' }, el('label', { for: 'language' }, t('Language')), select);
}
