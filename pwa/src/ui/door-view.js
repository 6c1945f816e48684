/** One open pairing on the screen: the camera below, pages above it, verdicts over all. */

import { watchBattery } from './battery.js';
import { drillScreen } from './drill-screen.js';
import { el, fill, focusTitle } from './el.js';
import { lockScreen } from './lock-screen.js';
import { logScreen } from './log-screen.js';
import { notices, offerUpdate, tellRelease, warnOfBattery } from './notices.js';
import { operatorLock } from './operator-lock.js';
import { scanScreen } from './scan-screen.js';
import { searchScreen } from './search-screen.js';
import { settingsScreen } from './settings-screen.js';
import { standingScreen, takeOverScreen } from './ended-screens.js';
import { closeSheets } from './sheet.js';
import { statusStrip } from './status-strip.js';
import { tabBar } from './tab-bar.js';
import { showTrouble } from './trouble.js';
import { verdictBanner } from './verdict-banner.js';
import { keepAwake } from './wake-lock.js';
import { listenForWedge } from './wedge.js';

/** @typedef {import('../../types/door.js').App} App */
/** @typedef {import('../../types/door.js').Door} Door */
/** @typedef {import('../../types/door.js').Light} Light */
/** @typedef {import('./tab-bar.js').Tab} Tab */
/** @typedef {{ node: HTMLElement, refresh?: () => void, leave?: () => void, opened?: () => void }} Page */
/** @typedef {import('../../types/door.js').Standing} Standing */
/** @typedef {{ shift: () => void, pairings: () => void, pair: () => void, open: (pairing: string) => void }} Ways */
/** @typedef {Tab | 'drill'} PageName */
/** @typedef {'' | 'lock' | 'locked' | Standing} Obstacle */

/**
 * @param {App} app
 * @param {Door} door
 * @param {Ways} ways
 */
export function doorView(app, door, ways) {
  const banner = verdictBanner(door, { closed: (light) => scan.last.show(light), switchTo: ways.open });
  const scan = scanScreen(door, app.scanner, (light) => banner.show(light, true));
  const strip = statusStrip(door);
  const board = notices();
  const tabs = tabBar((tab) => go(tab, true));
  const page = el('div', { class: 'page-layer', hidden: true });
  const stage = el('div', { class: 'stage' }, scan.node, strip.node, page);
  const blocked = el('div', { class: 'blocked-layer', hidden: true });
  const node = el('main', { class: 'door-view' }, stage, board.node, tabs.node, banner.node, banner.spoken, blocked);
  /** @type {PageName} */
  let current = 'scan';
  /** @type {Page | null} */
  let opened = null;
  /** @type {Obstacle} */
  let obstacle = '';
  let drawn = '';
  const sleep = keepAwake();
  const lock = operatorLock(door, refresh);

  /** @type {Record<Exclude<PageName, 'scan'>, () => Page>} */
  const pages = {
    search: () => searchScreen(door),
    log: () => logScreen(door),
    settings: () => settingsScreen(app, door, { ...ways, drill: () => go('drill', true), lock: lock.now }),
    drill: () => drillScreen(door, () => go('settings', true)),
  };

  /**
   * @param {PageName} tab
   * @param {boolean} remember
   */
  function go(tab, remember) {
    if (remember && tab !== current) history.pushState({ tab }, '', location.href);
    opened?.leave?.();
    opened = null;
    current = tab;
    tabs.mark(tab === 'drill' ? 'settings' : tab);
    page.hidden = tab === 'scan';
    scan.node.inert = tab !== 'scan';
    if (tab === 'scan') {
      fill(page);
      if (!obstacle) scan.start(); // "back" reaches this page under an obstacle too
      return;
    }
    app.scanner.pause();
    opened = pages[tab]();
    fill(page, opened.node);
    page.scrollTop = 0;
    opened.opened?.();
  }

  function refresh() {
    strip.refresh();
    tellRelease(board, door);
    scan.refresh();
    node.classList.toggle('exiting', door.exiting);
    opened?.refresh?.();
    const found = obstacleOf(door, Date.now()) || (lock.locked() ? 'locked' : '');
    // A name that is being typed stays: only the ended screens tell what waits.
    const shown = found === 'locked' ? found : found && `${found} ${door.status.pending}`;
    if (found && shown !== drawn) {
      fill(blocked, obstacleScreen(found));
    }
    drawn = shown;
    if (found === obstacle) return;
    obstacle = found;
    blocked.hidden = !found;
    stage.inert = tabs.node.inert = Boolean(found);
    if (found) {
      closeSheets();
      banner.hide();
      app.scanner.stop();
      focusTitle(blocked);
    } else go(current, false);
  }

  /** @param {Exclude<Obstacle, ''>} found */
  function obstacleScreen(found) {
    if (found === 'locked') return lockScreen(door, lock.open);
    return found === 'lock' ? takeOverScreen(door, ways) : standingScreen(app, door, ways);
  }

  /** @param {string} code */
  function readWedge(code) {
    if (obstacle) return;
    closeSheets();
    void door.scanText(code, 'wedge').catch(showTrouble);
  }

  const onLight = (/** @type {Event} */ event) => {
    lock.stirred();
    banner.show(/** @type {CustomEvent<Light>} */ (event).detail);
  };
  const onSheets = (/** @type {Event} */ event) => app.scanner.hold(/** @type {CustomEvent<boolean>} */ (event).detail);
  const onBack = (/** @type {PopStateEvent} */ event) => go(event.state?.tab ?? 'scan', false);
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape') banner.hide();
  };
  const onUpdate = () => offerUpdate(board, app);

  door.addEventListener('light', onLight);
  door.addEventListener('change', refresh);
  door.addEventListener('standing', refresh);
  app.addEventListener('update', onUpdate);
  addEventListener('popstate', onBack);
  document.addEventListener('keydown', onKey);
  document.addEventListener('sheets', onSheets);
  const deaf = listenForWedge(readWedge);
  const clock = setInterval(strip.refresh, 10_000);
  void watchBattery((percent) => warnOfBattery(board, door, percent));
  onUpdate();

  return {
    node,
    arrived() {
      refresh();
      if (!obstacle) go('scan', false);
    },
    leave() {
      door.removeEventListener('light', onLight);
      door.removeEventListener('change', refresh);
      door.removeEventListener('standing', refresh);
      app.removeEventListener('update', onUpdate);
      removeEventListener('popstate', onBack);
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('sheets', onSheets);
      deaf();
      lock.end();
      clearInterval(clock);
      banner.hide();
      scan.leave();
      opened?.leave?.();
      sleep();
    },
  };
}

const GRACE_MS = 12 * 3600 * 1000;

/**
 * Why this window may not scan; expiry counts only 12 hours after the event (R41).
 * @param {Door} door
 * @param {number} now
 * @returns {'' | 'lock' | Standing}
 */
function obstacleOf(door, now) {
  const { standing, holdsLock } = door.status;
  const ended = standing === 'expired' ? now > door.info.event.end + GRACE_MS : standing !== 'active';
  if (ended) return standing;
  return holdsLock ? '' : 'lock';
}
