/** The drill before doors: each point green or red, with what to do about the red ones. */

import { button } from './controls.js';
import { el, fill } from './el.js';
import { clockTime, listAge, waiting } from './format.js';
import { icon } from './icons.js';
import { t, tn } from './text.js';
import { troubleWords } from './trouble.js';

/** @typedef {import('../../types/door.js').Door} Door */
/** @typedef {import('../../types/door.js').Drill} Drill */
/** @typedef {import('../../types/door.js').DrillCheck} DrillCheck */

/**
 * @param {Door} door
 * @param {() => void} back
 */
export function drillScreen(door, back) {
  const result = el('div', { class: 'drill-result', 'aria-live': 'polite' });
  const again = button(t('Check this phone'), () => void run(), { kind: 'primary', icon: 'drill' });
  const node = el(
    'section',
    { class: 'drill-screen', 'aria-labelledby': 'drill-title' },
    el('h1', { id: 'drill-title' }, t('Ready for doors?')),
    result,
    el('div', { class: 'foot' }, again, button(t('Back'), back, { kind: 'quiet' })),
  );
  let running = false;
  let open = true;

  async function run() {
    if (running) return;
    running = true;
    again.setAttribute('aria-busy', 'true');
    fill(result, el('p', { class: 'hint' }, t('Checking…')));
    try {
      const drill = await door.drill();
      if (open) show(drill);
    } catch (error) {
      fill(result, el('p', { role: 'alert' }, troubleWords(error)));
    }
    running = false;
    again.setAttribute('aria-busy', 'false');
  }

  /** @param {Drill} drill */
  function show({ at, checks }) {
    const red = checks.filter(({ ok }) => ok === false).length;
    const zone = door.info.event.time_zone;
    fill(
      result,
      el('p', { class: `drill-sum ${red ? 'red' : 'green'}` }, icon(red ? 'close' : 'check'), el('strong', {}, red ? tn(red, '{n} point needs a hand', '{n} points need a hand') : t('This phone is ready'))),
      el('ul', { class: 'drill-rows' }, checks.map(row)),
      el('p', { class: 'hint' }, t('Checked at {time}. The organizer sees it after the next sync.', { time: clockTime(at, zone) })),
    );
  }

  if (door.lastDrill) show(door.lastDrill);
  void run();
  return {
    node,
    leave() {
      open = false;
    },
  };
}

/** @param {DrillCheck} check */
function row(check) {
  const { ok } = check;
  const state = ok === null ? 'unknown' : ok ? 'green' : 'red';
  const words = { green: t('Good'), red: t('Not good'), unknown: t('Not known here') }[state];
  return el(
    'li',
    { class: `drill-row ${state}`, 'data-check': check.id },
    icon(ok === null ? 'waiting' : ok ? 'check' : 'close'),
    el(
      'span',
      { class: 'row-main' },
      el('strong', {}, title(check)),
      el('span', {}, [words, value(check)].filter(Boolean).join(' · ')),
      ok === false && el('span', { class: 'drill-help' }, help(check)),
    ),
  );
}

/** @param {DrillCheck} check */
function title({ id }) {
  switch (id) {
    case 'list_age': return t('Guest list');
    case 'storage': return t('Storage');
    case 'camera': return t('Camera');
    case 'worker': return t('Starts without signal');
    case 'self_scan': return t('Test ticket');
    case 'clock': return t('Clock');
    case 'battery': return t('Battery');
    case 'outbox': return t('Scans handed in');
    case 'build': return t('Version of the app');
    default: return t('Key of the list');
  }
}

/** @param {DrillCheck} check */
function value({ id, ok, value: text }) {
  switch (id) {
    case 'list_age': return listAge(text === '' ? null : Number(text));
    case 'clock': return text === '' ? '' : tn(Math.round(Math.abs(Number(text)) / 1000), '{n} second off', '{n} seconds off');
    case 'battery': return text === '' ? '' : t('{percent} %', { percent: text });
    case 'outbox': return waiting(Number(text));
    case 'self_scan': return ok ? t('Read and judged right') : '';
    default: return '';
  }
}

/** @param {DrillCheck} check */
function help({ id, value: text }) {
  switch (id) {
    case 'list_age': return t('Connect this phone and sync.');
    case 'storage': return t('Install this app on the home screen, so that the phone keeps its data.');
    case 'camera': return t('Go to Scan, allow the camera and see that there is a picture.');
    case 'worker': return t('Connect, then close this app and open it once more.');
    case 'self_scan': return text === 'list' ? t('There is no guest list yet. Connect and sync.') : t('Close this app and open it again. If it stays red, use another phone.');
    case 'clock': return t('Set this phone’s clock to automatic.');
    case 'battery': return t('Charge this phone, or bring a power bank.');
    case 'outbox': return t('Connect this phone and sync.');
    case 'build': return t('A new version waits: update it in the notice on the Scan page.');
    default: return t('The list cannot be read yet. Connect this phone before doors.');
  }
}
