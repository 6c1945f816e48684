/** How many are inside: never more than "at least", with its time and who was not heard. */

import { el, fill } from './el.js';
import { shortTime } from './format.js';
import { t, tn } from './text.js';

/** @typedef {import('../../types/door.js').Door} Door */

/**
 * @param {Door} door
 */
export function insideLine(door) {
  const node = el('p', { class: 'inside-line' });

  function refresh() {
    const { inside } = door;
    node.hidden = inside === null;
    if (!inside) return;
    const { n, capacity, asOf, unheard } = inside;
    const full = capacity !== null && n >= capacity;
    const time = shortTime(asOf, door.info.event.time_zone);
    node.classList.toggle('full', full);
    fill(
      node,
      el('strong', {}, capacity === null ? t('At least {n} inside', { n }) : t('At least {n} of {capacity} inside', { n, capacity })),
      full && el('strong', {}, t('Full')),
      el('span', {}, t('as of {time}', { time })),
      unheard > 0 && el('span', {}, tn(unheard, '{n} phone unheard', '{n} phones unheard')),
    );
  }

  refresh();
  return { node, refresh };
}
