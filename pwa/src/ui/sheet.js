/** A sheet from the bottom edge for one question; Escape, back and a tap outside close it. */

import { el } from './el.js';

/**
 * @param {string} title
 * @param {(close: () => void) => (import('./el.js').Child)[]} content
 * @returns {HTMLDialogElement}
 */
export function openSheet(title, content) {
  const dialog = el('dialog', {
    class: 'sheet',
    'aria-labelledby': 'sheet-title',
    onclick: (/** @type {MouseEvent} */ event) => {
      if (event.target === dialog) dialog.close();
    },
    onclose: () => {
      dialog.remove();
      tell();
    },
  });
  const close = () => dialog.close();
  dialog.append(
    el('div', { class: 'sheet-body' }, el('h2', { id: 'sheet-title' }, title), content(close)),
  );
  document.body.append(dialog);
  dialog.showModal();
  tell();
  return dialog;
}

/** The next guest is here: what was asked about the one before is over. */
export function closeSheets() {
  for (const dialog of document.querySelectorAll('dialog.sheet')) {
    /** @type {HTMLDialogElement} */ (dialog).close();
  }
}

/** Let the camera know whether a question is open. */
function tell() {
  const detail = document.querySelector('dialog.sheet') !== null;
  document.dispatchEvent(new CustomEvent('sheets', { detail }));
}
