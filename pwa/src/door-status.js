/** What an open door says of itself. */

/**
 * @param {object} door
 * @param {import('./data/tickets.js').Tickets} door.tickets
 * @param {import('./data/scan-log.js').ScanLog} door.scanLog
 * @param {import('./data/door-clock.js').DoorClock} door.clock
 * @param {import('./sync/sync-loop.js').SyncLoop} door.loop
 * @param {import('./data/pairing-lock.js').PairingLock} door.lock
 * @param {import('./list-time.js').ListTime} door.listTime
 * @param {import('../types/records.js').PairingRecord} pairing
 * @param {{persisted: () => boolean | null, build: string}} around
 * @returns {import('../types/door.js').Status}
 */
export function statusOf({ tickets, scanLog, clock, loop, lock, listTime }, pairing, around) {
  const { index, currentAt } = tickets;
  const age = Math.max(0, Math.floor((clock.now() - currentAt) / 1000));
  return {
    online: loop.online,
    pending: scanLog.pending,
    listAgeS: index ? age : null,
    tickets: index?.size ?? 0,
    standing: pairing.standing,
    holdsLock: lock.held,
    persisted: around.persisted(),
    syncing: loop.syncing,
    lastError: loop.lastError,
    lastSyncAt: loop.lastSyncAt,
    clockSkewMs: clock.skew(),
    ready: index !== null,
    release: listTime.release,
    build: around.build,
  };
}

/**
 * What a phone says of itself in an exchange.
 * @param {import('./door.js').OpenDoor} door
 * @param {number} list the chosen one, 0: none
 * @param {number | null} battery 0 to 1
 */
export function reportOf(door, list, battery) {
  const { pending, listAgeS: list_age_s, build, persisted } = door.status;
  const { gate, operator, exiting, lastDrill: drill } = door;
  const counts_inside = door.inside !== null;
  const searches = door.searches.counts;
  const said = { pending, list_age_s, build, persisted, battery, list, gate, operator, searches };
  return { ...said, exiting, counts_inside, ...(drill && { drill }) };
}
