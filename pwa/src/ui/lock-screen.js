/** "Who scans now?": a name from those who did, or another one; nothing is decided before. */

import { button, data, field } from './controls.js';
import { el } from './el.js';
import { icon } from './icons.js';
import { operators } from './preferences.js';
import { t } from './text.js';

/** @typedef {import('../../types/door.js').Door} Door */

/**
 * @param {Door} door
 * @param {(name: string) => Promise<void>} open
 */
export function lockScreen(door, open) {
  const known = operators(door.id);
  const name = field(t('Another name'), { autocomplete: 'off', maxlength: 60, required: true });
  return el(
    'section',
    { class: 'plain-screen lock-screen' },
    icon('lock'),
    el('h1', {}, t('Who scans now?')),
    el('p', { class: 'muted' }, data(door.info.event.title)),
    el('ul', { class: 'rows' }, known.map((one) => el(
      'li',
      {},
      el('button', { type: 'button', class: 'row', onclick: () => void open(one) }, icon('person'), el('strong', {}, data(one))),
    ))),
    el(
      'form',
      {
        class: 'foot',
        onsubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          const typed = name.input.value.trim();
          if (typed) void open(typed);
        },
      },
      name.node,
      button(t('Scan under this name'), () => undefined, { kind: known.length ? 'quiet' : 'primary', type: 'submit' }),
    ),
  );
}
