/** What went wrong, in the words of the person at the door. */

import { button, data } from './controls.js';
import { el } from './el.js';
import { openSheet } from './sheet.js';
import { t } from './text.js';

/**
 * @param {unknown} error
 * @returns {import('./el.js').Child}
 */
export function troubleWords(error) {
  const { name, message, reason } = /** @type {Error & { reason?: string }} */ (error);
  if (name === 'Unreachable') return t('The server cannot be reached. Check the connection, then try again.');
  if (name !== 'NotScanning') return data(message ?? String(error));
  switch (reason) {
    case 'lock': return t('Another window scans for this event.');
    case 'no_list': return t('The guest list is not on this phone yet. Connect once, then scan.');
    case 'locked': return t('The guest list cannot be read on this phone now, so nothing can be decided.');
    case 'list': return t('Choose a list first: Settings, New shift.');
    default: return t('This pairing has ended.');
  }
}

/**
 * Say it in a sheet; for what a tap asked for and did not get.
 * @param {unknown} error
 */
export function showTrouble(error) {
  openSheet(t('This did not work'), (close) => [
    el('p', {}, troubleWords(error)),
    button(t('Back'), close, { kind: 'quiet' }),
  ]);
}
