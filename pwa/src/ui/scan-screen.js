/** The camera, a frame to aim with, and the last decision under the thumb. */

import { cameraHelp } from './camera-help.js';
import { el, fill } from './el.js';
import { exitSwitch } from './exit-switch.js';
import { icon } from './icons.js';
import { lastVerdict } from './last-verdict.js';
import { t } from './text.js';
import { showTrouble } from './trouble.js';
import { typeCode } from './type-code.js';

/** @typedef {import('../../types/door.js').Door} Door */
/** @typedef {import('../../types/door.js').Scanner} Scanner */
/** @typedef {import('../../types/door.js').Light} Light */

/**
 * @param {Door} door
 * @param {Scanner} scanner
 * @param {(light: Light) => void} enlarge
 */
export function scanScreen(door, scanner, enlarge) {
  const video = el('video', { class: 'scan-video', playsinline: true, muted: true, autoplay: true, 'aria-label': t('Camera picture') });
  video.muted = true;
  const help = el('div', { class: 'scan-help' });
  const tools = el('div', { class: 'scan-tools' });
  const last = lastVerdict(door, enlarge);
  const mode = exitSwitch(door);
  const node = el(
    'section',
    { class: 'scan-screen', 'aria-label': t('Scan') },
    el('h1', { class: 'unseen' }, t('Scan')),
    video,
    el('div', { class: 'scan-frame', 'aria-hidden': 'true' }),
    help,
    el('div', { class: 'scan-dock' }, tools, last.node),
  );

  const start = () => void scanner.start(video, door);

  function refresh() {
    const trouble = cameraHelp(scanner.state, start);
    node.classList.toggle('without-picture', trouble !== null);
    fill(help, trouble);
    const zoom = trouble ? null : scanner.zoom;
    fill(
      tools,
      mode.node,
      el('span', { class: 'push' }),
      !trouble && !door.list?.exits && scanner.cameras.length > 1 && flipButton(scanner),
      zoom && zoomButton(scanner, zoom),
      !trouble && scanner.hasTorch && torchButton(scanner),
      codeButton(door),
    );
  }

  /** The list may have changed, and with it whether guests leave here. */
  function changed() {
    mode.refresh();
    last.refresh();
    refresh();
  }

  scanner.addEventListener('state', refresh);
  scanner.addEventListener('cameras', refresh);
  refresh();
  return {
    node,
    last,
    start,
    refresh: changed,
    leave() {
      last.leave();
      scanner.removeEventListener('state', refresh);
      scanner.removeEventListener('cameras', refresh);
      scanner.stop();
    },
  };
}

/**
 * @param {Scanner} scanner
 */
function torchButton(scanner) {
  return el(
    'button',
    {
      type: 'button', class: 'round', 'aria-pressed': String(scanner.torch), 'aria-label': t('Torch'),
      onclick: () => void scanner.setTorch(!scanner.torch),
    },
    icon(scanner.torch ? 'torch' : 'torchOff'),
  );
}

/**
 * Steps through 1, 2 and 3 times, as far as the camera goes; the settings have every step.
 * @param {Scanner} scanner
 * @param {NonNullable<Scanner['zoom']>} zoom
 */
function zoomButton(scanner, zoom) {
  const now = Math.round(zoom.value / zoom.min);
  const next = (now % 3) + 1;
  const value = next * zoom.min <= zoom.max ? next * zoom.min : zoom.min;
  return el(
    'button',
    { type: 'button', class: 'round', 'aria-label': t('Zoom {n} times', { n: now }), onclick: () => void scanner.setZoom(value) },
    el('span', { translate: 'no' }, `${now}×`),
  );
}

/**
 * @param {Scanner} scanner
 */
function flipButton(scanner) {
  const at = scanner.cameras.findIndex(({ id }) => id === scanner.cameraId);
  const next = scanner.cameras[(at + 1) % scanner.cameras.length];
  return el(
    'button',
    { type: 'button', class: 'round', 'aria-label': t('Next camera'), onclick: () => next && void scanner.useCamera(next.id) },
    icon('flip'),
  );
}

/**
 * @param {Door} door
 */
function codeButton(door) {
  return el(
    'button',
    {
      type: 'button', class: 'round', 'aria-label': t('Type a code'),
      onclick: () => typeCode((code) => void door.scanText(code, 'wedge').catch(showTrouble)),
    },
    icon('keyboard'),
  );
}
