/** The verdict, filling the screen for a moment; the next one takes its place at once. */

import { button, data, oneAtATime } from './controls.js';
import { el, fill } from './el.js';
import { feel } from './feedback.js';
import { ago, listAge, moment } from './format.js';
import { icon } from './icons.js';
import { stampMark } from './stamp-mark.js';
import { t } from './text.js';
import { lookLines } from './look-lines.js';
import { overrideSheet } from './override-sheet.js';
import { showTrouble } from './trouble.js';
import { familyOf, lightWord, memberWords, spokenVerdict, verdictAct, verdictAdvice } from './verdict-words.js';

/** @typedef {import('../../types/door.js').Door} Door */
/** @typedef {import('../../types/door.js').Light} Light */

const GREEN_MS = 1800;
const OTHER_MS = 6000;
const BRIEF = ['valid', 'left', 'undone'];

/**
 * @param {Door} door
 * @param {{ closed: (light: Light) => void, switchTo: (pairing: string) => void }} on
 */
export function verdictBanner(door, on) {
  const tapped = () => {
    if (shown?.kind !== 'look') hide();
    else ready();
  };
  /** Enter lets in, wherever a finger was. */
  const ready = () => node.querySelector('button')?.focus({ preventScroll: true });
  const node = el('div', { class: 'verdict-banner', hidden: true, onclick: tapped });
  const spoken = el('p', { class: 'unseen', role: 'status', 'aria-live': 'assertive', 'aria-atomic': 'true' });
  /** @type {Light | null} */
  let shown = null;
  let timer = 0;

  function hide() {
    clearTimeout(timer);
    node.hidden = true;
    const light = shown;
    shown = null;
    if (light) on.closed(light);
  }

  /**
   * @param {Light} light
   * @param {boolean} again it was felt before
   */
  function show(light, again = false) {
    const family = familyOf(light);
    shown = light;
    node.className = `verdict-banner ${family}`;
    fill(node, content(light, door, on.switchTo, hide));
    node.hidden = false;
    if (!again) feel(family, light.admit);
    fill(spoken, el('span', {}, spokenVerdict(light, door.info.event.time_zone)));
    requestAnimationFrame(() => setTimeout(() => door.painted(light)));
    clearTimeout(timer);
    // What asks a person to look waits for them, or for the next guest.
    if (light.kind === 'look') ready();
    else timer = window.setTimeout(hide, BRIEF.includes(family) ? GREEN_MS : OTHER_MS);
  }

  return { node, spoken, show, hide };
}

/**
 * @param {Light} light
 * @param {Door} door
 * @param {(pairing: string) => void} switchTo
 * @param {() => void} hide
 */
function content(light, door, switchTo, hide) {
  const zone = door.info.event.time_zone;
  const advice = verdictAdvice(light, zone);
  const act = verdictAct(light);
  return [
    el('p', { class: 'verdict-age' }, listAge(light.listAgeS)),
    el(
      'div',
      { class: 'verdict-face' },
      stampMark(familyOf(light)),
      el('h2', { class: 'verdict-word' }, lightWord(light)),
      act && el('p', { class: 'verdict-act' }, act),
      light.name && el('p', { class: 'verdict-name' }, data(light.name)),
      light.tier && el('p', { class: 'verdict-tier' }, data(light.tier)),
      light.look && lookLines(light.look),
      partyLines(light, zone),
      light.used && usedBlock(light, zone),
      advice && el('p', { class: 'verdict-advice' }, advice),
      light.flags.includes('over_capacity') && el('p', { class: 'verdict-full' }, t('The house is full. Ask the organizer.')),
      light.printedId && el('p', { class: 'verdict-id' }, data(light.printedId)),
    ),
    el('div', { class: 'verdict-foot' }, footButtons(light, door, switchTo, hide)),
  ];
}

/**
 * Who came in with the party, and who did not; of an undo, whom it took back.
 * @param {Light} light
 * @param {string} zone
 */
function partyLines({ kind, party }, zone) {
  return party.length > 0 && el(
    'ul',
    { class: 'look-lines party-lines' },
    party.map((member) => {
      const { name, printedId, admit } = member;
      const mark = kind === 'undo' ? 'undo' : admit ? 'check' : 'close';
      const said = !admit && el('span', {}, memberWords(member, zone));
      return el('li', {}, icon(mark), el('span', { class: 'party-line' }, data(name || printedId), said));
    }),
  );
}

/**
 * @param {Light} light
 * @param {Door} door
 * @param {(pairing: string) => void} switchTo
 * @param {() => void} hide
 */
function footButtons(light, door, switchTo, hide) {
  const other = light.switchTo;
  if (light.kind === 'look') {
    const decide = oneAtATime((/** @type {boolean} */ admit) => door.decisions.looked(light, admit).catch(showTrouble));
    return [
      button(t('Looked: let in'), () => decide(true), { kind: 'primary', icon: 'check' }),
      button(t('Turn away'), () => decide(false), { icon: 'close' }),
    ];
  }
  const anyway = light.kind === 'deny' && !light.leaving && door.decisions.actions(light).override;
  return [
    other && button(t('Switch to that event'), () => switchTo(other)),
    anyway && button(t('Admit anyway'), () => { hide(); overrideSheet(door, light, light.name); }, { icon: 'supervisor' }),
    button(t('Next'), hide, { kind: 'quiet' }),
  ];
}

/**
 * When, on which list, at which gate and by which phone the ticket came in before.
 * @param {Light} light
 * @param {string} zone
 */
function usedBlock(light, zone) {
  const used = light.used;
  if (!used) return null;
  const place = [used.listName, used.gate].filter(Boolean).join(' · ');
  return el(
    'div',
    { class: 'verdict-used' },
    el('p', { class: 'verdict-used-time' }, el('time', { translate: 'no' }, moment(used.at, zone, light.at)), el('span', {}, ago(light.at - used.at))),
    place && el('p', {}, data(place)),
    el('p', {}, used.here ? t('On this phone') : data(used.deviceName)),
  );
}
