/** The app of one window: the pairings of this phone, the open door, the camera, new versions. */

import { AppUpdates } from './app-updates.js';
import { deviceHex } from './core/ids.js';
import { keptClaims } from './data/claims.js';
import { DoorClock } from './data/door-clock.js';
import { openOutbox } from './data/outbox.js';
import { allPairings, changePairing, erasePairing, findPairing } from './data/pairings.js';
import { openLists } from './data/list-disk.js';
import { sweepLists } from './data/sweep-lists.js';
import { Tickets } from './data/tickets.js';
import { OpenDoor } from './door.js';
import { Camera } from './scan/camera.js';
import { sealDenials } from './scan/record-decision.js';
import { handIn } from './sync/hand-in.js';
import { pair } from './sync/pairing.js';
import { Transport } from './sync/transport.js';
import { whenIdle } from './when-idle.js';

/** @typedef {import('../types/door.js').App} App */
/** @typedef {import('../types/door.js').PairingInfo} PairingInfo */
/** @typedef {import('../types/records.js').PairingRecord} PairingRecord */

const HAND_IN_EVERY_MS = 60_000;
const SWEEP_EVERY_MS = 60_000;

/** @implements {App} */
export class DoorApp extends EventTarget {
  /** @type {OpenDoor | null} */
  #door = null;
  /** @type {Map<number, string>} */
  #byEvent = new Map();
  /** @type {boolean | null} */
  #persisted = null;
  /** @type {{level: number, charging: boolean} | null} */
  #battery = null;
  #handedInAt = -Infinity;

  /**
   * @param {string} root where `/api/tickets` begins
   * @param {string} build
   */
  constructor(root, build) {
    super();
    this.build = build;
    this.outbox = openOutbox();
    this.listsDatabase = openLists();
    this.transport = new Transport(root);
    this.scanner = new Camera();
    this.updates = new AppUpdates();
    this.updates.addEventListener('waiting', () => this.dispatchEvent(new Event('update')));
    void this.#lookAround();
    const sweep = () => void this.#sweep();
    setInterval(sweep, SWEEP_EVERY_MS);
    whenIdle(sweep);
  }

  /** @returns {Promise<PairingInfo[]>} newest first */
  async pairings() {
    const found = await allPairings(this.outbox);
    this.#byEvent = new Map(
      found
        .filter(({ record }) => record.standing === 'active')
        .map(({ record }) => [record.event.number, deviceHex(record.device)]),
    );
    return found
      .map(({ record, pending }) => infoOf(record, pending))
      .sort((a, b) => b.createdAt - a.createdAt);
  }

  /**
   * @param {string} code
   * @param {string} name
   */
  async pair(code, name = '') {
    const { build } = this;
    const { transport, outbox, listsDatabase: lists } = this;
    const record = await pair({ transport, outbox, lists }, { code, name, build, now: Date.now });
    void this.persist();
    this.dispatchEvent(new Event('pairings'));
    return infoOf(record, 0);
  }

  /** @param {string} id */
  async open(id) {
    const record = await findPairing(this.outbox, parseInt(id, 16));
    if (!record) throw new Error('This phone holds no such pairing.');
    await this.#door?.close();
    this.#door = await new OpenDoor(record, {
      outbox: this.outbox,
      lists: this.listsDatabase,
      transport: this.transport,
      build: this.build,
      pairingOf: (event) => this.#byEvent.get(event) ?? null,
      persisted: () => this.#persisted,
      battery: () => this.#battery?.level ?? null,
      drilled: () => this.#drilled(),
      synced: () => void this.#handInOthers(),
    }).begin();
    void this.pairings();
    return this.#door;
  }

  /** @param {string} id */
  async forget(id) {
    const device = parseInt(id, 16);
    if (!(await findPairing(this.outbox, device))) return;
    if (!(await erasePairing(this.outbox, device))) {
      throw new Error('Some scans are not handed in yet.');
    }
    await new Tickets(this.listsDatabase, device).wipe();
    this.dispatchEvent(new Event('pairings'));
  }

  /** The open door of this window; null on the start screens. */
  get door() {
    return this.#door;
  }

  get updateWaiting() {
    return this.updates.waiting;
  }

  async applyUpdate() {
    if (this.#door?.busy) throw new Error('A decision is open.');
    this.updates.apply();
  }

  async persist() {
    this.#persisted = (await navigator.storage?.persist?.()) ?? false;
    return this.#persisted;
  }

  /** Lists of other pairings end too, though nobody opens them. */
  async #sweep() {
    const open = parseInt(this.#door?.id ?? '0', 16);
    await sweepLists(this.outbox, this.listsDatabase, open).catch((error) => console.error(error));
  }

  async #lookAround() {
    this.#persisted = (await navigator.storage?.persisted?.()) ?? false;
    const { getBattery } = /** @type {{getBattery?: () => Promise<{level: number, charging: boolean}>}} */ (navigator);
    this.#battery = (await getBattery?.call(navigator).catch(() => null)) ?? null;
  }

  /** What the drill asks of the window. */
  #drilled() {
    return {
      camera: this.scanner.state,
      worker: async () => (await navigator.serviceWorker?.getRegistration())?.active != null,
      battery: this.#battery,
      updateWaiting: this.updateWaiting,
    };
  }

  /** Logs of pairings that no window has open are sent too. */
  async #handInOthers() {
    const { transport, outbox } = this;
    const now = performance.now();
    if (now - this.#handedInAt < HAND_IN_EVERY_MS) return;
    this.#handedInAt = now;
    for (const { record: pairing, pending } of await allPairings(outbox)) {
      const left = pending > 0 || (await keptClaims(outbox, pairing.device)).length > 0;
      if (!left || deviceHex(pairing.device) === this.#door?.id) continue;
      const clock = new DoorClock(pairing.clockOffset);
      /** @param {import('./data/scan-log.js').ScanLog} log */
      const sealAll = async (log) => void (await sealDenials(log, clock.now(), true));
      try {
        const said = await handIn({ transport, outbox, pairing, clock, sealAll });
        if (said === 'revoked') await this.#wipe(pairing);
      } catch {
        return; // the next exchange that works tries again
      }
    }
    this.dispatchEvent(new Event('pairings'));
  }

  /** @param {PairingRecord} pairing */
  async #wipe({ device }) {
    await new Tickets(this.listsDatabase, device).wipe();
    await changePairing(this.outbox, device, { standing: 'revoked', credential: null });
    await erasePairing(this.outbox, device);
  }
}

/**
 * @param {PairingRecord} record
 * @param {number} pending
 * @returns {PairingInfo}
 */
function infoOf(record, pending) {
  const { device, name, role, event, standing, createdAt, expiresAt } = record;
  const id = deviceHex(device);
  return { id, device, name, role, event, standing, createdAt, expiresAt, pending };
}
