/** A whole order at the door: who belongs to it, and who is in. */

import { judge } from './judge.js';
import { printedId } from './light.js';
import { lookFirst } from './look-first.js';
import { pickedRow } from './read-code.js';
import { standOf } from './scan-ticket.js';

/** @typedef {import('../../types/door.js').PartyMember} PartyMember */
/** @typedef {import('../../types/records.js').TicketRow} TicketRow */
/** @typedef {import('../data/ticket-index.js').TicketIndex} TicketIndex */
/** @typedef {import('./scan-ticket.js').Desk} Desk */

const MOST = 200;

/**
 * Tickets of the same order whose tiers this list lets in.
 * @param {TicketIndex} index
 * @param {import('../../types/records.js').ListRevision} list
 * @param {number} serial
 * @returns {TicketRow[]} in the order of their names; only the ticket itself when it has no order
 */
export function partyOf(index, list, serial) {
  const self = index.ticket(serial);
  if (!self) return [];
  const order = self[6];
  if (!order) return [self];
  const tiers = new Set(list.rules.tiers.map(({ tier }) => tier));
  /** @type {TicketRow[]} */
  const found = [];
  for (const row of ofOrder(index, order)) {
    if (tiers.has(row[1]) && found.length < MOST) found.push(row);
  }
  return found.sort((a, b) => a[4].localeCompare(b[4]) || a[0] - b[0]);
}

/**
 * One look along the column of orders: no index of them is kept for the few parties of an evening.
 * @param {TicketIndex} index
 * @param {string} order
 */
function* ofOrder(index, order) {
  const { orders, serials } = index.base.tickets;
  for (let place = orders.indexOf(order); place >= 0; place = orders.indexOf(order, place + 1)) {
    if (!index.changed.has(serials[place])) yield index.at(place);
  }
  for (const row of index.changed.values()) {
    if (row[6] === order) yield row;
  }
}

/**
 * @param {Desk} desk
 * @param {number} serial of one of them
 * @returns {PartyMember[]}
 */
export function membersOf(desk, serial) {
  const { index, list } = desk;
  const stand = standOf(desk);
  return partyOf(index, list, serial).map((row) => {
    const read = pickedRow(index.header.event.number, row[0]);
    const { decision } = judge({ ...desk, ...stand, leaving: false }, read);
    return memberOf(index, row, decision);
  });
}

/**
 * @param {TicketIndex} index
 * @param {TicketRow} row
 * @param {import('../../types/protocol.js').Decision} decision
 * @returns {PartyMember}
 */
export function memberOf(index, row, { verdict, admit }) {
  return {
    serial: row[0],
    name: row[4],
    tier: index.names.tiers.get(row[1]) ?? '',
    printedId: printedId(index, row[0]),
    verdict,
    admit,
    look: lookFirst(index, row[1], row[0]),
    elsewhere: null,
  };
}
