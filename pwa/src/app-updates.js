/** New versions of the app: fetched in the background, swapped in by a tap, never by themselves. */

/** A browser may put the swap off while the old worker is at work; a reload ends that. */
const SLOW_MS = 5_000;
const LOOK_EVERY_MS = 30 * 60_000;

/** Events: `waiting`. */
export class AppUpdates extends EventTarget {
  constructor() {
    super();
    this.waiting = false;
    /** @type {ServiceWorkerRegistration | null} */
    this.registration = null;
    this.asked = false;
  }

  /** @param {string} script address of the service worker; its folder is the scope */
  async register(script) {
    const { serviceWorker } = navigator;
    if (!serviceWorker) return;
    const hadController = serviceWorker.controller !== null;
    serviceWorker.addEventListener('controllerchange', () => {
      if (this.asked) location.reload();
      else if (hadController) this.#wait(); // another window swapped; this one goes on as it is
    });
    try {
      this.registration = await serviceWorker.register(script, { updateViaCache: 'none' });
    } catch {
      return; // no signal at the first start, or a browser that forbids it
    }
    this.#follow(this.registration);
    setInterval(() => this.look(), LOOK_EVERY_MS);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.look();
    });
  }

  /** Ask the server for a newer version. */
  look() {
    this.registration?.update().catch(() => {}); // offline: the next look finds it
  }

  /** Swap and reload. The caller has seen that no decision is open. */
  apply() {
    this.asked = true;
    const next = this.registration?.waiting;
    if (!next) {
      location.reload();
      return;
    }
    next.postMessage({ type: 'swap' });
    setTimeout(() => location.reload(), SLOW_MS);
  }

  /** @param {ServiceWorkerRegistration} registration */
  #follow(registration) {
    if (registration.waiting && registration.active) this.#wait();
    registration.addEventListener('updatefound', () => {
      const coming = registration.installing;
      coming?.addEventListener('statechange', () => {
        if (coming.state === 'installed' && registration.active) this.#wait();
      });
    });
  }

  #wait() {
    this.waiting = true;
    this.dispatchEvent(new Event('waiting'));
  }
}
