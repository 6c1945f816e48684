/** What lies in the phone's databases. Fields are only ever added. */

import type { Drill, EventInfo, Standing } from './door.js';
import type { Fact } from './protocol.js';

/** [device, number, tag], shared/PROTOCOL.md R2. */
export type Ref = [number, number, number];

export interface KeyPair {
  /** 32 raw bytes. */
  publicKey: Uint8Array<ArrayBuffer>;
  /** Not extractable; 32 raw bytes where WebCrypto has no Ed25519. */
  privateKey: CryptoKey | Uint8Array<ArrayBuffer>;
}

/** Store `pairings` of the outbox: one phone on one event. */
export interface PairingRecord {
  device: number;
  name: string;
  role: string;
  event: EventInfo;
  /** Check-in lists it may use. */
  lists: number[];
  /** Null once revoked: deleted at once. */
  credential: string | null;
  certificate: string;
  /** Pinned: verifies snapshots. */
  serverKey: Uint8Array<ArrayBuffer>;
  keys: KeyPair;
  standing: Standing;
  createdAt: number;
  expiresAt: number;
  /** Server clock minus phone clock, ms; null = never measured. */
  clockOffset: number | null;
  list: number | null;
  gate: string;
  operator: string;
  /** Scans let out instead of in. */
  exiting?: boolean;
  pinTries?: PinTries;
  drill?: Drill | null;
  /** How often each person searched, who did last stands last (R71). */
  searches?: [operator: string, searches: number][];
}

/** Wrong supervisor PINs in a row, and when the next may be tried. */
export interface PinTries {
  wrong: number;
  until: number;
}

/** PBKDF2 with HMAC-SHA-256 over the PIN's digits; salt and hash are base64. */
export interface SupervisorPin {
  salt: string;
  rounds: number;
  hash: string;
}

/** Store `claims` of the outbox, key [device, id]: asked in strict mode, not (yet) used. */
export interface ClaimRecord {
  device: number;
  id: string;
  list: number;
  serial: number;
  epoch: number;
}

/** Store `facts` of the outbox, key [device, number]. */
export interface StoredFact {
  device: number;
  number: number;
  hash: Uint8Array<ArrayBuffer>;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Store `acks` of the outbox: what the root has of a log. */
export interface AckRecord {
  device: number;
  to: number;
  /** What older builds kept: the stamp of fact n at index n - 1. Empty since there are pieces. */
  stamps: Float64Array<ArrayBuffer>;
}

/** Store `stamps` of the outbox, key [device, piece]: stamp of fact n at n - 256 * piece. */
export interface StampRecord {
  device: number;
  piece: number;
  /** 0 = none yet. */
  stamps: Float64Array<ArrayBuffer>;
}

/** Store `denials` of the outbox: a refusal that still gathers its repetitions (R16). */
export interface HeldDenial {
  device: number;
  /** What makes two denials identical. */
  sameness: string;
  /** When it first happened, claimed time. */
  since: number;
  fact: FactDraft;
}

/** A decision before it has its place in the log. */
export type FactDraft = Omit<Fact, 'device' | 'number' | 'previous'>;

export interface Cursor {
  feed: string;
  seq: number;
  digest: string;
}

/** R35; `code` is base64, absent when the ticket has none (R46). */
export type TicketRow = [
  serial: number,
  tier: number,
  status: number,
  epoch: number,
  name: string,
  email: string,
  order: string,
  code?: string | null,
  note?: string,
];

/** R36. */
export type FactRow = [
  device: number,
  number: number,
  tag: number,
  kind: number,
  list: number,
  rule: number,
  serial: number,
  epoch: number,
  how: number,
  flags: number,
  time: number,
  seen: Ref[],
  target: Ref | null,
];

export interface ListRevision {
  list: number;
  rev: number;
  rules: {
    name: string;
    tiers: { tier: number; from: number | null; until: number | null }[];
    entry: string;
    /** Entries per entry day, and when those days begin; with `entry` per_day. */
    per_day?: number;
    days?: number[];
    capacity?: number;
    undo_s?: number;
    gates?: string[];
    archived?: boolean;
    per_day?: number;
    days?: number[];
    capacity?: number;
    undo_s?: number;
    gates?: string[];
  };
}

export interface EventRules extends EventInfo {
  /** Front part of printed ids, with the last hyphen. */
  prefix: string;
  unknown_policy: 'accept' | 'accept_and_flag' | 'hold';
  unknown_max_age_s: number;
  fields: string[] | string;
  /** Strict mode: how long a claim may take. */
  strict?: { budget_ms: number } | null;
  supervisor?: SupervisorPin | null;
}

/** What to look at before a ticket of a tier is admitted. */
export interface Prompt {
  kinds: string[];
  text: string;
}

export interface TicketKey {
  id: number;
  /** base64 */
  public: string;
  compromised: boolean;
}

export type DeviceRow = [id: number, name: string, gate: string, kind: string];

export interface SnapshotHeader {
  protocol: number;
  event: EventRules;
  cursor: Cursor;
  made_at: number;
  keys: TicketKey[];
  lists: ListRevision[];
  tiers: { tier: number; name: string; prompt?: Prompt }[];
  devices: DeviceRow[];
}

/** R35 */
export interface Changes {
  to: Cursor;
  tickets: TicketRow[];
  facts: FactRow[];
  lists: ListRevision[];
  devices: DeviceRow[];
  event: EventRules | null;
  tiers: { tier: number; name: string; prompt?: Prompt }[] | null;
  keys: TicketKey[] | null;
  more: boolean;
}

/** When the phone may read its list, ms UTC (R49); `key` is base64, for one that lacks it. */
export interface Release {
  id: string;
  from: number;
  until: number;
  key?: string;
}

/** AES-GCM under the list key (R51); 12 bytes of nonce. */
export interface Sealed {
  nonce: Uint8Array<ArrayBuffer>;
  sealed: ArrayBuffer;
}

/** Store `keys` of the lists database. */
export interface KeyRecord {
  device: number;
  id: string;
  /** Cannot be read out; null before its time and after it. */
  key: CryptoKey | null;
  from: number;
  until: number;
  /** The greatest time that was seen, ms UTC: a clock set back brings nothing back. */
  seen: number;
}

/** Store `sealed-bases`: a verified snapshot payload. */
export interface SealedBase extends Sealed {
  device: number;
}

/** Store `sealed-deltas`, key [device, seq]: changes as JSON text. */
export interface SealedDelta extends Sealed {
  device: number;
  seq: number;
}

/** Store `marks`: when the list was last known to be current. */
export interface MarkRecord {
  device: number;
  currentAt: number;
}

/** Store `waiting`: a list that the server sealed, for the time when its key comes (R50). */
export interface WaitingRecord {
  device: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** Server time when it was fetched. */
  at: number;
}

/*
 * What builds before R49 to R51 wrote. It is read once, and encrypted or deleted at the first
 * answer of a server that knows of keys.
 */

/** Store `bases`: a verified snapshot payload. */
export interface BaseRecord {
  device: number;
  payload: Uint8Array<ArrayBuffer>;
}

/** Store `deltas`, key [device, seq]: changes as JSON text, which opens faster than a clone. */
export interface DeltaRecord {
  device: number;
  seq: number;
  text: string;
}

/** Store `cursors`: how far the list is, and when it was last known to be current. */
export interface CursorRecord {
  device: number;
  cursor: Cursor;
  currentAt: number;
}
