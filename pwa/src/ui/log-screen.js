/** This phone's own decisions, newest first, and whether the server has each of them. */

import { button, data } from './controls.js';
import { el, fill } from './el.js';
import { listAge, moment, waiting } from './format.js';
import { icon } from './icons.js';
import { stampMark } from './stamp-mark.js';
import { syncButton } from './sync-button.js';
import { t, tn } from './text.js';
import { showTrouble } from './trouble.js';
import { familyOf, lightWord } from './verdict-words.js';

/** @typedef {import('../../types/door.js').Door} Door */
/** @typedef {import('../../types/door.js').LogRow} LogRow */

const SHOWN = 200;

/**
 * @param {Door} door
 */
export function logScreen(door) {
  const summary = el('div', { class: 'log-summary' });
  const rows = el('div', {});
  const sync = syncButton(door);
  const node = el(
    'section',
    { class: 'log-screen', 'aria-labelledby': 'log-title' },
    el('h1', { id: 'log-title' }, t('Log of this phone')),
    summary,
    sync.node,
    rows,
    button(t('Save this log as a file'), () => void door.logFile().then(saveFile).catch(showTrouble), { icon: 'file' }),
  );
  let open = true;

  async function refresh() {
    const { pending, listAgeS, online, lastError } = door.status;
    sync.refresh();
    fill(
      summary,
      el('p', { class: 'log-state' }, icon(pending ? 'waiting' : 'check'), el('span', {}, waiting(pending)), el('span', { class: 'muted' }, listAge(listAgeS))),
      !online && el('p', { class: 'hint' }, t('Offline. Scanning goes on; this phone sends by itself when it can.')),
      lastError && online && el('p', { class: 'hint' }, data(lastError)),
    );
    const log = (await door.log(SHOWN)).sort((one, other) => other.at - one.at);
    if (open) fill(rows, log.length ? list(log, door) : el('p', { class: 'empty' }, t('Nothing scanned yet. Every decision made on this phone will stand here.')));
  }

  void refresh();
  return {
    node,
    refresh: () => void refresh(),
    leave() {
      open = false;
    },
  };
}

/**
 * @param {LogRow[]} log
 * @param {Door} door
 */
function list(log, door) {
  const zone = door.info.event.time_zone;
  const now = Date.now();
  return el('ol', { class: 'rows', reversed: true }, log.map((row) => el('li', {}, entry(row, zone, now, door))));
}

/**
 * @param {LogRow} row
 * @param {string} zone
 * @param {number} now
 * @param {Door} door
 */
function entry(row, zone, now, door) {
  const name = door.lists.find((one) => one.list === row.list)?.name ?? '';
  const how = row.how === 'search' ? t('by search') : row.how === 'group' ? t('in a party') : '';
  const times = row.count > 1 ? tn(row.count, '{n} time', '{n} times') : '';
  return el(
    'div',
    { class: 'row still' },
    stampMark(familyOf(row)),
    el(
      'span',
      { class: 'row-main' },
      el('strong', {}, lightWord(row)),
      data([row.name, row.tier].filter(Boolean).join(' · ')),
      el(
        'small',
        {},
        el('time', { translate: 'no' }, moment(row.at, zone, now)),
        [how, times].filter(Boolean).map((words) => el('span', {}, words)),
        (name || row.operator) && data([name, row.operator].filter(Boolean).join(' · ')),
      ),
    ),
    el('span', { class: row.sent ? 'sent' : 'sent not-yet' }, icon(row.sent ? 'check' : 'waiting'), el('span', {}, row.sent ? t('Sent') : t('Waits'))),
  );
}

/** Anybody can verify it: `handstamp verify-log FILE`. @param {{name: string, text: string}} file */
function saveFile({ name, text }) {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }));
  const link = el('a', { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
