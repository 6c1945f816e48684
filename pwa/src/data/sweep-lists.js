/** Lists whose time is over, or whose pairing is, deleted even when nobody opens them. */

import { DoorClock } from './door-clock.js';
import { keptLists, passTimeOnDisk, wipeDisk } from './list-disk.js';
import { allPairings } from './pairings.js';

/** @typedef {import('./open-database.js').Database} Database */

/** A list that an older build wrote has no key that ends; the times of R49 hold for it too. */
const GRACE_MS = 12 * 3_600_000;

/**
 * @param {Database} outbox
 * @param {Database} lists
 * @param {number} open the device whose door is open and looks after itself; 0 = none
 */
export async function sweepLists(outbox, lists, open = 0) {
  const kept = await keptLists(lists); // before the pairings: one that is made meanwhile keeps its key
  const pairings = new Map((await allPairings(outbox)).map(({ record }) => [record.device, record]));
  for (const device of kept) {
    const pairing = pairings.get(device);
    if (!pairing || pairing.standing === 'revoked' || pairing.standing === 'gone') {
      await wipeDisk(lists, device);
    } else if (device !== open) {
      const now = new DoorClock(pairing.clockOffset).now();
      const known = await passTimeOnDisk(lists, device, now);
      if (!known && now >= pairing.event.end + GRACE_MS) await wipeDisk(lists, device);
    }
  }
}
