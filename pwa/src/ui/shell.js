/** Chooses what stands on the screen: pairing, the list of events, a shift, or the open door. */

import { pairingOf, showPairing } from './address.js';
import { button } from './controls.js';
import { doorView } from './door-view.js';
import { el, fill, focusTitle } from './el.js';
import { unlockSoundOnTap } from './feedback.js';
import { installScreen, keepInstallOffer } from './install-help.js';
import { pairCamera } from './pair-camera.js';
import { pairingsScreen } from './pairings-screen.js';
import { beginShift, endShift, shiftRuns } from './preferences.js';
import { shiftScreen } from './shift-screen.js';
import { startScreen } from './start-screen.js';
import { t } from './text.js';
import { troubleWords } from './trouble.js';

/** @typedef {import('../../types/door.js').App} App */
/** @typedef {import('../../types/door.js').Door} Door */
/** @typedef {{ node: HTMLElement, arrived?: () => void, leave?: () => void }} Screen */

/**
 * Show the app in `root`, beginning where the address says (`?pair=CODE`, `?p=<device>`).
 * @param {App} app
 * @param {HTMLElement} root
 */
export async function startScreens(app, root) {
  const shell = new Shell(app, root);
  keepInstallOffer();
  unlockSoundOnTap();
  await shell.begin();
}

class Shell {
  /** @type {Screen | null} */
  #screen = null;
  /** @type {Door | null} */
  #door = null;

  /**
   * @param {App} app
   * @param {HTMLElement} root
   */
  constructor(app, root) {
    this.app = app;
    this.root = root;
  }

  async begin() {
    const { code, id } = pairingOf(location.href);
    const pairings = await this.app.pairings();
    const only = pairings.length === 1 ? pairings[0] : undefined;
    const asked = pairings.find((one) => one.id === id) ?? (code ? undefined : only);
    if (asked) await this.open(asked.id);
    else if (code || pairings.length === 0) await this.start(code);
    else await this.pairings();
  }

  /**
   * @param {Screen} screen
   */
  show(screen) {
    this.#screen?.leave?.();
    this.#screen = screen;
    fill(this.root, screen.node);
    focusTitle(screen.node);
    screen.arrived?.();
  }

  async #closeDoor() {
    const door = this.#door;
    this.#door = null;
    this.#screen?.leave?.();
    this.#screen = null;
    await door?.close();
  }

  /**
   * @param {string} code
   */
  async start(code = '') {
    await this.#closeDoor();
    const known = await this.app.pairings();
    this.show(
      startScreen({ code, pairings: known.length > 0 }, {
        pair: (typed) => this.pair(typed),
        scan: () => this.#scanPairing(),
        install: () => this.show({ node: installScreen(() => void this.start(code)) }),
        pairings: () => void this.pairings(),
      }),
    );
  }

  #scanPairing() {
    const read = async (/** @type {string} */ text) => {
      if (!looksLikePairing(text)) return false;
      try {
        await this.pair(text);
      } catch (error) {
        await this.start();
        /** @type {ReturnType<typeof startScreen>} */ (this.#screen).trouble(error);
      }
      return true;
    };
    this.show(pairCamera(this.app.scanner, read, () => void this.start()));
  }

  /**
   * @param {string} code
   */
  async pair(code) {
    const pairing = await this.app.pair(code);
    await this.open(pairing.id);
  }

  async pairings() {
    await this.#closeDoor();
    showPairing('');
    const pairings = await this.app.pairings();
    this.show(pairingsScreen(pairings, { open: (id) => void this.open(id), pair: () => void this.start() }));
  }

  /**
   * @param {string} id
   */
  async open(id) {
    await this.#closeDoor();
    showPairing(id);
    try {
      this.#door = await this.app.open(id);
    } catch (error) {
      this.show({ node: this.#notOpened(id, error) });
      return;
    }
    const door = this.#door;
    const running = door.list !== null && shiftRuns(id, Date.now());
    if (running || door.status.standing !== 'active') this.#scan(door);
    else this.#shift(door);
  }

  /**
   * @param {Door} door
   */
  #shift(door) {
    this.show(
      shiftScreen(door, () => {
        beginShift(door.id, Date.now());
        this.#scan(door);
      }),
    );
  }

  /**
   * Who began before the list had come is asked which door once it is there.
   * @param {Door} door
   */
  #askOnceListed(door) {
    const ask = () => {
      if (door.lists.length === 0) return;
      door.removeEventListener('change', ask);
      if (door.list === null && this.#door === door) this.#shift(door);
    };
    door.addEventListener('change', ask);
  }

  /**
   * @param {Door} door
   */
  #scan(door) {
    if (door.lists.length === 0) this.#askOnceListed(door);
    this.show(
      doorView(this.app, door, {
        shift: () => {
          endShift(door.id);
          this.#shift(door);
        },
        pairings: () => void this.pairings(),
        pair: () => void this.start(),
        open: (other) => void this.open(other),
      }),
    );
  }

  /**
   * @param {string} id
   * @param {unknown} error
   */
  #notOpened(id, error) {
    return el(
      'main',
      { class: 'plain-screen' },
      el('h1', {}, t('This event could not be opened')),
      el('p', {}, troubleWords(error)),
      el(
        'div',
        { class: 'foot' },
        button(t('Try again'), () => void this.open(id), { kind: 'primary' }),
        button(t('Events on this phone'), () => void this.pairings(), { kind: 'quiet' }),
      ),
    );
  }
}

/**
 * @param {string} text
 */
function looksLikePairing(text) {
  return pairingOf(text).code !== '' || /^[A-Za-z0-9-]{6,24}$/.test(text.trim());
}
