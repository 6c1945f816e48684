/** The start of a shift: which list, which gate, who. Its button also allows sound. */

import { button, choice, data, field } from './controls.js';
import { el, fill } from './el.js';
import { dayAndTime } from './format.js';
import { keepOperator, setLocked } from './preferences.js';
import { releaseNote, releaseWords } from './release-words.js';
import { t, tn } from './text.js';

/** @typedef {import('../../types/door.js').Door} Door */
/** @typedef {import('../../types/door.js').ListInfo} ListInfo */

/**
 * @param {Door} door
 * @param {() => void} begin
 */
export function shiftScreen(door, begin) {
  const { title, start, time_zone: zone } = door.info.event;
  const gate = gateField(door);
  const name = field(t('Your name'), { value: door.operator, autocomplete: 'name', maxlength: 60 }, t('Stands beside every scan you make.'));
  const lists = el('div', { class: 'shift-lists' });
  /** @type {number | null} */
  let list = door.list?.list ?? null;
  let drawn = '';

  function drawLists() {
    const key = door.lists.map((one) => `${one.list}.${one.rev}`).join() || releaseWords(door, Date.now());
    if (key === drawn && key) return;
    drawn = key;
    list ??= door.lists[0]?.list ?? null;
    gate.offer(gatesOf(door, list));
    fill(lists, door.lists.length > 0 ? choice(t('Which door'), options(door), list, (chosen) => { list = chosen; gate.offer(gatesOf(door, list)); }) : releaseNote(door) || el('p', { class: 'empty' }, t('The guest list is on its way to this phone. You can start; it arrives by itself.')));
  }

  /**
   * @param {Event} event
   */
  async function submit(event) {
    event.preventDefault();
    if (list !== null) await door.setList(list);
    await door.setGate(gate.value());
    await door.setOperator(name.input.value.trim());
    keepOperator(door.id, name.input.value.trim());
    setLocked(door.id, false);
    begin();
  }

  door.addEventListener('change', drawLists);
  drawLists();
  return {
    leave: () => door.removeEventListener('change', drawLists),
    node: el(
      'main',
      { class: 'plain-screen shift-screen' },
      el('header', {}, el('h1', {}, data(title)), el('p', { class: 'muted' }, data(dayAndTime(start, zone)))),
      el(
        'form',
        { class: 'stack grow', onsubmit: submit },
        lists,
        gate.node,
        name.node,
        el('div', { class: 'foot' }, button(t('Start scanning'), () => undefined, { kind: 'primary', type: 'submit', icon: 'scan' })),
      ),
    ),
  };
}

/**
 * @param {Door} door
 */
function options(door) {
  return door.lists.map((one) => ({
    value: one.list,
    label: one.name,
    note: one.tiers.map((tier) => tier.name).join(', '),
    hint: rulesWords(one),
  }));
}

/** How often a guest enters here, and when it is full. @param {ListInfo} list */
function rulesWords({ entry, perDay, capacity }) {
  const often = entry === 'reentry' ? t('Guests may leave and return') : entry === 'per_day' ? tn(perDay, '{n} entry a day', '{n} entries a day') : '';
  const full = capacity === null ? '' : tn(capacity, 'Full at {n} guest', 'Full at {n} guests');
  return [often, full].filter(Boolean).join(' · ');
}

/** @param {Door} door @param {number | null} list */
function gatesOf(door, list) {
  return door.lists.find((one) => one.list === list)?.gates ?? [];
}

/**
 * A gate of the list, or typed where the list names none.
 * @param {Door} door
 */
function gateField(door) {
  const typed = field(t('Gate'), { value: door.gate, autocomplete: 'off', maxlength: 60 });
  const node = el('div', { class: 'shift-gate' }, typed.node);
  let chosen = door.gate;
  let drawn = '';

  /** @param {string[]} gates */
  function offer(gates) {
    if (gates.join('\n') === drawn) return;
    drawn = gates.join('\n');
    if (gates.length === 0) {
      fill(node, typed.node);
      return;
    }
    if (!gates.includes(chosen)) chosen = gates[0] ?? '';
    const options = gates.map((gate) => ({ value: gate, label: gate }));
    fill(node, choice(t('Gate'), options, chosen, (gate) => { chosen = gate; }));
  }

  return { node, offer, value: () => (drawn ? chosen : typed.input.value.trim()) };
}
