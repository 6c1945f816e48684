/** The start of a shift: which list, which gate, who. Its button also allows sound. */

import { button, choice, data, field } from './controls.js';
import { el, fill } from './el.js';
import { dayAndTime } from './format.js';
import { t } from './text.js';

/** @typedef {import('../../types/door.js').Door} Door */

/**
 * @param {Door} door
 * @param {() => void} begin
 */
export function shiftScreen(door, begin) {
  const { title, start, time_zone: zone } = door.info.event;
  const gate = field(t('Gate'), { value: door.gate, autocomplete: 'off', maxlength: 60 });
  const name = field(t('Your name'), { value: door.operator, autocomplete: 'name', maxlength: 60 }, t('Stands beside every scan you make.'));
  const lists = el('div', { class: 'shift-lists' });
  /** @type {number | null} */
  let list = door.list?.list ?? null;
  let drawn = '';

  function drawLists() {
    const key = door.lists.map((one) => `${one.list}.${one.rev}`).join();
    if (key === drawn && key) return;
    drawn = key;
    list ??= door.lists[0]?.list ?? null;
    fill(lists, door.lists.length > 0 ? choice(t('Which door'), options(door), list, (chosen) => { list = chosen; }) : el('p', { class: 'empty' }, t('The guest list is on its way to this phone. You can start; it arrives by itself.')));
  }

  /**
   * @param {Event} event
   */
  async function submit(event) {
    event.preventDefault();
    if (list !== null) await door.setList(list);
    await door.setGate(gate.input.value.trim());
    await door.setOperator(name.input.value.trim());
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
  }));
}
