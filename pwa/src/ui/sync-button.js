/** Sync now: one button that stays the same node while its words change. */

import { button } from './controls.js';
import { t } from './text.js';

/** @typedef {import('../../types/door.js').Door} Door */

/**
 * @param {Door} door
 */
export function syncButton(door) {
  const node = button(t('Sync now'), () => void door.syncNow(), { icon: 'sync' });
  const words = node.querySelector('span');

  function refresh() {
    const { syncing } = door.status;
    if (words) words.textContent = syncing ? t('Sending…') : t('Sync now');
    node.setAttribute('aria-busy', String(syncing));
  }

  refresh();
  return { node, refresh };
}
