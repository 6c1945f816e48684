/** The lists of an open door: the newest revision of each, the chosen one, what screens see of it. */

import { entryRulesOf } from './core/entry-rules.js';
import { letsOut } from './scan/actions.js';

/** @typedef {import('../types/door.js').ListInfo} ListInfo */
/** @typedef {import('../types/records.js').ListRevision} ListRevision */
/** @typedef {import('./data/ticket-index.js').TicketIndex} TicketIndex */

/**
 * The newest revision of every list that a pairing may use.
 * @param {TicketIndex | null} index
 * @param {number[]} entitled empty: all
 * @returns {ListRevision[]}
 */
export function newestLists(index, entitled) {
  /** @type {Map<number, ListRevision>} */
  const newest = new Map();
  for (const one of index?.header.lists ?? []) {
    const known = newest.get(one.list);
    if (!known || one.rev > known.rev) newest.set(one.list, one);
  }
  return [...newest.values()]
    .filter(({ list, rules }) => {
      return !rules.archived && (entitled.length === 0 || entitled.includes(list));
    })
    .sort((a, b) => a.list - b.list);
}

/**
 * The only list there is needs no choosing.
 * @param {ListRevision[]} lists
 * @param {number | null} chosen
 */
export function chosenList(lists, chosen) {
  if (lists.length === 1) return lists[0];
  return lists.find(({ list }) => list === chosen) ?? null;
}

/**
 * @param {TicketIndex} index
 * @param {ListRevision} revision
 * @returns {ListInfo}
 */
export function listInfo(index, { list, rev, rules }) {
  const { entry, limit, capacity } = entryRulesOf(rules);
  return {
    list,
    rev,
    name: rules.name,
    tiers: rules.tiers.map(({ tier, from = null, until = null }) => {
      return { tier, name: index.names.tiers.get(tier) ?? '', from, until };
    }),
    entry,
    perDay: limit,
    capacity,
    gates: rules.gates ?? [],
    exits: letsOut(rules),
  };
}

/**
 * @param {TicketIndex | null} index
 * @param {number} own
 */
export function otherPhones(index, own) {
  const devices = index?.header.devices ?? [];
  return devices.filter(([id, , , kind]) => id !== own && kind === 'phone').length;
}
