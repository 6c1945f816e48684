/** When a guest list can be read on this phone, in plain words. */

import { el } from './el.js';
import { dayAndTime } from './format.js';
import { t } from './text.js';

/** @typedef {import('../../types/door.js').Door} Door */

/**
 * @param {Door} door
 * @param {number} now
 * @returns {string} '' when the list can be read, or nothing is known of its key
 */
export function releaseWords(door, now) {
  const { release, ready } = door.status;
  if (ready || !release || release.readable) return '';
  const when = dayAndTime(release.from, door.info.event.time_zone);
  if (now >= release.until) return t('The event is over: its guest list was deleted from this phone.');
  if (now >= release.from) return t('The guest list can be opened now. Connect this phone once; from then on it works offline.');
  return release.waiting
    ? t('The guest list is on this phone, but locked. It opens at the first contact with the server from {when} on, and works offline from then on.', { when })
    : t('The guest list can be read from {when} on. Connect this phone once after that; from then on it works offline.', { when });
}

/** @param {Door} door */
export function releaseNote(door) {
  const words = releaseWords(door, Date.now());
  return words && el('p', { class: 'empty', 'data-release': '' }, words);
}
