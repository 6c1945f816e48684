/** Camera, sound, who and where, the state of this phone, and the way out. */

import { button, choice, data, fact, toggle } from './controls.js';
import { el, fill } from './el.js';
import { feel } from './feedback.js';
import { dayAndTime, listAge, moment, waiting } from './format.js';
import { languageChoice } from './language.js';
import { forgetPairing, isOn, lockAfter, lockMinutes, turn } from './preferences.js';
import { openSheet } from './sheet.js';
import { syncButton } from './sync-button.js';
import { t, tn } from './text.js';
import { troubleWords } from './trouble.js';

/** @typedef {import('../../types/door.js').App} App */
/** @typedef {import('../../types/door.js').Door} Door */
/** @typedef {import('../../types/door.js').Scanner} Scanner */

/**
 * @param {App} app
 * @param {Door} door
 * @param {import('./door-view.js').Ways & {drill: () => void, lock: () => void}} ways
 */
export function settingsScreen(app, door, ways) {
  const phone = el('dl', { class: 'facts' });
  const camera = el('div', { class: 'stack' });
  const sync = syncButton(door);
  const node = el(
    'section',
    { class: 'settings-screen', 'aria-labelledby': 'settings-title' },
    el('h1', { id: 'settings-title' }, t('Settings')),
    group(
      t('At this door'),
      shiftFacts(door),
      button(t('Check this phone'), ways.drill, { icon: 'drill' }),
      button(t('Hand over this phone'), ways.lock, { icon: 'lock' }),
      button(t('New shift'), ways.shift, { icon: 'person' }),
      lockChoice(),
    ),
    group(t('Camera'), camera),
    group(t('Sound and vibration'), feedbackSwitches()),
    group(t('Language'), languageChoice()),
    group(t('This phone'), phone, sync.node),
    group(
      t('Events'),
      button(t('Other events'), ways.pairings, { icon: 'next' }),
      button(t('Leave this event'), () => leave(app, door, ways), { kind: 'danger' }),
    ),
  );

  function refresh() {
    fill(phone, phoneFacts(app, door));
    sync.refresh();
  }

  const redraw = () => fill(camera, cameraControls(app.scanner));
  app.scanner.addEventListener('state', redraw);
  app.scanner.addEventListener('cameras', redraw);
  redraw();
  refresh();
  return {
    node,
    refresh,
    leave() {
      app.scanner.removeEventListener('state', redraw);
      app.scanner.removeEventListener('cameras', redraw);
    },
  };
}

/**
 * @param {string} title
 * @param {...import('./el.js').Child} content
 */
function group(title, ...content) {
  return el('section', { class: 'group' }, el('h2', {}, title), content);
}

/**
 * @param {Door} door
 */
function shiftFacts(door) {
  return el(
    'dl',
    { class: 'facts' },
    fact(t('Event'), data(door.info.event.title)),
    fact(t('List'), data(door.list?.name ?? '')),
    fact(t('Gate'), door.gate ? data(door.gate) : t('Not set')),
    fact(t('Your name'), door.operator ? data(door.operator) : t('Not set')),
  );
}

/**
 * @param {Scanner} scanner
 */
function cameraControls(scanner) {
  const cameras = scanner.cameras.map(({ id, label }, at) => {
    return label ? { value: id, label } : { value: id, label: t('Camera {n}', { n: at + 1 }), said: true };
  });
  return [
    cameras.length > 0
      ? choice(t('Which camera'), cameras, scanner.cameraId, (id) => void scanner.useCamera(id))
      : el('p', { class: 'hint' }, t('The cameras of this phone appear here once one was allowed.')),
    scanner.hasTorch && toggle(t('Torch'), scanner.torch, (on) => void scanner.setTorch(on)),
    scanner.zoom && zoomControl(scanner.zoom, (value) => void scanner.setZoom(value)),
  ];
}

/**
 * @param {NonNullable<Scanner['zoom']>} zoom
 * @param {(value: number) => void} changed
 */
