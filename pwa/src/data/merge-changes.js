/** Several changes of the feed as one: the last row of each identity (R33). */

/** @typedef {import('../../types/records.js').Changes} Changes */

/**
 * @param {Changes[]} parts in the order of the feed, at least one
 * @returns {Changes}
 */
export function mergeChanges(parts) {
  const last = /** @type {Changes} */ (parts.at(-1));
  return {
    to: last.to,
    tickets: newest(parts.flatMap((part) => part.tickets), (row) => String(row[0])),
    facts: newest(parts.flatMap((part) => part.facts), ([d, n, tag]) => `${d}.${n}.${tag}`),
    lists: newest(parts.flatMap((part) => part.lists), ({ list, rev }) => `${list}.${rev}`),
    devices: newest(parts.flatMap((part) => part.devices), (row) => String(row[0])),
    event: parts.reduce((event, part) => part.event ?? event, last.event),
    tiers: parts.reduce((tiers, part) => part.tiers ?? tiers, last.tiers),
    keys: parts.reduce((keys, part) => part.keys ?? keys, last.keys),
    more: false,
  };
}

/**
 * @template T
 * @param {T[]} rows
 * @param {(row: T) => string} identity
 * @returns {T[]}
 */
function newest(rows, identity) {
  return [...new Map(rows.map((row) => [identity(row), row])).values()];
}
