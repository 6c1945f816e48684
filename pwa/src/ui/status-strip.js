/** The line above the camera: event, list and gate; connection, waiting scans, list age. */

import { data } from './controls.js';
import { el, fill } from './el.js';
import { exitBand } from './exit-switch.js';
import { listAge } from './format.js';
import { icon } from './icons.js';
import { insideLine } from './inside-line.js';
import { t, tn } from './text.js';

/** @typedef {import('../../types/door.js').Door} Door */

/**
 * @param {Door} door
 */
export function statusStrip(door) {
  const place = el('div', { class: 'strip-place' });
  const state = el('div', { class: 'strip-state' });
  const spoken = el('p', { class: 'unseen', role: 'status' });
  const inside = insideLine(door);
  const band = exitBand(door);
  const node = el('header', { class: 'status-strip' }, place, state, inside.node, band.node, spoken);
  let heard = door.status.online;

  function refresh() {
    const { online, pending, listAgeS } = door.status;
    const where = [door.list?.name, door.gate].filter(Boolean).join(' · ');
    const waits = pending > 0 ? tn(pending, '{n} waits', '{n} wait') : '';
    if (online !== heard) spoken.textContent = online ? t('Online') : t('Offline. Scanning goes on.');
    heard = online;
    inside.refresh();
    band.refresh();
    fill(place, el('strong', {}, data(door.info.event.title)), where && el('span', {}, data(where)));
    fill(
      state,
      el(
        'span',
        { class: online ? 'pill' : 'pill offline' },
        icon(online ? 'online' : 'offline'),
        el('span', {}, [online ? t('Online') : t('Offline'), waits].filter(Boolean).join(' · ')),
      ),
      el('span', { class: 'strip-age' }, listAge(listAgeS)),
    );
  }

  refresh();
  return { node, refresh };
}
