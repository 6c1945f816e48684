/** The drill before doors: what a phone needs tonight, each point green, red or not to be known here. */

import { Decoder } from './scan/decoder.js';
import { selfScan } from './scan/self-scan.js';

/** @typedef {import('../types/door.js').Drill} Drill */
/** @typedef {import('../types/door.js').DrillCheck} DrillCheck */
/** @typedef {import('./data/ticket-index.js').TicketIndex} TicketIndex */

const OLDEST_LIST_S = 15 * 60;
const MOST_SKEW_MS = 120_000;
const LEAST_BATTERY = 0.3;
const MOST_VALUE = 60;

/**
 * @typedef {object} Phone what the drill looks at
 * @property {TicketIndex | null} index
 * @property {number} now server time, ms
 * @property {number | null} listAgeS
 * @property {boolean | null} persisted
 * @property {string} camera its state
 * @property {() => Promise<boolean>} worker the app starts without a network
 * @property {number | null} clockSkewMs phone minus server
 * @property {{level: number, charging: boolean} | null} battery
 * @property {number} pending
 * @property {string} build
 * @property {boolean} updateWaiting
 * @property {{readable: boolean, until: number} | null} [release] of the list's key; null: not known
 */

/**
 * @param {Phone} phone
 * @returns {Promise<Drill>}
 */
export async function runDrill(phone) {
  const { listAgeS, persisted, camera, clockSkewMs, battery, pending, build } = phone;
  const worker = await phone.worker().catch(() => false);
  const scanned = await trySelfScan(phone);
  const checks = [
    check('list_age', listAgeS !== null && listAgeS <= OLDEST_LIST_S, listAgeS ?? ''),
    check('storage', persisted, persisted ? 'kept' : ''),
    check('camera', camera === 'running', camera),
    check('worker', worker, worker ? 'active' : ''),
    check('self_scan', scanned === '', scanned || 'read'),
    check('clock', clockSkewMs === null ? null : Math.abs(clockSkewMs) <= MOST_SKEW_MS, clockSkewMs ?? ''),
    batteryCheck(battery),
    check('outbox', pending === 0, pending),
    check('build', !phone.updateWaiting, build),
    keyCheck(phone.release ?? null, phone.now),
  ];
  return { at: Math.round(phone.now), checks };
}

/**
 * @param {DrillCheck['id']} id
 * @param {boolean | null} ok
 * @param {string | number} value
 * @returns {DrillCheck}
 */
function check(id, ok, value) {
  return { id, ok, value: String(value).slice(0, MOST_VALUE) };
}

/** @param {Phone['battery']} battery */
function batteryCheck(battery) {
  if (!battery) return check('battery', null, '');
  const { level, charging } = battery;
  return check('battery', charging || level >= LEAST_BATTERY, Math.round(level * 100));
}

/** @param {{readable: boolean, until: number} | null} release @param {number} now */
function keyCheck(release, now) {
  if (!release) return check('key', null, '');
  return check('key', release.readable && now < release.until, release.until);
}

/** A decoder of its own, so that the one behind the camera is not disturbed. @param {Phone} phone */
async function trySelfScan({ index, now, listAgeS }) {
  if (!index) return 'list';
  const decoder = new Decoder();
  try {
    return await selfScan({ decoder, index, now, listAgeS: listAgeS ?? 0 });
  } catch (error) {
    console.error(error);
    return 'decoder';
  } finally {
    decoder.close();
  }
}
