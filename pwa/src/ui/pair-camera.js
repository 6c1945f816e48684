/** Reads a pairing QR with the camera inside the app, as an installed iPhone app needs. */

import { cameraHelp } from './camera-help.js';
import { button } from './controls.js';
import { el, fill } from './el.js';
import { t } from './text.js';

/** @typedef {import('../../types/door.js').Scanner} Scanner */

/**
 * @param {Scanner} scanner
 * @param {(text: string) => Promise<boolean>} read false: not a pairing code, keep looking
 * @param {() => void} back
 */
export function pairCamera(scanner, read, back) {
  const video = el('video', { class: 'scan-video', playsinline: true, muted: true, autoplay: true, 'aria-label': t('Camera picture') });
  video.muted = true;
  const help = el('div', { class: 'scan-help' });
  const said = el('p', { class: 'pair-said', role: 'status' }, t('Hold the organizer’s pairing code in the frame'));
  const reader = {
    /** @param {string} text */
    async scanText(text) {
      if (!(await read(text))) said.textContent = t('This is not a pairing code. The organizer’s device page shows one.');
    },
  };
  const start = () => void scanner.start(video, reader);
  const refresh = () => fill(help, cameraHelp(scanner.state, start));
  scanner.addEventListener('state', refresh);
  refresh();
  return {
    node: el(
      'main',
      { class: 'pair-camera' },
      el('h1', { class: 'unseen' }, t('Scan pairing code')),
      video,
      el('div', { class: 'scan-frame', 'aria-hidden': 'true' }),
      help,
      el('div', { class: 'pair-dock' }, said, button(t('Type the code'), back, { icon: 'keyboard' })),
    ),
    arrived: start,
    leave() {
      scanner.removeEventListener('state', refresh);
      scanner.stop();
    },
  };
}
