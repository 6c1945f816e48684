/** Work that nobody waits for. */

/** @param {() => void} work */
export function whenIdle(work) {
  if (globalThis.requestIdleCallback) globalThis.requestIdleCallback(() => work());
  else setTimeout(work, 50);
}
