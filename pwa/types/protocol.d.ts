/** Shapes that shared/PROTOCOL.md gives to tokens, facts, states and verdicts. */

import type { FactRow, ListRevision, Ref, SnapshotHeader } from './records.js';
import type { Verdict } from './door.js';

export type Bytes = Uint8Array<ArrayBuffer>;

/** Tells whether 64 bytes are the message's Ed25519 signature under a 32-byte key. */
export type VerifyEd25519 = (
  publicKey: Bytes,
  signature: Bytes,
  message: Bytes,
) => boolean | Promise<boolean>;

export type TokenCheck = 'ok' | 'forged' | 'unknown_key' | 'newer' | 'not_a_ticket';

export interface Token {
  version: number;
  keyId: number;
  /** The 11 bytes that are signed. */
  body: Bytes;
  signature: Bytes;
  /** Zeros when the version is newer. */
  event: number;
  serial: number;
  tier: number;
  epoch: number;
}

/** What a scanned text is; `token` is null when it is not a ticket. */
export interface Checked {
  check: TokenCheck;
  token: Token | null;
  compromised: boolean;
}

export interface PublicTicketKey {
  public: Bytes;
  compromised: boolean;
}

/** One entry of a device's log, R11. */
export interface Fact {
  device: number;
  number: number;
  /** 32 bytes */
  previous: Bytes;
  kind: number;
  list: number;
  rule: number;
  serial: number;
  epoch: number;
  how: number;
  verdict: number;
  flags: number;
  /** 8 bytes */
  digest: Bytes;
  /** ms, best estimate of the server's time */
  claimed: number;
  /** ms, the device's clock as it was */
  clock: number;
  cursor: number;
  /** of the list, seconds */
  age: number;
  count: number;
  seen: Ref[];
  target: Ref | null;
  operator: string;
  gate: string;
  note: string;
  extra: Bytes;
}

export interface FoldFact {
  device: number;
  number: number;
  tag: number;
  kind: number;
  list: number;
  rule: number;
  epoch: number;
  how: number;
  scanned: boolean;
  /** effective, ms */
  time: number;
  proven: boolean;
  backed: boolean;
  seen: Ref[];
  target: Ref | null;
  /** What the maker of an undo or override was granted, R56. */
  allowed?: boolean;
  timely?: boolean;
}

/** Rules of movement of one revision of a list, R57. */
export interface EntryRules {
  entry: 'single' | 'reentry' | 'per_day';
  /** How many one turn lets in. */
  limit: number;
  /** When entry days begin, ms, ascending. */
  days: number[];
  /** Inside at most; null when nothing warns. */
  capacity: number | null;
  /** Seconds in which a steward may take back. */
  undoS: number;
}

/** What a list's rules say of movement, as they are fed. */
export interface FedEntryRules {
  entry?: string;
  per_day?: number;
  days?: number[];
  capacity?: number;
  undo_s?: number;
}

export interface FoldInput {
  facts: FoldFact[];
  /** The listed ticket's. */
  epoch: number | null;
  /** Every known revision of each list: list, revision, rules. */
  rules: Record<string, Record<string, FedEntryRules>>;
  /** Of some devices the number from which on their facts are void, R53. */
  voids?: Record<number, number>;
}

/** Entries that share one permission, R57. */
export interface Turn {
  /** Effective time of the first. */
  at: number;
  /** Greens and overrides. */
  entries: number;
  /** Its winner, else its first override. */
  by: Ref;
  /** An exit came after the last. */
  left: boolean;
}

/** Refs stand in the order of R19 up to `overrides`, by ref from `undone` on. */
export interface ListState {
  /** First winner of the last turn that has a green; `inside` says whether it is still in. */
  winner: Ref | null;
  greens: Ref[];
  losers: Ref[];
  old: Ref[];
  unproven: Ref[];
  exits: Ref[];
  overrides: Ref[];
  /** Taken away by `undos`. */
  undone: Ref[];
  undos: Ref[];
  /** Undos and overrides without effect. */
  refused: Ref[];
  /** Facts that count as not there, R53. */
  void: Ref[];
  pending: Ref[];
  conflict: '' | 'double' | 'superseded';
  inside: boolean;
  /** How often it was let in. */
  entries: number;
  turns: Turn[];
}

/** Lists by number; a list that no fact names is absent. */
export interface State {
  epoch: number;
  lists: Record<string, ListState>;
}

export interface VerdictInput {
  token: {
    check: TokenCheck | 'search' | 'foreign' | 'unlisted';
    event: number;
    serial: number;
    tier: number;
    epoch: number;
    compromised?: boolean;
  };
  event: { number: number; unknown_policy: string; unknown_max_age_s: number };
  ticket: { tier: number; status: number; epoch: number } | null;
  list: Pick<ListRevision, 'list' | 'rev'> & {
    rules: FedEntryRules & {
      tiers: { tier: number; from?: number | null; until?: number | null }[];
    };
  };
  state: State | null;
  now: number;
  list_age_s: number;
  /** How many are inside by this list; absent when nobody counts, R58. */
  inside?: number | null;
}

export interface EntryWindow {
  from: number | null;
  until: number | null;
}

export interface Decision {
  verdict: Verdict;
  admit: boolean;
  flags: string[];
  used: Ref | null;
  window: EntryWindow | null;
}

export interface Tickets {
  count: number;
  serials: Float64Array<ArrayBuffer>;
  tiers: Uint8Array<ArrayBuffer>;
  statuses: Uint8Array<ArrayBuffer>;
  epochs: Uint8Array<ArrayBuffer>;
  names: string[];
  emails: string[];
  orders: string[];
}

/** Fed facts as columns, sorted by device, number, tag. */
export interface Facts {
  count: number;
  devices: Float64Array<ArrayBuffer>;
  numbers: Float64Array<ArrayBuffer>;
  tags: Float64Array<ArrayBuffer>;
  /** Row of the ticket in `Tickets`, -1 when it is not listed. */
  tickets: Int32Array<ArrayBuffer>;
  serials: Float64Array<ArrayBuffer>;
  times: Float64Array<ArrayBuffer>;
  row(index: number): FactRow;
}

/** Digests of codes from elsewhere, as 16 hexadecimal digits, and the rows of their tickets. */
export interface Codes {
  places: Int32Array<ArrayBuffer>;
  digests: string[];
}

/** What stewards read before admitting, and the rows of its tickets. */
export interface Notes {
  places: Int32Array<ArrayBuffer>;
  texts: string[];
}

export interface Snapshot {
  header: SnapshotHeader;
  tickets: Tickets;
  facts: Facts;
  codes: Codes;
  notes: Notes;
}
