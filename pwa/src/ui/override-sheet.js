/** "Admit anyway": a reason, and a supervisor's word by PIN or by the phone's role. */

import { button, choice, data, field, oneAtATime } from './controls.js';
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
 * @param {() => void} [done]
 */
export function overrideSheet(door, subject, name, done = () => {}) {
  const reasons = [t('Guest of the organizer'), t('Was wrongly scanned before'), t('Checked at the desk'), t('Another reason')];
  const other = reasons.length - 1;
  let chosen = 0;
  const text = field(t('Reason'), { maxlength: 200, autocomplete: 'off' });
  text.node.hidden = true;
  const pin = pinField(door);
  const admit = oneAtATime((/** @type {() => void} */ close) => {
    const reason = chosen === other ? text.input.value : (reasons[chosen] ?? '');
    return door.decisions.override(subject, reason, pin.value()).then(() => { close(); done(); }, pin.refused);
  });

  openSheet(t('Admit anyway?'), (close) => [
    name && el('p', { class: 'sheet-name' }, data(name)),
    el(
      'form',
      {
        class: 'stack',
        onsubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          admit(close);
        },
      },
      choice(t('Why'), reasons.map((label, value) => ({ value, label, said: true })), chosen, (value) => {
        chosen = value;
        text.node.hidden = value !== other;
        text.input.required = value === other;
        if (value === other) text.input.focus();
      }),
      text.node,
      pin.node,
      pin.trouble,
      el('p', { class: 'hint' }, t('It stands apart in the log, with the reason and your name.')),
      el(
        'div',
        { class: 'sheet-foot' },
        button(t('Admit anyway'), () => undefined, { kind: 'primary', type: 'submit', icon: 'supervisor' }),
        button(t('Back'), close, { kind: 'quiet' }),
      ),
    ),
  ]);
}
