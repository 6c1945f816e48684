/** When this window may not scan: another window does, or the pairing has ended. */

import { button, data } from './controls.js';
import { el } from './el.js';
import { waiting } from './format.js';
import { forgetPairing } from './preferences.js';
import { stampMark } from './stamp-mark.js';
import { t } from './text.js';

/** @typedef {import('../../types/door.js').App} App */
/** @typedef {import('../../types/door.js').Door} Door */
/** @typedef {import('./door-view.js').Ways} Ways */

/**
 * @param {Door} door
 * @param {Ways} ways
 */
export function takeOverScreen(door, ways) {
  return el(
    'section',
    { class: 'plain-screen ended-screen' },
    stampMark('used'),
    el('h1', {}, t('Another window scans for this event')),
    el('p', { class: 'muted' }, data(door.info.event.title)),
    el('p', {}, t('Only one window of a pairing scans at a time, so that its log stays in order.')),
    el(
      'div',
      { class: 'foot' },
      button(t('Scan in this window'), () => void door.takeOver(), { kind: 'primary', icon: 'scan' }),
      button(t('Other events'), ways.pairings, { kind: 'quiet' }),
    ),
  );
}

/**
 * @param {App} app
 * @param {Door} door
 * @param {Ways} ways
 */
export function standingScreen(app, door, ways) {
  const { pending, standing } = door.status;
  const { title, words } = ending(standing);
  const gone = () => {
    forgetPairing(door.id);
    ways.pairings();
  };
  return el(
    'section',
    { class: 'plain-screen ended-screen' },
    stampMark('refused'),
    el('h1', {}, title),
    el('p', { class: 'muted' }, data(door.info.event.title)),
    el('p', {}, words),
    el('p', { class: 'ended-waits' }, pending > 0 ? waiting(pending) : t('Every scan of this phone is with the organizer.')),
    el(
      'div',
      { class: 'foot' },
      pending > 0 && button(t('Hand in now'), () => void door.syncNow(), { kind: 'primary', icon: 'sync' }),
      button(t('Pair again'), ways.pair, pending > 0 ? {} : { kind: 'primary' }),
      pending === 0 && button(t('Remove from this phone'), () => void app.forget(door.id).then(gone), { kind: 'quiet' }),
    ),
  );
}

/**
 * @param {import('../../types/door.js').Standing} standing
 * @returns {{ title: string, words: string }}
 */
function ending(standing) {
  switch (standing) {
    case 'expired':
      return { title: t('This pairing has expired'), words: t('The event is over for this phone. It hands in what it still holds.') };
    case 'repair':
      return { title: t('This phone must be paired again'), words: t('Its log no longer agrees with the server’s, perhaps after a restored backup. Ask the organizer for a new pairing code. Earlier scans are kept and sent.') };
    case 'gone':
      return { title: t('This phone was removed'), words: t('Everything was handed in, and the guest list is deleted from this phone.') };
    default:
      return { title: t('This phone was removed'), words: t('The organizer ended this pairing. The guest list is deleted; scans that wait are still handed in.') };
  }
}
