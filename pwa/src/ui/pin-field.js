/** The supervisor's PIN: asked where this phone is no supervisor's, refused in plain words. */

import { field } from './controls.js';
import { el, fill } from './el.js';
import { t, tn } from './text.js';
import { troubleWords } from './trouble.js';

/** @typedef {import('../../types/door.js').Door} Door */

/**
 * @param {Door} door
 * @param {boolean} needed whatever the phone's role
 */
export function pinField(door, needed = true) {
  const asks = needed && door.decisions.supervision === 'pin';
  const pin = field(t('Supervisor PIN'), {
    type: 'password', inputmode: 'numeric', autocomplete: 'off', maxlength: 8, pattern: '[0-9]*', required: true,
  });
  const trouble = el('p', { class: 'pin-trouble', role: 'alert' });

  /** @param {unknown} error */
  function refused(error) {
    fill(trouble, pinWords(error));
    pin.input.value = '';
    if (asks) pin.input.focus();
  }

  return { node: asks ? pin.node : null, trouble, value: () => (asks ? pin.input.value : ''), refused };
}

/**
 * @param {unknown} error
 */
function pinWords(error) {
  const { name, reason, left, wait } = /** @type {{name: string, reason: string, left: number, wait: number}} */ (error);
  if (name === 'NothingToUndo') return t('There is nothing to take back any more.');
  if (name !== 'PinRefused') return troubleWords(error);
  if (reason === 'none') return t('This event has no supervisor PIN. The organizer sets it on the page of the phones.');
  if (left > 0) return tn(left, 'Wrong PIN. {n} more try.', 'Wrong PIN. {n} more tries.');
  const seconds = Math.max(1, Math.ceil(wait / 1000));
  if (seconds < 90) return tn(seconds, 'Too many wrong PINs. Try again in {n} second.', 'Too many wrong PINs. Try again in {n} seconds.');
  const minutes = Math.ceil(seconds / 60);
  return tn(minutes, 'Too many wrong PINs. Try again in {n} minute.', 'Too many wrong PINs. Try again in {n} minutes.');
}
