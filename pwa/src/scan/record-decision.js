/** Put decisions into the log before their light: one by one, a party at once, refusals gathered. */

import { HOW, FLAG, KIND, MOVEMENTS, NO_DIGEST, encodeFact, factHash } from '../core/wire.js';
import { CODES, flagBits } from '../core/verdict.js';

/** @typedef {import('../../types/records.js').FactDraft} FactDraft */
/** @typedef {import('../../types/records.js').HeldDenial} HeldDenial */
/** @typedef {import('../../types/records.js').StoredFact} StoredFact */
/** @typedef {import('../../types/protocol.js').Bytes} Bytes */
/** @typedef {import('../data/scan-log.js').ScanLog} ScanLog */

export const GATHER_MS = 60_000;
const MOST_SEEN = 64; // R11
const MOST_NOTE = 200;
const NOTHING = new Uint8Array(0);

/**
 * @typedef {object} Stand when and where a decision is made
 * @property {import('../../types/records.js').ListRevision} list
 * @property {number} now
 * @property {number} listAgeS
 * @property {number} cursorSeq
 * @property {{raw: () => number, stepped: boolean}} clock
 * @property {{operator: string, gate: string}} person
 */

/**
 * An admit, an exit or a refusal.
 * @param {object} what
 * @param {Stand} what.stand
 * @param {import('./judge.js').Judgement} what.judgement
 * @param {import('./read-code.js').CodeRead} what.read
 * @param {import('../../types/door.js').How} what.how
 * @param {Partial<FactDraft>} [more]
 * @returns {FactDraft}
 */
export function draftOf({ stand, judgement, read, how }, more = {}) {
  const { list, now, listAgeS, cursorSeq, clock, person } = stand;
  const { decision, facts, epoch } = judgement;
  const { check } = read.token;
  const byRow = check === 'search' || check === 'foreign';
  const genuine = byRow || (check === 'ok' && decision.verdict !== 'wrong_event');
  const moved = facts.filter(({ kind }) => MOVEMENTS.includes(kind)).slice(-MOST_SEEN);
  const { flags = 0, note = '', ...rest } = more;
  return {
    kind: decision.admit ? KIND.admit : KIND.deny,
    list: list.list,
    rule: list.rev,
    serial: genuine ? read.token.serial : 0,
    epoch: genuine ? epoch : 0,
    how: HOW[how],
    verdict: CODES[decision.verdict],
    flags: flagBits(decision.flags) | (clock.stepped ? FLAG.clockStepped : 0) | flags,
    digest: read.digest ?? NO_DIGEST,
    claimed: now,
    clock: clock.raw(),
    cursor: cursorSeq,
    age: listAgeS,
    count: 1,
    seen: moved.map(({ device, number, tag }) => [device, number, tag]),
    target: null,
    operator: person.operator,
    gate: person.gate,
    note: note.slice(0, MOST_NOTE),
    extra: NOTHING,
    ...rest,
  };
}

/**
 * Put it on disk.
 * @param {ScanLog} log
 * @param {FactDraft} draft
 * @param {string} mark of the code
 * @param {string} claim id of the granted claim that it uses; '' = none
 * @returns {Promise<number | null>} the fact's number; null for a refusal that still gathers
 * @throws {import('../data/scan-log.js').HeadMoved} decide again
 */
export async function record(log, draft, mark, claim = '') {
  if (draft.kind !== KIND.deny) {
    const facts = await chain(log, [draft]);
    await log.append(facts, { claims: claim ? [claim] : [] });
    return facts[0].number;
  }
  const sameness = [draft.verdict, draft.list, draft.how, draft.operator, mark, draft.note].join('|');
  const held = log.held.get(sameness);
  if (held && !isDue(held, draft.claimed)) {
    const fact = { ...held.fact, count: held.fact.count + 1 };
    await log.append([], { hold: { ...held, fact } });
    return null;
  }
  const sealed = held ? await chain(log, [held.fact]) : [];
  const hold = { device: log.device, sameness, since: draft.claimed, fact: draft };
  await log.append(sealed, { hold });
  return null;
}

/**
 * Put several decisions on disk in one transaction: all of a party, or nobody.
 * @param {ScanLog} log
 * @param {FactDraft[]} drafts
 * @param {string[]} claims ids of the granted claims that they use
 * @returns {Promise<number>} the first fact's number
 * @throws {import('../data/scan-log.js').HeadMoved} decide again
 */
export async function recordAll(log, drafts, claims = []) {
  const facts = await chain(log, drafts);
  await log.append(facts, { claims });
  return facts[0].number;
}

/**
 * Turn gathered refusals whose minute is over into facts.
 * @param {ScanLog} log
 * @param {number} now
 * @param {boolean} all do not wait for the minute
 * @returns {Promise<number>} how many
 * @throws {import('../data/scan-log.js').HeadMoved}
 */
export async function sealDenials(log, now, all = false) {
  const due = [...log.held.values()].filter((held) => all || isDue(held, now));
  if (due.length === 0) return 0;
  due.sort((a, b) => a.since - b.since);
  const facts = await chain(log, due.map(({ fact }) => fact));
  await log.append(facts, { release: due.map(({ sameness }) => sameness) });
  return due.length;
}

/** A clock set back ends the minute too. @param {HeldDenial} held @param {number} now */
function isDue(held, now) {
  return Math.abs(now - held.since) >= GATHER_MS;
}

/**
 * Number the drafts after the log's head and hash them, each over the one before.
 * @param {ScanLog} log
 * @param {FactDraft[]} drafts
 * @returns {Promise<StoredFact[]>}
 */
async function chain(log, drafts) {
  let { number, hash: previous } = log.head;
  /** @type {StoredFact[]} */
  const facts = [];
  for (const draft of drafts) {
    number += 1;
    const bytes = encodeFact({ ...draft, device: log.device, number, previous });
    const hash = await factHash(bytes);
    facts.push({ device: log.device, number, hash, bytes });
    previous = hash;
  }
  return facts;
}