function zoomControl(zoom, changed) {
  const input = el('input', { type: 'range', id: 'zoom', class: 'range', min: zoom.min, max: zoom.max, step: zoom.step, oninput: () => changed(input.valueAsNumber) });
  input.valueAsNumber = zoom.value;
  return el('div', { class: 'field' }, el('label', { for: 'zoom' }, t('Zoom')), input);
}

function lockChoice() {
  const options = [5, 15, 30].map((n) => ({ value: n, label: tn(n, 'After {n} minute', 'After {n} minutes'), said: true }));
  return choice(t('Ask who scans when nobody touches it'), [...options, { value: 0, label: t('Never'), said: true }], lockMinutes(), lockAfter);
}

function feedbackSwitches() {
  const vibrates = 'vibrate' in navigator;
  return el(
    'div',
    { class: 'stack' },
    toggle(t('Sound'), isOn('sound'), (on) => {
      turn('sound', on);
      if (on) feel('valid', true);
    }),
    vibrates && toggle(t('Vibration'), isOn('vibration'), (on) => {
      turn('vibration', on);
      if (on) feel('valid', true);
    }),
  );
}

/**
 * @param {App} app
 * @param {Door} door
 */
function phoneFacts(app, door) {
  const { pending, listAgeS, tickets, persisted, online, lastSyncAt, clockSkewMs, lastError } = door.status;
  const zone = door.info.event.time_zone;
  const skewed = clockSkewMs !== null && Math.abs(clockSkewMs) > 120_000;
  return [
    fact(t('Phone'), data(door.info.name)),
    fact(t('Connection'), online ? t('Online') : t('Offline')),
    fact(t('Scans'), waiting(pending)),
    fact(t('List'), `${listAge(listAgeS)} · ${tn(tickets, '{n} ticket', '{n} tickets')}`),
    lastSyncAt !== null && fact(t('Last sync'), data(moment(lastSyncAt, zone, Date.now()))),
    fact(t('Storage kept'), storageWords(persisted)),
    skewed && fact(t('Clock'), t('This phone’s clock is wrong. Times are corrected; set the clock.')),
    fact(t('Pairing ends'), data(dayAndTime(door.info.expiresAt, zone))),
    fact(t('Build'), data(app.build)),
    lastError && online && fact(t('Last trouble'), data(lastError)),
  ];
}

/**
 * @param {boolean | null} persisted
 */
function storageWords(persisted) {
  if (persisted === null) return t('Not known yet');
  return persisted ? t('Yes') : t('Not promised: install this app to keep it safe');
}

/**
 * Unsent scans bar the way out: they would be the only copy.
 * @param {App} app
 * @param {Door} door
 * @param {import('./door-view.js').Ways} ways
 */
function leave(app, door, ways) {
  const waits = door.status.pending;
  if (waits > 0) {
    openSheet(t('Not yet'), (close) => [
      el('p', {}, tn(waits, '{n} scan is only on this phone. Sync first, then leave.', '{n} scans are only on this phone. Sync first, then leave.')),
      button(t('Sync now'), () => { close(); void door.syncNow(); }, { kind: 'primary', icon: 'sync' }),
      button(t('Back'), close, { kind: 'quiet' }),
    ]);
    return;
  }
  openSheet(t('Leave this event?'), (close) => [
    el('p', {}, t('The guest list is deleted from this phone. To scan again you need a new pairing code.')),
    button(t('Leave this event'), () => { close(); void leaveNow(app, door, ways); }, { kind: 'danger' }),
    button(t('Back'), close, { kind: 'quiet' }),
  ]);
}

/**
 * @param {App} app
 * @param {Door} door
 * @param {import('./door-view.js').Ways} ways
 */
async function leaveNow(app, door, ways) {
  try {
    await door.close();
    await app.forget(door.id);
    forgetPairing(door.id);
  } catch (error) {
    ways.open(door.id);
    openSheet(t('This did not work'), (close) => [
      el('p', {}, t('Something is not handed in yet. Sync this phone, then try again.')),
      el('p', { class: 'hint' }, troubleWords(error)),
      button(t('Back'), close, { kind: 'quiet' }),
    ]);
    return;
  }
  ways.pairings();
}
