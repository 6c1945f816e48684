/** A whole order at the door: who belongs to it, who is in, and some of them let in at once. */

import { FLAG, KIND } from '../core/wire.js';
import { HeadMoved } from '../data/scan-log.js';
import { judge } from './judge.js';
import { lightOf, printedId } from './light.js';
import { lookFirst } from './look-first.js';
import { pickedRow } from './read-code.js';
import { draftOf, recordAll } from './record-decision.js';
import { standOf } from './scan-ticket.js';

/** @typedef {import('../../types/door.js').Light} Light */
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
function memberOf(index, row, { verdict, admit }) {
  return {
    serial: row[0],
    name: row[4],
    tier: index.names.tiers.get(row[1]) ?? '',
    printedId: printedId(index, row[0]),
    verdict,
    admit,
    look: lookFirst(index, row[1], row[0]),
  };
}

/**
 * Let several in: a fact for each, all on disk in one transaction. Who may not come in after all
 * gets a refusal of their own. Nobody is claimed in strict mode; their facts say so.
 * @param {() => Desk} desk
 * @param {number[]} serials at least one
 * @returns {Promise<Light>}
 */
export async function admitParty(desk, serials) {
  for (;;) {
    const here = desk();
    const stand = standOf(here);
    const judged = judgeEach(here, stand, serials);
    const unclaimed = here.index.header.event.strict ? FLAG.unclaimed : 0;
    const drafts = judged.map(({ read, judgement }) => {
      const { admit } = judgement.decision;
      const kind = admit ? KIND.admit : KIND.deny;
      return draftOf({ stand, judgement, read, how: 'group' }, { kind, flags: admit ? unclaimed : 0 });
    });
    try {
      const factNumber = await recordAll(here.log, drafts);
      return partyLight(here, stand, judged, factNumber);
    } catch (error) {
      if (!(error instanceof HeadMoved)) throw error;
      await here.log.load();
    }
  }
}

/**
 * Each is judged as if those before were in: one of them may fill the house (R58).
 * @param {Desk} here
 * @param {ReturnType<typeof standOf>} stand
 * @param {number[]} serials
 */
function judgeEach(here, stand, serials) {
  let { inside } = here;
  return serials.map((serial) => {
    const read = pickedRow(here.index.header.event.number, serial);
    const judgement = judge({ ...here, ...stand, inside, leaving: false }, read);
    const { decision, state } = judgement;
    const comes = decision.admit && state?.lists[here.list.list]?.inside !== true;
    if (inside !== null && comes) inside += 1;
    return { read, judgement };
  });
}

/**
 * @param {Desk} here
 * @param {ReturnType<typeof standOf>} stand
 * @param {{read: import('./read-code.js').CodeRead, judgement: import('./judge.js').Judgement}[]} judged
 * @param {number} factNumber
 * @returns {Light}
 */
function partyLight(here, stand, judged, factNumber) {
  const party = judged.flatMap(({ judgement: { row, decision } }) => {
    return row ? [memberOf(here.index, row, decision)] : [];
  });
  const refused = judged.find(({ judgement }) => !judgement.decision.admit);
  const { read, judgement } = refused ?? judged[0];
  const light = lightOf({ ...here, ...stand, read, judgement, how: 'group', factNumber, kind: 'party' });
  const full = judged.find((one) => one.judgement.decision.flags.includes('over_capacity'));
  const flags = full?.judgement.decision.flags ?? light.flags;
  return { ...light, name: '', printedId: '', tier: '', party, flags };
}
