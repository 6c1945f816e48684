/** A list for tests: a snapshot's payload out of the shared vectors, and changes to it. */

import { readFileSync } from 'node:fs';

const file = new URL('../../shared/vectors/wire/snapshots.json', import.meta.url);
export const SAMPLE = JSON.parse(readFileSync(file, 'utf8')).vectors.find(
  ({ name }) => name === 'names of many kinds',
);

/** A key that may be used: times far apart, 32 bytes. */
export const RELEASE = Object.freeze({
  id: 'first', from: 1_000, until: 9_000_000_000_000,
  key: btoa(String.fromCharCode(...Array(32).keys())),
});

/** The payload of that vector: 13 tickets, 4 facts. */
export function payload() {
  return Uint8Array.from(atob(SAMPLE.payload), (letter) => letter.charCodeAt(0));
}

/** A decoded snapshot without bytes, for as many tickets as a test likes. */
export function madeUp(rows, facts = []) {
  const column = (place) => rows.map((row) => row[place]);
  const serials = Float64Array.from(column(0));
  return {
    header: { ...SAMPLE.header, keys: [] },
    tickets: {
      count: rows.length, serials, tiers: Uint8Array.from(column(1)),
      statuses: Uint8Array.from(column(2)), epochs: Uint8Array.from(column(3)),
      names: column(4), emails: column(5), orders: column(6),
    },
    facts: {
      count: facts.length, serials: Float64Array.from(facts, (row) => row[6]),
      tickets: Int32Array.from(facts, (row) => serials.indexOf(row[6])),
      row: (place) => facts[place],
    },
    codes: { places: new Int32Array(0), digests: [] },
    notes: { places: new Int32Array(0), texts: [] },
  };
}

/** Changes up to a place in the feed. */
export function changes(seq, more = {}) {
  return {
    to: { ...SAMPLE.header.cursor, seq }, tickets: [], facts: [], lists: [], devices: [],
    event: null, tiers: null, keys: null, more: false, ...more,
  };
}

/** A fed fact that admits. */
export function fed(device, number, serial, time = 1_000, more = {}) {
  const row = { kind: 1, list: 1, rule: 1, epoch: 1, how: 1, flags: 3, tag: number, ...more };
  return [
    device, number, row.tag, row.kind, row.list, row.rule, serial, row.epoch, row.how, row.flags,
    time, [], null,
  ];
}
