/** The few controls all screens are made of: buttons, fields, switches, choices. */

import { el } from './el.js';
import { icon } from './icons.js';

/** @typedef {import('./icons.js').IconName} IconName */

let ids = 0;

/**
 * @param {string} label
 * @param {() => void} onclick
 * @param {{ kind?: 'primary' | 'quiet' | 'danger', icon?: IconName, disabled?: boolean, type?: 'button' | 'submit' }} [look]
 */
export function button(label, onclick, look = {}) {
  return el(
    'button',
    { type: look.type ?? 'button', class: `button ${look.kind ?? ''}`, onclick, disabled: look.disabled },
    look.icon && icon(look.icon),
    el('span', {}, label),
  );
}

/**
 * A tap's work, one at a time: a second tap meant the first one, and decides nothing of its own.
 * @template {unknown[]} Given
 * @param {(...given: Given) => Promise<unknown>} work never rejects
 * @returns {(...given: Given) => void}
 */
export function oneAtATime(work) {
  let running = false;
  return (...given) => {
    if (running) return;
    running = true;
    void work(...given).then(() => { running = false; });
  };
}

/**
 * A labelled input; `hint` is read out with it.
 * @param {string} label
 * @param {Record<string, unknown>} props
 * @param {string} [hint]
 */
export function field(label, props, hint = '') {
  const id = `field-${(ids += 1)}`;
  const input = el('input', { id, class: 'input', dir: 'auto', 'aria-describedby': hint ? `${id}-hint` : null, ...props });
  const node = el(
    'div',
    { class: 'field' },
    el('label', { for: id }, label),
    input,
    hint && el('p', { id: `${id}-hint`, class: 'hint' }, hint),
  );
  return { node, input };
}

/**
 * @param {string} label
 * @param {boolean} on
 * @param {(on: boolean) => void} changed
 * @param {string} [hint]
 */
export function toggle(label, on, changed, hint = '') {
  const id = `field-${(ids += 1)}`;
  const input = el('input', {
    id, type: 'checkbox', role: 'switch', class: 'toggle-box', 'aria-describedby': hint ? `${id}-hint` : null,
    onchange: () => changed(input.checked),
  });
  input.checked = on;
  return el(
    'div',
    { class: 'toggle' },
    el('label', { for: id }, el('span', {}, label), input),
    hint && el('p', { id: `${id}-hint`, class: 'hint' }, hint),
  );
}

/**
 * One of several, as large rows.
 * @template V
 * @param {string} legend
 * @param {{ value: V, label: string, note?: string, hint?: string, said?: boolean }[]} options
 *   labels and notes are data, not interface text, unless `said`; hints are
 * @param {V | null} chosen
 * @param {(value: V) => void} changed
 */
export function choice(legend, options, chosen, changed) {
  const name = `choice-${(ids += 1)}`;
  return el(
    'fieldset',
    { class: 'choice' },
    el('legend', {}, legend),
    options.map(({ value, label, note, hint, said }) => {
      const input = el('input', { type: 'radio', name, onchange: () => changed(value) });
      input.checked = value === chosen;
      return el(
        'label',
        { class: 'choice-row' },
        input,
        el('span', { class: 'choice-text' }, said ? el('span', {}, label) : data(label), note && el('small', { translate: 'no', dir: 'auto' }, note), hint && el('small', {}, hint)),
      );
    }),
  );
}

/**
 * A fact: its name and its value.
 * @param {string} term
 * @param {import('./el.js').Child} value
 */
export function fact(term, value) {
  return el('div', { class: 'fact' }, el('dt', {}, term), el('dd', {}, value));
}

/**
 * Text that came from people, in any script and direction.
 * @param {string} text
 * @param {string} [className]
 */
export function data(text, className) {
  return el('bdi', { class: className, dir: 'auto', translate: 'no' }, text);
}
