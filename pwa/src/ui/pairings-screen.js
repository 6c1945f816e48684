/** The events this phone is paired with. */

import { button, data } from './controls.js';
import { el } from './el.js';
import { dayAndTime, waiting } from './format.js';
import { icon } from './icons.js';
import { t } from './text.js';

/** @typedef {import('../../types/door.js').PairingInfo} PairingInfo */

/**
 * @param {PairingInfo[]} pairings
 * @param {{ open: (id: string) => void, pair: () => void }} ways
 */
export function pairingsScreen(pairings, ways) {
  return {
    node: el(
      'main',
      { class: 'plain-screen pairings-screen' },
      el('h1', {}, t('Events on this phone')),
      pairings.length === 0 && el('p', { class: 'empty' }, t('No event yet. Pair this phone with a code from the organizer.')),
      el('ul', { class: 'rows' }, pairings.map((one) => el('li', {}, pairingRow(one, () => ways.open(one.id))))),
      el('div', { class: 'foot' }, button(t('Add an event'), ways.pair, pairings.length === 0 ? { kind: 'primary', icon: 'add' } : { icon: 'add' })),
    ),
  };
}

/**
 * @param {PairingInfo} pairing
 * @param {() => void} open
 */
function pairingRow(pairing, open) {
  const { event, name, pending, standing } = pairing;
  const ended = standing === 'active' ? '' : t('Ended');
  return el(
    'button',
    { type: 'button', class: 'row', onclick: open },
    el(
      'span',
      { class: 'row-main' },
      el('strong', {}, data(event.title)),
      el('small', {}, data(dayAndTime(event.start, event.time_zone)), data(name)),
      (pending > 0 || ended) && el('small', {}, [ended, pending > 0 && waiting(pending)].filter(Boolean).map((words) => el('span', {}, words))),
    ),
    icon('next'),
  );
}
