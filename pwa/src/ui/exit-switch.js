/** Entry or exit: what a scan means here, and a band that nobody can overlook while it means exit. */

import { el, fill } from './el.js';
import { icon } from './icons.js';
import { t } from './text.js';

/** @typedef {import('../../types/door.js').Door} Door */

/**
 * @param {Door} door
 */
export function exitSwitch(door) {
  const node = el('button', {
    type: 'button', class: 'mode-switch', 'aria-pressed': 'false', onclick: () => void door.setExiting(!door.exiting),
  });

  function refresh() {
    node.hidden = !door.list?.exits;
    node.setAttribute('aria-pressed', String(door.exiting));
    fill(node, icon(door.exiting ? 'leave' : 'enter'), el('span', {}, door.exiting ? t('Exit') : t('Entry')));
    node.setAttribute('aria-label', door.exiting ? t('Exit: scans let out. Switch to entry.') : t('Entry: scans let in. Switch to exit.'));
  }

  refresh();
  return { node, refresh };
}

/**
 * @param {Door} door
 */
export function exitBand(door) {
  const node = el('p', { class: 'exit-band', role: 'status' });

  function refresh() {
    node.hidden = !door.exiting;
    fill(node, door.exiting && [icon('leave'), el('span', {}, t('Exit: guests leave here'))]);
  }

  refresh();
  return { node, refresh };
}
