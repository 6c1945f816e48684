/** What stands behind a light or a search result, for what is done about it afterwards. */

import { pickedRow } from './read-code.js';

/** @typedef {import('../../types/door.js').Light} Light */
/** @typedef {import('../../types/door.js').How} How */
/** @typedef {{read: import('./read-code.js').CodeRead, how: How}} Seen */

/** @type {WeakMap<Light, Seen>} */
const behind = new WeakMap();

/**
 * @param {Light} light
 * @param {Seen} seen
 * @returns {Light}
 */
export function remember(light, seen) {
  behind.set(light, seen);
  return light;
}

/**
 * @param {import('../../types/door.js').Subject} subject
 * @param {number} event its number
 * @returns {Seen | null} null: this light is about no code
 */
export function seenOf(subject, event) {
  if (typeof subject === 'number') return { read: pickedRow(event, subject), how: 'search' };
  return behind.get(subject) ?? null;
}

/**
 * The serial of the event's ticket that was read.
 * @param {Seen | null} seen
 * @param {number} event its number
 * @returns {number} 0: none, or not genuine
 */
export function serialOf(seen, event) {
  if (!seen) return 0;
  const { check, serial, event: read } = seen.read.token;
  if (check === 'search' || check === 'foreign') return serial;
  return check === 'ok' && read === event ? serial : 0;
}
