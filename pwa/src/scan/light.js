/** What a decision shows a person: names instead of numbers, who used it, how old the list is. */

import { serialLetters } from '../core/ids.js';

/** @typedef {import('../../types/door.js').Light} Light */
/** @typedef {import('../../types/door.js').LightKind} LightKind */
/** @typedef {import('../../types/door.js').Used} Used */
/** @typedef {import('../../types/records.js').Ref} Ref */
/** @typedef {import('../data/ticket-index.js').TicketIndex} TicketIndex */
/** @typedef {import('./claim.js').ClaimAnswer} ClaimAnswer */
/** @typedef {import('./judge.js').Judgement} Judgement */

/**
 * @typedef {object} Decided
 * @property {LightKind} kind
 * @property {TicketIndex} index
 * @property {{device: number}} log this phone's
 * @property {Judgement} judgement
 * @property {import('./read-code.js').CodeRead} read
 * @property {import('../../types/door.js').How} how
 * @property {number} now
 * @property {number} listAgeS
 * @property {boolean} [leaving]
 * @property {import('../../types/door.js').Look | null} [look]
 * @property {ClaimAnswer | null} [answer] of the server, in strict mode
 * @property {number | null} [factNumber]
 * @property {(event: number) => string | null} [pairingOf]
 * @property {Partial<import('../../types/door.js').Timings>} [marks]
 */

/**
 * @param {Decided} what
 * @returns {Light}
 */
export function lightOf(what) {
  const { index, kind, judgement, read, how, now, listAgeS } = what;
  const { decision, row } = judgement;
  const ours = ['search', 'foreign', 'ok'].includes(read.token.check);
  const known = ours && decision.verdict !== 'wrong_event' && decision.verdict !== 'forged';
  const tier = row ? row[1] : known ? read.token.tier : 0;
  return {
    kind,
    verdict: decision.verdict,
    admit: decision.admit && kind !== 'look',
    leaving: what.leaving ?? false,
    look: what.look ?? null,
    elsewhere: elsewhereIn(what.answer),
    party: [],
    flags: decision.flags,
    name: row?.[4] ?? '',
    tier: index.names.tiers.get(tier) ?? '',
    order: row?.[6] ?? '',
    printedId: known ? printedId(index, read.token.serial) : '',
    used: usedIn(what),
    window: decision.window,
    listAgeS,
    factNumber: what.factNumber ?? null,
    switchTo: decision.verdict === 'wrong_event' ? (what.pairingOf?.(read.token.event) ?? null) : null,
    how,
    at: now,
    timings: { frame: 0, decoded: 0, decided: 0, painted: 0, ...what.marks, durable: performance.now() },
  };
}

/**
 * Who has the guest in hand at this moment.
 * @param {ClaimAnswer | null | undefined} answer
 * @returns {Light['elsewhere']}
 */
export function elsewhereIn(answer) {
  if (!answer?.by?.open) return null;
  const { device, gate, since } = answer.by;
  return { device, gate, since };
}

/** @param {TicketIndex} index @param {number} serial */
export function printedId(index, serial) {
  return index.header.event.prefix + serialLetters(serial);
}

/** @param {Decided} what @returns {Used | null} */
function usedIn(what) {
  const { decision } = what.judgement;
  if (decision.used) return usedBy(what, decision.used);
  const by = what.answer?.by;
  if (!by || by.open) return null;
  const { device, gate, since } = by;
  return { at: since, device: 0, deviceName: device, gate, list: 0, listName: '', here: false };
}

/**
 * @param {Pick<Decided, 'index' | 'log' | 'judgement'>} what
 * @param {Ref} ref
 * @returns {Used}
 */
function usedBy({ index, log, judgement }, [winner, number, tag]) {
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
    here: winner === log.device,
  };
}
