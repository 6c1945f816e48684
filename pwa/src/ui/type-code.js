/** A ticket code typed or pasted by hand, for a broken camera or a cracked screen. */

import { button, field } from './controls.js';
import { el } from './el.js';
import { openSheet } from './sheet.js';
import { t } from './text.js';

/**
 * @param {(code: string) => void} enter
 */
export function typeCode(enter) {
  const code = field(t('Ticket code'), {
    autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', enterkeyhint: 'go', required: true,
  }, t('Paste it, or read it in with a hand scanner. Most begin with HS.'));
  openSheet(t('Type a code'), (close) => [
    el(
      'form',
      {
        class: 'stack',
        onsubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          close();
          enter(code.input.value);
        },
      },
      code.node,
      button(t('Check this code'), () => undefined, { kind: 'primary', type: 'submit' }),
      button(t('Back'), close, { kind: 'quiet' }),
    ),
  ]);
  code.input.focus();
}
