/** What a person is to look at before a guest is let in: age, photo, or what the organizer wrote. */

import { data } from './controls.js';
import { el } from './el.js';
import { t } from './text.js';

/**
 * @param {import('../../types/door.js').Look} look
 */
export function lookLines(look) {
  return el(
    'ul',
    { class: 'look-lines' },
    lookWords(look).map((words) => el('li', {}, words)),
  );
}

/**
 * The same in reading order, for a screen reader too.
 * @param {import('../../types/door.js').Look} look
 * @returns {(string | HTMLElement)[]}
 */
export function lookWords({ kinds, texts }) {
  return [...kinds.map(kindWords).filter(Boolean), ...texts.map((text) => data(text))];
}

/** @param {string} kind */
function kindWords(kind) {
  if (kind === 'age') return t('Check the age');
  if (kind === 'photo') return t('Compare with a photo ID');
  return '';
}
