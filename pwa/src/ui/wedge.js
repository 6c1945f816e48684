/** A hand scanner that types: heard anywhere in the app but in a field, never given the focus. */

import { PAUSE_MS, WedgeKeys } from '../scan/wedge-keys.js';

const NOT_TYPED = ['button', 'checkbox', 'radio', 'range', 'submit', 'reset', 'color', 'file', 'image'];

/**
 * @param {(code: string) => void} read
 * @returns {() => void} listen no longer
 */
export function listenForWedge(read) {
  const keys = new WedgeKeys();
  let timer = 0;

  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing || isCommand(event) || inField(event.target)) {
      keys.forget();
      return;
    }
    const { taken, text } = keys.key(event.key, event.timeStamp);
    if (taken) {
      // A scanner's Enter presses no button, its Tab moves no focus, its letters are no shortcut.
      event.preventDefault();
      event.stopPropagation();
    }
    clearTimeout(timer);
    if (text) read(text);
    else timer = window.setTimeout(onSilence, PAUSE_MS);
  };

  const onSilence = () => {
    const text = keys.silent(performance.now());
    if (text) read(text);
  };

  document.addEventListener('keydown', onKey, true);
  return () => {
    clearTimeout(timer);
    document.removeEventListener('keydown', onKey, true);
  };
}

/** @param {KeyboardEvent} event */
function isCommand(event) {
  return (event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState('AltGraph');
}

/** @param {EventTarget | null} target */
function inField(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !NOT_TYPED.includes(target.type);
  return target.isContentEditable || target.matches('textarea, select');
}
