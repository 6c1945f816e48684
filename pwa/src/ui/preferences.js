/** Small choices of the person holding the phone: sound, vibration, when the shift began. */

const PREFIX = 'handstamp.';
const SHIFT_MS = 14 * 3600 * 1000;

/** @typedef {'sound' | 'vibration'} Switch */

/**
 * @param {Switch} name
 */
export function isOn(name) {
  return localStorage.getItem(PREFIX + name) !== 'off';
}

/**
 * @param {Switch} name
 * @param {boolean} on
 */
export function turn(name, on) {
  localStorage.setItem(PREFIX + name, on ? 'on' : 'off');
}

/**
 * Whether a shift on this pairing began less than 14 hours ago and was not ended.
 * @param {string} pairing
 * @param {number} now
 */
export function shiftRuns(pairing, now) {
  const began = Number(localStorage.getItem(`${PREFIX}shift.${pairing}`) ?? 0);
  return began > 0 && now - began < SHIFT_MS;
}

/**
 * @param {string} pairing
 * @param {number} now
 */
export function beginShift(pairing, now) {
  localStorage.setItem(`${PREFIX}shift.${pairing}`, String(now));
}

/**
 * @param {string} pairing
 */
export function endShift(pairing) {
  localStorage.removeItem(`${PREFIX}shift.${pairing}`);
}
