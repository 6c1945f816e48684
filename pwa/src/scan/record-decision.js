/** Put a decision into the log before its light: admits at once, identical refusals gathered. */

import { HOW, FLAG, KIND, NO_DIGEST, encodeFact, factHash } from '../core/wire.js';
import { CODES, flagBits } from '../core/verdict.js';

/** @typedef {import('../../types/records.js').FactDraft} FactDraft */
/** @typedef {import('../../types/records.js').HeldDenial} HeldDenial */
/** @typedef {import('../../types/records.js').StoredFact} StoredFact */
/** @typedef {import('../data/scan-log.js').ScanLog} ScanLog */

export const GATHER_MS = 60_000;
const MOST_SEEN = 64; // R11
const NOTHING = new Uint8Array(0);

/**
 * @param {object} what
 * @param {import('./judge.js').Judgement} what.judgement
 * @param {import('./read-code.js').CodeRead} what.read
 * @param {'scan' | 'search' | 'group' | 'wedge'} what.how
 * @param {import('../../types/records.js').ListRevision} what.list
 * @param {number} what.now
 * @param {number} what.listAgeS
 * @param {number} what.cursorSeq
 * @param {{raw: () => number, stepped: boolean}} what.clock
 * @param {{operator: string, gate: string}} what.person
 * @returns {FactDraft}
 */
export function draftOf({ judgement, read, how, list, now, listAgeS, cursorSeq, clock, person }) {
  const { decision, facts, epoch } = judgement;
  const { check } = read.token;
  const byRow = check === 'search' || check === 'foreign';
  const genuine = byRow || (check === 'ok' && decision.verdict !== 'wrong_event');
  const seen = facts.filter(({ kind }) => kind === KIND.admit).slice(-MOST_SEEN);
  return {
    kind: decision.admit ? KIND.admit : KIND.deny,
    list: list.list,
    rule: list.rev,
    serial: genuine ? read.token.serial : 0,
    epoch: genuine ? epoch : 0,
    how: HOW[how],
    verdict: CODES[decision.verdict],
    flags: flagBits(decision.flags) | (clock.stepped ? FLAG.clockStepped : 0),
    digest: read.digest ?? NO_DIGEST,
    claimed: now,
    clock: clock.raw(),
    cursor: cursorSeq,
    age: listAgeS,
    count: 1,
    seen: seen.map(({ device, number, tag }) => [device, number, tag]),
    target: null,
    operator: person.operator,
    gate: person.gate,
    note: '',
    extra: NOTHING,
  };
}

/**
 * Put it on disk.
 * @param {ScanLog} log
 * @param {FactDraft} draft
 * @param {string} mark of the code
 * @returns {Promise<number | null>} the fact's number; null for a refusal that still gathers
 * @throws {import('../data/scan-log.js').HeadMoved} decide again
 */
export async function record(log, draft, mark) {
  if (draft.kind === KIND.admit) {
    const facts = await chain(log, [draft]);
    await log.append(facts);
    return facts[0].number;
  }
  const sameness = [draft.verdict, draft.list, draft.how, draft.operator, mark].join('|');
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
