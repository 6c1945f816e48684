/** The camera, a frame to aim with, and the last decision under the thumb. */

import { cameraHelp } from './camera-help.js';
import { el, fill } from './el.js';
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
  const last = lastVerdict(enlarge);
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
    fill(tools, !trouble && scanner.hasTorch && torchButton(scanner), codeButton(door));
  }

  scanner.addEventListener('state', refresh);
  refresh();
  return {
    node,
    last,
    start,
    leave() {
      scanner.removeEventListener('state', refresh);
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
