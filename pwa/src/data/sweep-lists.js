/** Lists whose time is over, or whose pairing is, deleted even when nobody opens them. */

import { DoorClock } from './door-clock.js';
import { keptLists, wipeDisk, writeKey } from './list-disk.js';
import { allPairings } from './pairings.js';

/** @typedef {import('./open-database.js').Database} Database */
/** @typedef {import('../../types/records.js').KeyRecord} KeyRecord */

/** A list that an older build wrote has no key that ends; the times of R49 hold for it too. */
const GRACE_MS = 12 * 3_600_000;

/**
 * @param {Database} outbox
 * @param {Database} lists
 * @param {number} open the device whose door is open and looks after itself; 0 = none
 */
export async function sweepLists(outbox, lists, open = 0) {
  const pairings = new Map((await allPairings(outbox)).map(({ record }) => [record.device, record]));
  for (const { device, held } of await keptLists(lists)) {
    const pairing = pairings.get(device);
    if (!pairing || pairing.standing === 'revoked' || pairing.standing === 'gone') {
      await wipeDisk(lists, device);
    } else if (device !== open) {
      const now = new DoorClock(pairing.clockOffset).now();
      if (held) await over(lists, held, now);
      else if (now >= pairing.event.end + GRACE_MS) await wipeDisk(lists, device);
    }
  }
}

/** @param {Database} lists @param {KeyRecord} held @param {number} now */
async function over(lists, held, now) {
  const seen = Math.max(now, held.seen);
  if (seen < held.until) {
    if (now > held.seen) await writeKey(lists, { ...held, seen });
    return;
  }
  await wipeDisk(lists, held.device);
  await writeKey(lists, { ...held, key: null, seen });
}
