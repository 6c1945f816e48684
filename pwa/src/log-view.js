/** The last decisions of this phone as rows to look at, with names and whether they were sent. */

import { CODES } from './core/verdict.js';
import { HOW, KIND, decodeFact } from './core/wire.js';
import { logFile, logFileName } from './data/log-file.js';

/** @typedef {import('../types/door.js').LogRow} LogRow */
/** @typedef {import('../types/protocol.js').Fact} Fact */

/** @param {Readonly<Record<string, number>>} codes */
const byCode = (codes) => new Map(Object.entries(codes).map(([word, code]) => [code, word]));
const VERDICTS = byCode(CODES);
const WAYS = byCode(HOW);
/** @type {Record<number, LogRow['kind']>} */
const KINDS = {
  [KIND.admit]: 'admit', [KIND.exit]: 'exit', [KIND.undo]: 'undo', [KIND.override]: 'override',
};

export class LogView {
  /**
   * @param {import('./data/scan-log.js').ScanLog} log
   * @param {import('./data/tickets.js').Tickets} tickets
   */
  constructor(log, tickets) {
    this.log = log;
    this.tickets = tickets;
  }

  /**
   * @param {number} limit
   * @returns {Promise<LogRow[]>} newest first; refusals that still gather come first
   */
  async latest(limit) {
    const { head, held, acked } = this.log;
    const stored = await this.log.read(Math.max(1, head.number - limit + 1), head.number);
    const gathering = [...held.values()].map(({ fact }) => this.#row(fact, 0, false));
    const facts = stored.map(({ bytes, number }) => {
      return this.#row(decodeFact(bytes), number, number <= acked);
    });
    return [...gathering, ...facts.reverse()].slice(0, limit);
  }

  /**
   * The whole log as a file.
   * @param {import('../types/records.js').PairingRecord} pairing
   * @param {number} at ms
   */
  async file(pairing, at) {
    return { name: logFileName(pairing.device), text: await logFile(pairing, this.log, at) };
  }

  /**
   * @param {Omit<Fact, 'device' | 'number' | 'previous'>} fact
   * @param {number} number
   * @param {boolean} sent
   * @returns {LogRow}
   */
  #row(fact, number, sent) {
    const { index } = this.tickets;
    const ticket = fact.serial ? index?.ticket(fact.serial) : null;
    return {
      number,
      at: fact.claimed,
      kind: KINDS[fact.kind] ?? 'deny',
      verdict: /** @type {LogRow['verdict']} */ (VERDICTS.get(fact.verdict) ?? ''),
      admit: fact.kind === KIND.admit || fact.kind === KIND.override,
      how: /** @type {LogRow['how']} */ (WAYS.get(fact.how) ?? ''),
      name: ticket?.[4] ?? '',
      tier: ticket ? (index?.names.tiers.get(ticket[1]) ?? '') : '',
      list: fact.list,
      operator: fact.operator,
      count: fact.count,
      sent,
    };
  }
}
