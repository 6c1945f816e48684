/** Finds a guest by name, e-mail, order or ticket id; nothing is listed before a search. */

import { button, data, fact } from './controls.js';
import { el, fill } from './el.js';
import { icon } from './icons.js';
import { overrideSheet } from './override-sheet.js';
import { partySheet } from './party-sheet.js';
import { openSheet } from './sheet.js';
import { t, tn } from './text.js';
import { showTrouble } from './trouble.js';
import { undoSheet } from './undo-sheet.js';
import { verdictWord } from './verdict-words.js';

/** @typedef {import('../../types/door.js').Door} Door */
/** @typedef {import('../../types/door.js').SearchRow} SearchRow */
/** @typedef {import('../../types/door.js').SearchAnswer} SearchAnswer */

const TOKEN = /(^|[/=#])HS[0-9A-Z]{120}$/i;

/**
 * @param {Door} door
 */
export function searchScreen(door) {
  const results = el('div', { class: 'search-results' });
  const count = el('p', { class: 'unseen', role: 'status' });
  const input = el('input', {
    class: 'input search-input', type: 'search', id: 'search-input', dir: 'auto', autocomplete: 'off',
    autocapitalize: 'words', spellcheck: 'false', enterkeyhint: 'search', oninput: () => void ask(),
  });
  const node = el(
    'section',
    { class: 'search-screen', 'aria-labelledby': 'search-title' },
    el('h1', { id: 'search-title' }, t('Search')),
    results,
    count,
    el(
      'form',
      { class: 'search-form', role: 'search', onsubmit: submit },
      el('label', { for: 'search-input', class: 'unseen' }, t('Name, e-mail, order or ticket id')),
      icon('search'),
      input,
    ),
  );
  input.placeholder = t('Name, e-mail, order');
  let asked = 0;

  async function ask() {
    const turn = (asked += 1);
    const query = input.value.trim();
    if (!query) {
      fill(results, hint());
      count.textContent = '';
      return;
    }
    const answer = await door.search(query);
    if (turn !== asked) return;
    fill(results, answerRows(door, answer, ask));
    count.textContent = answer.tooShort ? '' : tn(answer.rows.length, '{n} guest found', '{n} guests found');
  }

  /**
   * @param {Event} event
   */
  function submit(event) {
    event.preventDefault();
    // A hand scanner typed a code into this field: it is a scan, and the field is free again.
    if (TOKEN.test(input.value.trim())) {
      const code = input.value;
      input.value = '';
      void ask();
      void door.scanText(code, 'wedge').catch(showTrouble);
      return;
    }
    input.blur();
    void ask();
  }

  fill(results, hint());
  return { node, opened: () => input.focus() };
}

function hint() {
  return el('p', { class: 'empty' }, t('Type at least three letters of a name, five of an e-mail, or an order or ticket id.'));
}

/**
 * @param {Door} door
 * @param {SearchAnswer} answer
 * @param {() => Promise<void>} again
 */
function answerRows(door, answer, again) {
  if (answer.tooShort) return [hint()];
  if (answer.rows.length === 0) {
    return [el('p', { class: 'empty' }, t('Nobody found. Check the spelling, or try the order or ticket id.'))];
  }
  return [
    answer.fuzzy && el('p', { class: 'hint' }, t('No exact match. Did you mean:')),
    el('ul', { class: 'rows' }, answer.rows.map((row) => el('li', {}, rowButton(door, row, again)))),
  ];
}

/**
 * The last line shares its width with the state, so that names keep the whole of theirs.
 * @param {Door} door
 * @param {SearchRow} row
 * @param {() => Promise<void>} again
 */
function rowButton(door, row, again) {
  const { word, family } = stateOf(row);
  const lines = [[row.tier, row.order].filter(Boolean).join(' · '), row.email].filter(Boolean);
  const last = lines.pop() ?? '';
  return el(
    'button',
    { type: 'button', class: 'row found', onclick: () => found(door, row, again) },
    el('strong', {}, data(row.name || row.printedId)),
    lines.map((line) => el('span', {}, data(line, 'muted'))),
    el('span', { class: 'found-foot' }, data(last, 'muted'), el('span', { class: `tag ${family}` }, word)),
  );
}

/**
 * @param {SearchRow} row
 * @returns {{ word: string, family: string }}
 */
function stateOf(row) {
  if (row.status !== 'valid') return { word: verdictWord(row.status, false), family: 'refused' };
  if (row.admitted && !row.inside) return { word: t('Went out'), family: 'plain' };
  return row.admitted ? { word: t('Is in'), family: 'used' } : { word: t('Not in yet'), family: 'plain' };
}

/**
 * What may be done for this guest. A hand-made admission asks once, because no code proves it.
 * @param {Door} door
 * @param {SearchRow} row
 * @param {() => Promise<void>} again
 */
function found(door, row, again) {
  const { serial } = row;
  const name = row.name || row.printedId;
  const { undoUntil, undoBySupervisor, override, leave, party } = door.decisions.actions(serial);
  const letsOut = door.exiting;
  const done = () => void again();
  openSheet(letsOut ? t('Let out without a code?') : t('Admit without a code?'), (close) => {
    const then = (/** @type {() => void} */ act) => () => { close(); act(); };
    return [
      el('p', { class: 'sheet-name' }, data(name)),
      el(
        'dl',
        { class: 'facts' },
        fact(t('Ticket'), data([row.tier, row.printedId].filter(Boolean).join(' · '))),
        row.order && fact(t('Order'), data(row.order)),
        row.email && fact(t('E-mail'), data(row.email)),
        fact(t('State'), stateOf(row).word),
      ),
      el('p', { class: 'hint' }, t('Ask for a name or an ID first. The log shows that no code was scanned.')),
      button(letsOut ? t('Let out') : t('Admit'), then(() => void door.admit(serial).then(done, showTrouble)), { kind: 'primary', icon: letsOut ? 'leave' : 'check' }),
      party > 1 && !letsOut && button(tn(party, 'Party of {n}', 'Party of {n}'), then(() => partySheet(door, serial, done)), { icon: 'party' }),
      leave && !letsOut && button(t('Leaving'), then(() => void door.decisions.leave(serial).then(done, showTrouble)), { icon: 'leave' }),
      (undoUntil !== null || undoBySupervisor) && button(t('Undo'), then(() => undoSheet(door, serial, name, undoUntil !== null, done)), { icon: 'undo' }),
      override && !letsOut && (row.admitted || row.status !== 'valid') && button(t('Admit anyway'), then(() => overrideSheet(door, serial, name, done)), { icon: 'supervisor' }),
      button(t('Back'), close, { kind: 'quiet' }),
    ];
  });
}
