/** The last decision, small, until the next one; a tap shows it large again. */

import { data } from './controls.js';
import { el, fill } from './el.js';
import { stampMark } from './stamp-mark.js';
import { t } from './text.js';
import { familyOf, verdictWord } from './verdict-words.js';

/** @typedef {import('../../types/door.js').Light} Light */

/**
 * @param {(light: Light) => void} enlarge
 */
export function lastVerdict(enlarge) {
  const node = el('div', { class: 'last-verdict' });
  clear();

  function clear() {
    node.className = 'last-verdict idle';
    fill(node, el('p', {}, t('Hold a ticket code in the frame')));
  }

  /**
   * @param {Light} light
   */
  function show(light) {
    const family = familyOf(light.verdict, light.flags);
    node.className = `last-verdict ${family}`;
    fill(
      node,
      el(
        'button',
        { type: 'button', class: 'last-verdict-button', onclick: () => enlarge(light) },
        stampMark(family),
        el(
          'span',
          { class: 'last-verdict-text' },
          el('strong', {}, verdictWord(light.verdict, light.admit)),
          el('span', {}, data([light.name, light.tier].filter(Boolean).join(' · '))),
        ),
      ),
    );
  }

  return { node, show, clear };
}
