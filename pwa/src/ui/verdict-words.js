/** Each verdict's family, word and one sentence that says what to do. */

import { data } from './controls.js';
import { clockTime, shortMoment } from './format.js';
import { lookWords } from './look-lines.js';
import { t, tn } from './text.js';

/** @typedef {import('./stamp-mark.js').Family} Family */
/** @typedef {import('../../types/door.js').Light} Light */

/** @type {Record<string, Family>} */
const FAMILIES = {
  valid: 'valid', already_used: 'used', unknown: 'unknown', list_too_old: 'unknown', not_inside: 'unknown',
};

/** @typedef {Pick<Light, 'kind' | 'admit'> & Partial<Pick<Light, 'flags' | 'elsewhere' | 'party'>>
 *   & {verdict: string}} Shown a light, or a row of the log */

/**
 * A flagged green light looks like a question: it lets in, and asks to be looked at. A full house
 * is said beside the light and changes none.
 * @param {Shown} light
 * @returns {Family}
 */
export function familyOf({ kind, verdict, flags = [], elsewhere = null, party = [] }) {
  if (kind === 'look') return 'look';
  if (kind === 'exit') return 'left';
  if (kind === 'undo') return 'undone';
  if (kind === 'override') return 'valid';
  if (kind === 'party') return party.every(({ admit }) => admit) ? 'valid' : 'unknown';
  if (elsewhere) return 'used';
  if (verdict === 'valid' && kind === 'deny') return 'refused';
  if (verdict === 'valid' && flags.some((flag) => flag !== 'over_capacity')) return 'unknown';
  return FAMILIES[verdict] ?? 'refused';
}

/**
 * The word of a light or of a row of the log.
 * @param {Shown} light
 */
export function lightWord({ kind, verdict, admit, party = [], elsewhere = null }) {
  switch (kind) {
    case 'look': return t('Look first');
    case 'exit': return t('Out');
    case 'undo': return t('Undone');
    case 'override': return t('Let in');
    case 'party': return letIn(party);
    default:
      if (elsewhere) return t('Being admitted');
      if (kind === 'deny' && verdict === 'valid') return t('Turned away');
      return verdictWord(verdict, admit);
  }
}

/** @param {Light['party']} party */
function letIn(party) {
  const n = party.filter(({ admit }) => admit).length;
  return tn(n, '{n} let in', '{n} let in');
}

/**
 * @param {string} verdict
 * @param {boolean} admit
 */
export function verdictWord(verdict, admit) {
  switch (verdict) {
    case 'valid': return t('Valid');
    case 'already_used': return t('Already used');
    case 'refunded': return t('Refunded');
    case 'cancelled': return t('Cancelled');
    case 'superseded': return t('Replaced');
    case 'disputed': return t('Disputed');
    case 'wrong_event': return t('Other event');
    case 'wrong_list': return t('Wrong entrance');
    case 'too_early': return t('Too early');
    case 'too_late': return t('Too late');
    case 'list_too_old': return t('List too old');
    case 'unknown': return admit ? t('New ticket') : t('Not on the list');
    case 'forged': return t('Forged');
    case 'not_inside': return t('Was not inside');
    default: return t('Not a ticket');
  }
}

/**
 * What blue means for the guest, said outright; the other families need no second word.
 * @param {Light} light
 */
export function verdictAct(light) {
  if (light.kind === 'override') return t('By a supervisor');
  if (familyOf(light) !== 'unknown' || light.kind === 'party') return '';
  if (light.verdict === 'not_inside') return t('Let go');
  return light.admit ? t('Let in') : t('Do not let in yet');
}

/**
 * What to do now, in one sentence; empty when the word says all.
 * @param {Light} light
 * @param {string} zone
 */
