/** Composition root of the door app: the logic, the screens, the language, the service worker. */

import { DoorApp } from './app.js';
import { askIn, loadTexts } from './sync/transport.js';
import { speakWanted } from './ui/language.js';
import { startScreens } from './ui/shell.js';

const PAGE = '/tickets/checkin/';

/** What precache.js declares. */
const { HANDSTAMP_BUILD } = /** @type {{HANDSTAMP_BUILD?: {id: string}}} */ (
  /** @type {unknown} */ (globalThis)
);

const root = location.pathname.slice(0, Math.max(0, location.pathname.indexOf(PAGE)));

export const app = new DoorApp(root, HANDSTAMP_BUILD?.id ?? 'unbuilt');

const texts = (/** @type {string} */ language) => loadTexts(`${root}${PAGE}`, language);
await speakWanted(new URLSearchParams(location.search).get('lang'), texts);
askIn(document.documentElement.lang);

const screen = document.getElementById('app');
if (!screen) throw new Error('the page has no #app');
export const started = startScreens(app, screen);

void app.updates.register(`${root}${PAGE}sw.js`);
