/** Small choices of the person holding the phone: sound, vibration, when the shift began. */

const PREFIX = 'handstamp.';
const SHIFT_MS = 14 * 3600 * 1000;
const MOST_OPERATORS = 8;

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

/** Minutes without a touch or a scan after which the phone asks who holds it; 0: never. */
export function lockMinutes() {
  return Number(localStorage.getItem(`${PREFIX}lock`) ?? 15);
}

/**
 * @param {number} minutes
 */
export function lockAfter(minutes) {
  localStorage.setItem(`${PREFIX}lock`, String(minutes));
}

/**
 * @param {string} pairing
 */
export function isLocked(pairing) {
  return localStorage.getItem(`${PREFIX}locked.${pairing}`) === 'yes';
}

/**
 * @param {string} pairing
 * @param {boolean} on
 */
export function setLocked(pairing, on) {
  if (on) localStorage.setItem(`${PREFIX}locked.${pairing}`, 'yes');
  else localStorage.removeItem(`${PREFIX}locked.${pairing}`);
}

/**
 * Names of those who scanned with this pairing, the last one first.
 * @param {string} pairing
 * @returns {string[]}
 */
export function operators(pairing) {
  try {
    return JSON.parse(localStorage.getItem(`${PREFIX}operators.${pairing}`) ?? '[]');
  } catch {
    return [];
  }
}

/**
 * @param {string} pairing
 * @param {string} name
 */
export function keepOperator(pairing, name) {
  if (!name) return;
  const names = [name, ...operators(pairing).filter((other) => other !== name)];
  localStorage.setItem(`${PREFIX}operators.${pairing}`, JSON.stringify(names.slice(0, MOST_OPERATORS)));
}

/**
 * The pairing is gone from this phone, and with it who held it.
 * @param {string} pairing
 */
export function forgetPairing(pairing) {
  for (const name of ['operators', 'locked', 'shift']) localStorage.removeItem(`${PREFIX}${name}.${pairing}`);
}