export function verdictAdvice(light, zone) {
  if (['look', 'exit', 'override', 'party'].includes(light.kind)) return '';
  if (light.kind === 'undo') return light.party.length > 0 ? '' : t('The last decision about this ticket is taken back.');
  if (light.elsewhere) return elsewhereAdvice(light.elsewhere, zone);
  switch (light.verdict) {
    case 'valid': return light.flags.includes('old_code_admitted') ? t('Someone came in before with an older code of this ticket. Let in this guest; the organizer sees both.') : '';
    case 'already_used': return '';
    case 'refunded': return t('The money was returned. Do not let in.');
    case 'cancelled': return t('This ticket was cancelled. Do not let in.');
    case 'superseded': return t('A newer code was sent for this ticket. Ask for the newest mail.');
    case 'disputed': return t('The payment is disputed. Send the guest to the organizer.');
    case 'wrong_event': return t('This ticket is for another event.');
    case 'wrong_list': return t('This ticket is not for this entrance.');
    case 'too_early': return windowAdvice(light, zone);
    case 'too_late': return windowAdvice(light, zone);
    case 'list_too_old': return t('The code may be newer than this list. Sync this phone, then scan again.');
    case 'unknown': if (light.flags.includes('unlisted_code')) return t('No ticket on this list has this code. Sync this phone, then scan again.');
      return light.admit ? t('Genuine code, sold after the last sync.') : t('Genuine code, sold after the last sync. Sync this phone, then scan again.');
    case 'not_inside': return t('No entry of this ticket is known here, so no exit is written down.');
    case 'forged': return t('The signature is wrong. Do not let in.');
    default: return t('This code is something else. Look for the ticket code.');
  }
}

/** @param {number} at @param {string} verdict @param {string} zone */
function usedWords(at, verdict, zone) {
  const time = clockTime(at, zone);
  return verdict === 'not_inside' ? t('Last exit at {time}', { time }) : t('First scan at {time}', { time });
}

/**
 * @param {NonNullable<Light['elsewhere']>} elsewhere
 * @param {string} zone
 */
function elsewhereAdvice({ gate, device, since }, zone) {
  const place = `\u2068${gate || device}\u2069`; // a name of any script, within a sentence of another
  return t('At {gate} since {time}.', { gate: place, time: clockTime(since, zone) });
}

/**
 * @param {Light} light
 * @param {string} zone
 */
function windowAdvice(light, zone) {
  const from = light.window?.from;
  const until = light.window?.until;
  if (light.verdict === 'too_early' && from) return t('Entry begins at {time}.', { time: shortMoment(from, zone, light.at) });
  if (light.verdict === 'too_late' && until) return t('Entry ended at {time}.', { time: shortMoment(until, zone, light.at) });
  return '';
}

/**
 * Why one of a party did not come in, and which gate has the guest in hand.
 * @param {Light['party'][number]} member
 * @param {string} zone
 */
export function memberWords({ verdict, elsewhere }, zone) {
  if (!elsewhere) return verdictWord(verdict, false);
  return `${t('Being admitted')}. ${elsewhereAdvice(elsewhere, zone)}`;
}

/**
 * Of a party those are named who did not come in, or who were taken back.
 * @param {Light['kind']} kind
 * @param {Light['party'][number]} member
 * @param {string} zone
 */
function spokenMember(kind, member, zone) {
  const { name, printedId, admit } = member;
  if (admit) return kind === 'undo' ? [data(name || printedId)] : [];
  return [data(name || printedId), memberWords(member, zone)];
}

/**
 * The whole verdict in reading order, for a screen reader.
 * @param {Light} light
 * @param {string} zone
 * @returns {import('./el.js').Child[]}
 */
export function spokenVerdict(light, zone) {
  const parts = [
    lightWord(light),
    verdictAct(light),
    ...(light.look ? lookWords(light.look) : []),
    ...light.party.flatMap((member) => spokenMember(light.kind, member, zone)),
    light.name && data(light.name),
    light.tier && data(light.tier),
    light.used && usedWords(light.used.at, light.verdict, zone),
    verdictAdvice(light, zone),
  ];
  return parts.filter(Boolean).flatMap((part) => [part, `${part}`.endsWith('.') ? ' ' : '. ']);
}
