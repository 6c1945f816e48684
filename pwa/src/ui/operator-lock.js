/** A phone that several people share asks who holds it, after a while without a touch or a scan. */

import { isLocked, keepOperator, lockMinutes, setLocked } from './preferences.js';

/** @typedef {import('../../types/door.js').Door} Door */

const LOOK_MS = 10_000;

/**
 * @param {Door} door
 * @param {() => void} changed
 */
export function operatorLock(door, changed) {
  let stirredAt = performance.now();
  const stirred = () => {
    stirredAt = performance.now();
  };

  /** @param {boolean} on */
  function set(on) {
    setLocked(door.id, on);
    stirred();
    changed();
  }

  function look() {
    const after = lockMinutes() * 60_000;
    if (after > 0 && !isLocked(door.id) && performance.now() - stirredAt > after) set(true);
  }

  keepOperator(door.id, door.operator);
  document.addEventListener('pointerdown', stirred);
  document.addEventListener('keydown', stirred);
  document.addEventListener('visibilitychange', look);
  const timer = setInterval(look, LOOK_MS);

  return {
    locked: () => isLocked(door.id),
    now: () => set(true),
    stirred,
    /** @param {string} name */
    async open(name) {
      await door.setOperator(name);
      keepOperator(door.id, name);
      set(false);
    },
    end() {
      clearInterval(timer);
      document.removeEventListener('pointerdown', stirred);
      document.removeEventListener('keydown', stirred);
      document.removeEventListener('visibilitychange', look);
    },
  };
}
