/** How to put the app on the home screen, on each kind of phone, and why before pairing. */

import { button } from './controls.js';
import { el } from './el.js';
import { icon } from './icons.js';
import { t } from './text.js';

/** @typedef {Event & { prompt: () => Promise<unknown> }} InstallOffer */
/** @typedef {'ios' | 'android' | 'computer'} Platform */

/** @type {InstallOffer | null} */
let offer = null;

/** Browsers offer installation once, early: the offer is kept for the button. */
export function keepInstallOffer() {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    offer = /** @type {InstallOffer} */ (event);
  });
}

/** Whether the app runs from the home screen. */
export function isInstalled() {
  const ios = /** @type {Navigator & { standalone?: boolean }} */ (navigator).standalone === true;
  return ios || matchMedia('(display-mode: standalone)').matches;
}

/**
 * iPads call themselves a Macintosh; only their touch points tell.
 * @returns {Platform}
 */
export function platform() {
  const agent = navigator.userAgent;
  if (/iPhone|iPad|iPod/.test(agent) || (agent.includes('Macintosh') && navigator.maxTouchPoints > 1)) return 'ios';
  return agent.includes('Android') ? 'android' : 'computer';
}

/**
 * @param {() => void} back
 */
export function installScreen(back) {
  const here = platform();
  const offered = offer;
  return el(
    'main',
    { class: 'plain-screen install-screen' },
    el('h1', {}, t('Install the app')),
    el('p', {}, t('Installed, it starts without a network, fills the screen, and the phone keeps its scans safe. Install first, then pair inside the installed app.')),
    offered && button(t('Install now'), () => void offered.prompt(), { kind: 'primary', icon: 'install' }),
    way('ios', t('iPhone and iPad'), here, [
      t('Open this page in Safari.'),
      [t('Tap Share'), icon('share'), t('at the bottom of the screen.')],
      [t('Choose “Add to Home Screen”'), icon('add'), t('and confirm.')],
      t('Open Handstamp from the home screen and enter the pairing code there: the installed app starts empty.'),
    ]),
    way('android', t('Android'), here, [
      t('Open this page in Chrome, Edge or Samsung Internet.'),
      t('Open the menu with the three dots.'),
      [t('Choose “Install app” or “Add to Home screen”'), icon('install')],
      t('Open Handstamp from the home screen.'),
    ]),
    way('computer', t('Computer'), here, [
      t('In Chrome or Edge, choose the install sign at the end of the address line.'),
      t('In Safari, choose File, then “Add to Dock”.'),
    ]),
    el('div', { class: 'foot' }, button(t('Back'), back, { icon: 'back' })),
  );
}

/**
 * @param {Platform} platformName
 * @param {string} title
 * @param {Platform} here
 * @param {(string | import('./el.js').Child[])[]} steps
 */
function way(platformName, title, here, steps) {
  return el(
    'details',
    { class: 'install-way', open: platformName === here },
    el('summary', {}, el('h2', {}, title)),
    el('ol', {}, steps.map((step) => el('li', {}, typeof step === 'string' ? step : spaced(step)))),
  );
}

/**
 * @param {import('./el.js').Child[]} parts
 */
function spaced(parts) {
  return parts.flatMap((part) => [part, ' ']);
}
