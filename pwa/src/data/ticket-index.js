/** The list in memory: the snapshot's columns, what changed since, and each ticket's facts. */

import { factOfRow } from '../core/fold.js';
import { CodeIndex } from './code-index.js';
import { LaterFacts } from './later-facts.js';
import { NoteIndex } from './note-index.js';

/** @typedef {import('../../types/protocol.js').Snapshot} Snapshot */
/** @typedef {import('../../types/protocol.js').FoldFact} FoldFact */
/** @typedef {import('../../types/records.js').Changes} Changes */
/** @typedef {import('../../types/records.js').TicketRow} TicketRow */
/** @typedef {import('../../types/records.js').SnapshotHeader} SnapshotHeader */

const NONE = -1;

export class TicketIndex {
  /** @param {Snapshot} base a decoded snapshot */
  constructor(base) {
    this.base = base;
    /** @type {SnapshotHeader} */
    this.header = { ...base.header };
    /** @type {Map<number, number>} */
    this.places = new Map();
    const { serials, count } = base.tickets;
    for (let i = 0; i < count; i++) this.places.set(serials[i], i);
    /** Rows that replace or follow the snapshot's. @type {Map<number, TicketRow>} */
    this.changed = new Map();
    /** Serials that came after the snapshot, in order. @type {number[]} */
    this.added = [];
    this.later = new LaterFacts();
    /** Serials whose row or facts changed; who counts takes them out. @type {Set<number>} */
    this.touched = new Set();
    /** How often rows changed; lets a search know that it is behind. */
    this.changes = 0;
    this.names = namesOf(this.header);
    this.codes = new CodeIndex(base);
    this.notes = new NoteIndex(base);
    /** @type {ReturnType<typeof chainFacts> | null} */
    this.chains = null;
  }

  /** Number of tickets. */
  get size() {
    return this.base.tickets.count + this.added.length;
  }

  /**
   * @param {number} serial
   * @returns {TicketRow | null}
   */
  ticket(serial) {
    const changed = this.changed.get(serial);
    if (changed) return changed;
    const place = this.places.get(serial);
    return place === undefined ? null : this.#row(place);
  }

  /**
   * The ticket at a position, for searching: snapshot rows first, then later ones.
   * @param {number} position 0 to size - 1
   * @returns {TicketRow}
   */
  at(position) {
    const { count, serials } = this.base.tickets;
    if (position >= count) {
      return /** @type {TicketRow} */ (this.changed.get(this.added[position - count]));
    }
    return this.changed.get(serials[position]) ?? this.#row(position);
  }

  /**
   * The ticket with a code of this digest; of several the least (status, serial) (R46).
   * @param {Uint8Array} digest
   * @returns {TicketRow | null}
   */
  byCode(digest) {
    const rows = this.codes.find(digest).map((serial) => this.ticket(serial));
    return rows.reduce((least, row) => {
      if (!least || !row) return least ?? row;
      return row[2] < least[2] || (row[2] === least[2] && row[0] < least[0]) ? row : least;
    }, null);
  }

  /** Positions whose rows are no longer the snapshot's. @returns {number[]} */
  changedPlaces() {
    const { count } = this.base.tickets;
    const later = new Map(this.added.map((serial, i) => [serial, count + i]));
    return [...this.changed.keys()].map(
      (serial) => this.places.get(serial) ?? /** @type {number} */ (later.get(serial)),
    );
  }

  /**
   * The server's facts about a ticket.
   * @param {number} serial
   * @returns {FoldFact[]}
   */
  facts(serial) {
    this.chains ??= chainFacts(this.base);
    const { first, next, strays } = this.chains;
    /** @type {FoldFact[]} */
    const found = [];
    const place = this.places.get(serial);
    if (place === undefined) {
      for (const i of strays.get(serial) ?? []) found.push(factOfRow(this.base.facts.row(i)));
    } else {
      for (let i = first[place]; i !== NONE; i = next[i]) {
        found.push(factOfRow(this.base.facts.row(i)));
      }
    }
    const later = this.later.of(serial);
    if (later.length === 0) return found;
    return [...found.filter((fact) => !later.some((one) => sameRef(one, fact))), ...later];
  }

  /** Serials that the server has facts of; some may come twice. @returns {Generator<number>} */
  *withFacts() {
    this.chains ??= chainFacts(this.base);
    const { first, strays } = this.chains;
    const { serials } = this.base.tickets;
    for (let place = 0; place < first.length; place++) {
      if (first[place] !== NONE) yield serials[place];
    }
    yield* strays.keys();
    yield* this.later.serials();
  }

  /**
   * Take in changes (R35); a later row replaces an earlier one of the same identity.
   * @param {Changes} changes
   */
  apply(changes) {
    for (const row of changes.tickets) {
      const serial = row[0];
      if (!this.changed.has(serial) && !this.places.has(serial)) this.added.push(serial);
      this.changed.set(serial, row);
      this.touched.add(serial);
      this.codes.apply(row);
      this.notes.apply(row);
    }
    for (const row of changes.facts) {
      const [, , , , , , serial] = row;
      this.touched.add(serial);
      this.later.add(row);
    }
    this.changes += changes.tickets.length;
    this.header = {
      ...this.header,
      cursor: changes.to,
      lists: replace(this.header.lists, changes.lists, (list) => `${list.list}.${list.rev}`),
      devices: replace(this.header.devices, changes.devices, (device) => String(device[0])),
      event: changes.event ? { ...this.header.event, ...changes.event } : this.header.event,
      tiers: changes.tiers ?? this.header.tiers,
      keys: changes.keys ?? this.header.keys,
    };
    this.names = namesOf(this.header);
  }

  /** @param {number} place @returns {TicketRow} */
  #row(place) {
    const t = this.base.tickets;
    return [
      t.serials[place],
      t.tiers[place],
      t.statuses[place],
      t.epochs[place],
      t.names[place] ?? '',
      t.emails[place] ?? '',
      t.orders[place] ?? '',
    ];
  }
}

/**
 * Link each ticket's facts in a chain of array places: no object per fact until it is read.
 * @param {Snapshot} base
 */
function chainFacts(base) {
  const { count, serials, tickets } = base.facts;
  const first = new Int32Array(base.tickets.count).fill(NONE);
  const next = new Int32Array(count).fill(NONE);
  /** Facts of serials that are not listed. @type {Map<number, number[]>} */
  const strays = new Map();
  for (let i = count - 1; i >= 0; i--) {
    const place = tickets[i];
    if (place === NONE) {
      strays.set(serials[i], [i, ...(strays.get(serials[i]) ?? [])]);
    } else {
      next[i] = first[place];
      first[place] = i;
    }
  }
  return { first, next, strays };
}

/**
 * @template T
 * @param {T[]} before
 * @param {T[]} after
 * @param {(row: T) => string} identity
 */
function replace(before, after, identity) {
  if (after.length === 0) return before;
  const rows = new Map(before.map((row) => [identity(row), row]));
  for (const row of after) rows.set(identity(row), row);
  return [...rows.values()];
}

/** @param {SnapshotHeader} header */
function namesOf(header) {
  return {
    tiers: new Map(header.tiers.map(({ tier, name }) => [tier, name])),
    devices: new Map(header.devices.map(([id, name, gate]) => [id, { name, gate }])),
  };
}

/** @param {FoldFact} one @param {FoldFact} other */
function sameRef(one, other) {
  return one.number === other.number && one.tag === other.tag && one.device === other.device;
}

/** @param {number} device @param {number} number @param {number} tag */
export function refKey(device, number, tag) {
  return `${device}.${number}.${tag}`;
}
