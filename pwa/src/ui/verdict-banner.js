/** The verdict, filling the screen for a moment; the next one takes its place at once. */

import { button, data } from './controls.js';
import { el, fill } from './el.js';
import { feel } from './feedback.js';
import { ago, listAge, moment } from './format.js';
import { stampMark } from './stamp-mark.js';
import { t } from './text.js';
import { familyOf, spokenVerdict, verdictAct, verdictAdvice, verdictWord } from './verdict-words.js';

/** @typedef {import('../../types/door.js').Door} Door */
/** @typedef {import('../../types/door.js').Light} Light */

const GREEN_MS = 1800;
const OTHER_MS = 6000;

/**
 * @param {Door} door
 * @param {{ closed: (light: Light) => void, switchTo: (pairing: string) => void }} on
 */
export function verdictBanner(door, on) {
  const node = el('div', { class: 'verdict-banner', hidden: true, onclick: () => hide() });
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
   */
  function show(light) {
    const family = familyOf(light.verdict, light.flags);
    shown = light;
    node.className = `verdict-banner ${family}`;
    fill(node, content(light, door.info.event.time_zone, on.switchTo, hide));
    node.hidden = false;
    feel(family, light.admit);
    fill(spoken, el('span', {}, spokenVerdict(light, door.info.event.time_zone)));
    requestAnimationFrame(() => setTimeout(() => door.painted(light)));
    clearTimeout(timer);
    timer = window.setTimeout(hide, family === 'valid' ? GREEN_MS : OTHER_MS);
  }

  return { node, spoken, show, hide };
}

/**
 * @param {Light} light
 * @param {string} zone
 * @param {(pairing: string) => void} switchTo
 * @param {() => void} hide
 */
function content(light, zone, switchTo, hide) {
  const other = light.switchTo;
  const advice = verdictAdvice(light, zone);
  const act = verdictAct(light);
  return [
    el('p', { class: 'verdict-age' }, listAge(light.listAgeS)),
    el(
      'div',
      { class: 'verdict-face' },
      stampMark(familyOf(light.verdict, light.flags)),
      el('h2', { class: 'verdict-word' }, verdictWord(light.verdict, light.admit)),
      act && el('p', { class: 'verdict-act' }, act),
      light.name && el('p', { class: 'verdict-name' }, data(light.name)),
      light.tier && el('p', { class: 'verdict-tier' }, data(light.tier)),
      light.used && usedBlock(light, zone),
      advice && el('p', { class: 'verdict-advice' }, advice),
      light.printedId && el('p', { class: 'verdict-id' }, data(light.printedId)),
    ),
    el(
      'div',
      { class: 'verdict-foot' },
      other && button(t('Switch to that event'), () => switchTo(other)),
      button(t('Next'), hide, { kind: 'quiet' }),
    ),
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
