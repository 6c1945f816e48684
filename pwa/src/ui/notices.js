/** Calm messages above the thumb bar: a new version, a low battery. Never during a verdict. */

import { button } from './controls.js';
import { el } from './el.js';
import { releaseWords } from './release-words.js';
import { t, tn } from './text.js';

/** @typedef {import('../../types/door.js').App} App */
/** @typedef {import('../../types/door.js').Door} Door */

export function notices() {
  const node = el('div', { class: 'notices', role: 'status' });

  /**
   * @param {string} key one notice of a kind at a time
   * @param {string} text
   * @param {string} label
   * @param {() => void | Promise<void>} act
   */
  function add(key, text, label, act) {
    const notice = el(
      'div',
      { class: 'notice', 'data-kind': key },
      el('p', {}, text),
      el(
        'div',
        { class: 'notice-buttons' },
        button(t('Later'), () => notice.remove(), { kind: 'quiet' }),
        button(label, () => {
          notice.remove();
          void act();
        }),
      ),
    );
    node.querySelector(`[data-kind="${key}"]`)?.remove();
    node.append(notice);
  }

  return { node, add };
}

/** @typedef {ReturnType<typeof notices>} Notices */

/**
 * The update waits for a tap, and the tap waits for an open decision.
 * @param {Notices} board
 * @param {App} app
 */
export function offerUpdate(board, app) {
  if (!app.updateWaiting) return;
  board.add('update', t('A new version of this app is ready. Your scans stay.'), t('Update'), async () => {
    try {
      await app.applyUpdate();
    } catch {
      offerUpdate(board, app);
    }
  });
}

/**
 * Why nothing can be scanned yet, or no more; said once, and taken back when the list can be read.
 * @param {Notices} board
 * @param {Door} door
 */
export function tellRelease(board, door) {
  const { node } = board;
  const words = releaseWords(door, Date.now());
  if (words === (node.dataset.release ?? '')) return;
  node.dataset.release = words;
  if (words) board.add('release', words, t('Sync now'), () => door.syncNow());
  else node.querySelector('[data-kind="release"]')?.remove();
}

/**
 * @param {Notices} board
 * @param {Door} door
 * @param {number} percent
 */
export function warnOfBattery(board, door, percent) {
  const waits = door.status.pending;
  const text = waits > 0
    ? tn(waits, 'Battery at {percent} %. {n} scan waits: send it while you can.', 'Battery at {percent} %. {n} scans wait: send them while you can.', { percent })
    : t('Battery at {percent} %. Everything is sent.', { percent });
  board.add('battery', text, t('Sync now'), () => door.syncNow());
}
