/** A whole order: who is in, who is not, and some of them let in at once. */

import { button, data } from './controls.js';
import { el } from './el.js';
import { lookLines } from './look-lines.js';
import { openSheet } from './sheet.js';
import { t, tn } from './text.js';
import { showTrouble } from './trouble.js';
import { verdictWord } from './verdict-words.js';

/** @typedef {import('../../types/door.js').Door} Door */
/** @typedef {import('../../types/door.js').PartyMember} PartyMember */
/** @typedef {import('../../types/door.js').Subject} Subject */

/**
 * Those with something to look at are not ticked: ticking them says that somebody looked.
 * @param {Door} door
 * @param {Subject} subject
 * @param {() => void} [done]
 */
export function partySheet(door, subject, done = () => {}) {
  const members = door.decisions.party(subject);
  const picked = new Set(members.filter(({ admit, look }) => admit && !look).map(({ serial }) => serial));
  const admit = button('', () => undefined, { kind: 'primary', type: 'submit', icon: 'check' });
  const words = /** @type {HTMLElement} */ (admit.querySelector('span'));

  function count() {
    words.textContent = tn(picked.size, 'Admit {n} guest', 'Admit {n} guests');
    admit.disabled = picked.size === 0;
  }

  /** @param {PartyMember} member @param {boolean} on */
  function pick({ serial }, on) {
    if (on) picked.add(serial);
    else picked.delete(serial);
    count();
  }

  count();
  openSheet(t('Party'), (close) => [
    el(
      'form',
      {
        class: 'stack',
        onsubmit: (/** @type {Event} */ event) => {
          event.preventDefault();
          close();
          const serials = members.map(({ serial }) => serial).filter((serial) => picked.has(serial));
          door.decisions.admitParty(serials).then(done, showTrouble);
        },
      },
      el('ul', { class: 'party-rows' }, members.map((member) => el('li', {}, memberRow(member, picked.has(member.serial), (on) => pick(member, on))))),
      el('div', { class: 'sheet-foot' }, admit, button(t('Back'), close, { kind: 'quiet' })),
    ),
  ]);
}

/**
 * @param {PartyMember} member
 * @param {boolean} on
 * @param {(on: boolean) => void} changed
 */
function memberRow(member, on, changed) {
  const { name, printedId, tier, verdict, admit, look } = member;
  const box = el('input', { type: 'checkbox', disabled: !admit, onchange: () => changed(box.checked) });
  box.checked = on;
  const state = admit ? '' : verdict === 'already_used' ? t('Is in') : verdictWord(verdict, false);
  return el(
    'label',
    { class: `choice-row${admit ? '' : ' still'}` },
    box,
    el(
      'span',
      { class: 'choice-text' },
      data(name || printedId),
      el('small', { translate: 'no', dir: 'auto' }, tier),
      look && lookLines(look),
    ),
    state && el('span', { class: `tag ${verdict === 'already_used' ? 'used' : 'refused'}` }, state),
  );
}
