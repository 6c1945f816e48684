/** The last decision, small, until the next one; a tap shows it large again, others act on it. */

import { data } from './controls.js';
import { el, fill } from './el.js';
import { icon } from './icons.js';
import { overrideSheet } from './override-sheet.js';
import { partySheet } from './party-sheet.js';
import { stampMark } from './stamp-mark.js';
import { t, tn } from './text.js';
import { showTrouble } from './trouble.js';
import { undoSheet } from './undo-sheet.js';
import { familyOf, lightWord } from './verdict-words.js';

/** @typedef {import('../../types/door.js').Door} Door */
/** @typedef {import('../../types/door.js').Light} Light */

const TICK_MS = 1_000;

/**
 * @param {Door} door
 * @param {(light: Light) => void} enlarge
 */
export function lastVerdict(door, enlarge) {
  const node = el('div', { class: 'last-verdict' });
  const actions = el('div', { class: 'last-actions' });
  /** @type {Light | null} */
  let shown = null;
  /** @type {string | null} */
  let drawn = null;
  clear();
  const ticking = setInterval(drawActions, TICK_MS);

  function clear() {
    shown = null;
    node.className = 'last-verdict idle';
    fill(node, el('p', {}, door.exiting ? t('Hold the code of a guest who leaves in the frame') : t('Hold a ticket code in the frame')));
  }

  /**
   * @param {Light} light
   */
  function show(light) {
    const family = familyOf(light);
    shown = light;
    drawn = null;
    node.className = `last-verdict ${family}`;
    fill(
      node,
      el(
        'button',
        { type: 'button', class: 'last-verdict-button', onclick: () => enlarge(light) },
        stampMark(family),
        el(
          'span',
          { class: 'last-verdict-text' },
          el('strong', {}, lightWord(light)),
          el('span', {}, data([light.name, light.tier].filter(Boolean).join(' · '))),
        ),
      ),
      actions,
    );
    drawActions();
  }

  /** The window for an undo runs down; everything else changes with the list. */
  function drawActions() {
    if (!shown || node.closest('[inert]')) return;
    const found = actionsOf(door, shown);
    const key = found.map(({ key: of }) => of).join();
    if (key === drawn) {
      // Only words change: a finger may be on a button.
      found.forEach(({ label }, at) => {
        const words = actions.children[at]?.querySelector('span');
        if (words && words.textContent !== label) words.textContent = label;
      });
      return;
    }
    drawn = key;
    const light = shown;
    fill(actions, found.map(({ label, name, act }) => {
      return el('button', { type: 'button', class: 'chip', onclick: () => act(light) }, icon(name), el('span', {}, label));
    }));
  }

  return { node, show, clear, refresh: () => (shown ? drawActions() : clear()), leave: () => clearInterval(ticking) };
}

/**
 * @param {Door} door
 * @param {Light} light
 * @returns {{key: string, label: string, name: import('./icons.js').IconName, act: (light: Light) => void}[]}
 */
function actionsOf(door, light) {
  if (light.kind === 'look') return [];
  const { undoUntil, undoBySupervisor, override, leave, party } = door.decisions.actions(light);
  const own = undoUntil !== null;
  /** @type {ReturnType<typeof actionsOf>} */
  const found = [];
  const whole = light.kind === 'party';
  const name = whole ? tn(party, 'Party of {n}', 'Party of {n}') : light.name;
  if (own) found.push({ key: 'own', label: undoLabel(undoUntil - now(door)), name: 'undo', act: () => undoSheet(door, light, name, true) });
  else if (undoBySupervisor && (light.admit || whole)) found.push({ key: 'undo', label: t('Undo'), name: 'undo', act: () => undoSheet(door, light, name, false) });
  if (override) found.push({ key: 'anyway', label: t('Admit anyway'), name: 'supervisor', act: () => overrideSheet(door, light, light.name) });
  if (leave && !light.admit) found.push({ key: 'leave', label: t('Leaving'), name: 'leave', act: () => void door.decisions.leave(light).catch(showTrouble) });
  if (party > 1 && !whole) found.push({ key: 'party', label: tn(party, 'Party of {n}', 'Party of {n}'), name: 'party', act: () => partySheet(door, light) });
  return found;
}

/** Server time as the door knows it. @param {Door} door */
function now(door) {
  return Date.now() - (door.status.clockSkewMs ?? 0);
}

/** @param {number} left ms */
function undoLabel(left) {
  const seconds = Math.max(0, Math.round(left / 1000));
  if (seconds === 0) return t('Undo');
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return t('Undo · {left}', { left: clock });
}
