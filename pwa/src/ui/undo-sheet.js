/** Undo: at once inside the own window; past it, or for another phone's decision, by a supervisor. */

import { button, data, oneAtATime } from './controls.js';
import { el } from './el.js';
import { pinField } from './pin-field.js';
import { openSheet } from './sheet.js';
import { t } from './text.js';

/** @typedef {import('../../types/door.js').Door} Door */
/** @typedef {import('../../types/door.js').Subject} Subject */

/**
 * @param {Door} door
 * @param {Subject} subject
 * @param {string} name of the guest, '' when not known
 * @param {boolean} own inside the steward's window
 * @param {() => void} [done]
 */
export function undoSheet(door, subject, name, own, done = () => {}) {
  const pin = pinField(door, !own);
  const undo = oneAtATime((/** @type {() => void} */ close) => {
    return door.decisions.undo(subject, pin.value()).then(() => { close(); done(); }, pin.refused);
  });
  openSheet(t('Take back the last decision?'), (close) => [
    name && el('p', { class: 'sheet-name' }, data(name)),
    el(
      'form',
      {
        class: 'stack',
        onsubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          undo(close);
        },
      },
      el('p', { class: 'hint' }, t('The ticket counts as if this had not been decided. The log keeps both.')),
      pin.node,
      pin.trouble,
      button(t('Undo'), () => undefined, { kind: 'primary', type: 'submit', icon: 'undo' }),
      button(t('Back'), close, { kind: 'quiet' }),
    ),
  ]);
}
