/** What a decision shows a person: names instead of numbers, who used it, how old the list is. */

import { serialLetters } from '../core/ids.js';

/** @typedef {import('../../types/door.js').Light} Light */
/** @typedef {import('../../types/door.js').Used} Used */
/** @typedef {import('../../types/records.js').Ref} Ref */
/** @typedef {import('../data/ticket-index.js').TicketIndex} TicketIndex */
/** @typedef {import('./judge.js').Judgement} Judgement */

/**
 * @param {object} what
 * @param {TicketIndex} what.index
 * @param {number} what.device this phone
 * @param {Judgement} what.judgement
 * @param {import('./read-code.js').CodeRead} what.read
 * @param {import('../../types/door.js').How} what.how
 * @param {number} what.now
 * @param {number} what.listAgeS
 * @param {number | null} what.factNumber
 * @param {string | null} what.switchTo
 * @param {import('../../types/door.js').Timings} what.timings
 * @returns {Light}
 */
export function lightOf(what) {
  const { index, judgement, read, how, now, listAgeS, factNumber, switchTo, timings } = what;
  const { decision, row } = judgement;
  const ours = ['search', 'foreign', 'ok'].includes(read.token.check);
  const known = ours && decision.verdict !== 'wrong_event' && decision.verdict !== 'forged';
  const tier = row ? row[1] : known ? read.token.tier : 0;
  return {
    verdict: decision.verdict,
    admit: decision.admit,
    flags: decision.flags,
    name: row?.[4] ?? '',
    tier: index.names.tiers.get(tier) ?? '',
    order: row?.[6] ?? '',
    printedId: known ? printedId(index, read.token.serial) : '',
    used: decision.used ? usedBy(what, decision.used) : null,
    window: decision.window,
    listAgeS,
    factNumber,
    switchTo,
    how,
    at: now,
    timings,
  };
}

/** @param {TicketIndex} index @param {number} serial */
export function printedId(index, serial) {
  return index.header.event.prefix + serialLetters(serial);
}

/**
 * @param {{index: TicketIndex, device: number, judgement: Judgement}} what
 * @param {Ref} ref
 * @returns {Used}
 */
function usedBy({ index, device, judgement }, [winner, number, tag]) {
  const fact = judgement.facts.find(
    (other) => other.device === winner && other.number === number && other.tag === tag,
  );
  const by = index.names.devices.get(winner);
  const list = index.header.lists.filter((revision) => revision.list === fact?.list).at(-1);
  return {
    at: fact?.time ?? 0,
    device: winner,
    deviceName: by?.name ?? '',
    gate: by?.gate ?? '',
    list: fact?.list ?? 0,
    listName: list?.rules.name ?? '',
    here: winner === device,
  };
}
