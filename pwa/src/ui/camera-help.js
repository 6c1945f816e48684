/** What to do when there is no picture, in plain words, for each reason. */

import { button } from './controls.js';
import { el } from './el.js';
import { t } from './text.js';

/** @typedef {import('../../types/door.js').CameraState} CameraState */

/**
 * @param {CameraState} state
 * @param {() => void} again
 * @returns {HTMLElement | null} null while the camera runs
 */
export function cameraHelp(state, again) {
  if (state === 'running') return null;
  if (state === 'starting' || state === 'off') {
    return el('div', { class: 'camera-help' }, el('p', {}, t('Opening the camera…')));
  }
  const { title, words, label } = reason(state);
  return el(
    'div',
    { class: 'camera-help' },
    el('h2', {}, title),
    words.map((line) => el('p', {}, line)),
    label && button(label, again, { kind: 'primary', icon: 'camera' }),
  );
}

/**
 * @param {CameraState} state
 * @returns {{ title: string, words: string[], label: string }}
 */
function reason(state) {
  const meanwhile = t('Meanwhile you can search for guests by name or type their code.');
  switch (state) {
    case 'blocked':
      return {
        title: t('The camera is not allowed'),
        words: [
          t('Open this site’s settings: tap the icon beside the address, or on an iPhone Settings, Apps, Safari, Camera. Allow the camera, then try again.'),
          meanwhile,
        ],
        label: t('Try again'),
      };
    case 'none':
      return { title: t('No camera found'), words: [meanwhile], label: t('Try again') };
    case 'busy':
      return {
        title: t('Another app uses the camera'),
        words: [t('Close the other app, then try again.'), meanwhile],
        label: t('Try again'),
      };
    case 'insecure':
      return {
        title: t('The camera needs a secure address'),
        words: [t('Open this app by an address that begins with https, or ask the organizer for the right link.'), meanwhile],
        label: '',
      };
    default:
      return { title: t('The camera is paused'), words: [], label: t('Tap to resume') };
  }
}
