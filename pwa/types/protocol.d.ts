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
}

export interface ListState {
  winner: Ref | null;
  greens: Ref[];
  losers: Ref[];
  old: Ref[];
  unproven: Ref[];
  pending: Ref[];
  conflict: '' | 'double' | 'superseded';
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
    rules: { tiers: { tier: number; from?: number | null; until?: number | null }[] };
  };
  state: State | null;
  now: number;
  list_age_s: number;
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

export interface Snapshot {
  header: SnapshotHeader;
  tickets: Tickets;
  facts: Facts;
  codes: Codes;
}
