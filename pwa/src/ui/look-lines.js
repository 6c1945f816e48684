/** What a person is to look at before a guest is let in: age, photo, or what the organizer wrote. */

import { data } from './controls.js';
import { el } from './el.js';
import { t } from './text.js';

/**
 * @param {import('../../types/door.js').Look} look
 */
export function lookLines({ kinds, texts }) {
  const asked = kinds.map(kindWords).filter(Boolean);
  return el(
    'ul',
    { class: 'look-lines' },
    asked.map((words) => el('li', {}, words)),
    texts.map((text) => el('li', {}, data(text))),
  );
}

/** @param {string} kind */
function kindWords(kind) {
  if (kind === 'age') return t('Check the age');
  if (kind === 'photo') return t('Compare with a photo ID');
  return '';
}
