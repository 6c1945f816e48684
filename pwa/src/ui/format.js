/** Times, ages and counts as a person at the door reads them. */

import { formatLocale, t, tn } from './text.js';

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/**
 * @param {string} zone IANA name, empty for the phone's own
 * @param {Intl.DateTimeFormatOptions} options
 */
function format(zone, options) {
  const key = `${formatLocale()} ${zone} ${JSON.stringify(options)}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(formatLocale(), zone ? { ...options, timeZone: zone } : options);
    formats.set(key, found);
  }
  return found;
}

/**
 * Hours, minutes and seconds: two doors may differ by seconds.
 * @param {number} ms
 * @param {string} zone
 */
export function clockTime(ms, zone) {
  return format(zone, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(ms);
}

/**
 * @param {number} ms
 * @param {string} zone
 */
export function shortTime(ms, zone) {
  return format(zone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(ms);
}

/**
 * Weekday, day, month and time.
 * @param {number} ms
 * @param {string} zone
 */
export function dayAndTime(ms, zone) {
  return format(zone, {
    weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  }).format(ms);
}

/**
 * A time today as the clock shows it, any other day with its date.
 * @param {number} ms
 * @param {string} zone
 * @param {number} now
 */
export function moment(ms, zone, now) {
  const day = format(zone, { dateStyle: 'short' });
  return day.format(ms) === day.format(now) ? clockTime(ms, zone) : dayAndTime(ms, zone);
}

/**
 * The same without seconds, for times somebody planned.
 * @param {number} ms
 * @param {string} zone
 * @param {number} now
 */
export function shortMoment(ms, zone, now) {
  const day = format(zone, { dateStyle: 'short' });
  return day.format(ms) === day.format(now) ? shortTime(ms, zone) : dayAndTime(ms, zone);
}

/**
 * How old the list is, short enough for a corner.
 * @param {number | null} seconds null: this phone has no list yet
 */
export function listAge(seconds) {
  if (seconds === null || !Number.isFinite(seconds)) return t('No list yet');
  if (seconds < 60) return t('List up to date');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return tn(minutes, 'List {n} min old', 'List {n} min old');
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return tn(hours, 'List {n} hour old', 'List {n} hours old');
  return tn(Math.floor(hours / 24), 'List {n} day old', 'List {n} days old');
}

/**
 * How long ago, in words.
 * @param {number} ms
 */
export function ago(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return tn(seconds, '{n} second ago', '{n} seconds ago');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return tn(minutes, '{n} minute ago', '{n} minutes ago');
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return tn(hours, '{n} hour ago', '{n} hours ago');
  return tn(Math.floor(hours / 24), '{n} day ago', '{n} days ago');
}

/**
 * @param {number} n scans not yet acknowledged by the server
 */
export function waiting(n) {
  return n === 0 ? t('All sent') : tn(n, '{n} scan waits to be sent', '{n} scans wait to be sent');
}
