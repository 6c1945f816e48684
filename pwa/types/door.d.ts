/**
 * What the door's logic offers to its screens. Times are integer milliseconds UTC unless a name
 * ends in `S` (seconds); marks in `Timings` are `performance.now()`.
 */

export type Verdict =
  | 'valid'
  | 'already_used'
  | 'refunded'
  | 'cancelled'
  | 'superseded'
  | 'disputed'
  | 'wrong_event'
  | 'wrong_list'
  | 'too_early'
  | 'too_late'
  | 'list_too_old'
  | 'unknown'
  | 'forged'
  | 'not_a_ticket'
  | 'not_inside';

export type How = 'scan' | 'search' | 'group' | 'wedge';

/** `gone` = the log was handed in after revocation and nothing is left on this phone. */
export type Standing = 'active' | 'revoked' | 'expired' | 'repair' | 'gone';

export interface EventInfo {
  id: string;
  number: number;
  title: string;
  start: number;
  end: number;
  time_zone: string;
}

/** One pairing kept on this phone, for the list on the start screen. */
export interface PairingInfo {
  /** 12 hexadecimal digits; stands in the address as `?p=`. */
  id: string;
  device: number;
  name: string;
  role: string;
  event: EventInfo;
  standing: Standing;
  createdAt: number;
  expiresAt: number;
  /** Facts not yet acknowledged by the server. */
  pending: number;
}

export interface ListInfo {
  list: number;
  rev: number;
  name: string;
  /** Entry windows per tier, UTC; null is open. */
  tiers: { tier: number; name: string; from: number | null; until: number | null }[];
  entry: 'single' | 'reentry' | 'per_day';
  /** Entries per entry day; 1 unless `entry` is `per_day`. */
  perDay: number;
  /** Null: none. */
  capacity: number | null;
  gates: string[];
  /** Guests are let out here too: re-entry, entry days, or a capacity to count against. */
  exits: boolean;
}

/** How many are inside, as this phone knows it: at least `n`, since other phones may not be heard. */
export interface Inside {
  n: number;
  capacity: number | null;
  /** Server time of what the number rests on. */
  asOf: number;
  /** Phones that may have scanned since and were not heard. */
  unheard: number;
}

export interface Status {
  /** The last real request got an answer; never `navigator.onLine`. */
  online: boolean;
  /** Decisions on disk that the server has not acknowledged. */
  pending: number;
  /** Seconds since this list was last known to be current; null = no list yet. */
  listAgeS: number | null;
  /** Tickets on the list; 0 = no list yet. */
  tickets: number;
  standing: Standing;
  /** This window scans; another window of the same pairing does when false. */
  holdsLock: boolean;
  /** The browser promised to keep the storage; null = not known yet. */
  persisted: boolean | null;
  syncing: boolean;
  /** Plain words for the last failed exchange; '' = none. */
  lastError: string;
  lastSyncAt: number | null;
  /** Phone clock minus server clock, ms; null = no contact yet. */
  clockSkewMs: number | null;
  /** A list is on this phone and a verdict can be given. */
  ready: boolean;
  /** When the list can be read; null when this phone knows of no key. */
  release: ListRelease | null;
  build: string;
}

/** ms UTC. */
export interface ListRelease {
  from: number;
  until: number;
  readable: boolean;
  /** The list lies sealed on this phone: only its key must still come. */
  waiting: boolean;
}

/** One point of the drill; `ok` null: cannot be known on this phone. */
export interface DrillCheck {
  id:
    | 'list_age'
    | 'storage'
    | 'camera'
    | 'worker'
    | 'self_scan'
    | 'clock'
    | 'battery'
    | 'outbox'
    | 'build'
    | 'key';
  ok: boolean | null;
  /** Seconds, a state, milliseconds, percent, a count, a build, a time: by `id`; '' = none. */
  value: string;
}

export interface Drill {
  at: number;
  checks: DrillCheck[];
}

/** performance.now() marks of one decision; 0 = that step did not happen. */
export interface Timings {
  /** The frame was delivered to the page (or the text arrived). */
  frame: number;
  decoded: number;
  decided: number;
  /** The fact is on disk. */
  durable: number;
  /** The banner is on the screen: set by `door.painted(light)`. */
  painted: number;
}

export interface Used {
  /** Effective time of the winner. */
  at: number;
  device: number;
  deviceName: string;
  gate: string;
  list: number;
  listName: string;
  /** The winner was admitted on this very phone. */
  here: boolean;
}

/** What stands behind a light. `look`: nothing is decided yet, a person is to look first. */
export type LightKind = 'admit' | 'deny' | 'exit' | 'undo' | 'override' | 'party' | 'look';

/** What to look at before admitting. */
export interface Look {
  /** `age`, `photo`, `note`; others may come. */
  kinds: string[];
  /** Of the tier, then of the ticket. */
  texts: string[];
}

export interface PartyMember {
  serial: number;
  name: string;
  tier: string;
  printedId: string;
  /** What admitting now would say. */
  verdict: Verdict;
  admit: boolean;
  look: Look | null;
  /** Another gate has the guest in hand (strict mode). */
  elsewhere: Light['elsewhere'];
}

/** What may be done about a ticket that was just shown. */
export interface Actions {
  /** Server time until which the own last decision may be undone; null: not at all. */
  undoUntil: number | null;
  /** There is something to undo, for a supervisor. */
  undoBySupervisor: boolean;
  override: boolean;
  leave: boolean;
  /** Tickets of its order on this list; 1 or 0: no party. */
  party: number;
}

/** Whether a supervisor's word can be had here: this phone is one, by PIN, or not at all. */
export type Supervision = 'role' | 'pin' | 'none';

/** A light of this door, or a ticket's serial from a search. */
export type Subject = Light | number;

/** What a person at the door is shown. */
export interface Light {
  kind: LightKind;
  verdict: Verdict;
  admit: boolean;
  /** Decided about somebody who leaves. */
  leaving: boolean;
  look: Look | null;
  /** Another gate has the guest in hand (strict mode). */
  elsewhere: { device: string; gate: string; since: number } | null;
  party: PartyMember[];
  /** `flagged`, `old_code_admitted`, … as in shared/PROTOCOL.md. */
  flags: string[];
  name: string;
  /** Tier name, '' when not known. */
  tier: string;
  order: string;
  printedId: string;
  used: Used | null;
  /** The entry window that was missed. */
  window: { from: number | null; until: number | null } | null;
  listAgeS: number | null;
  /** Number of the fact; null while identical denials of one minute are gathered. */
  factNumber: number | null;
  /** `id` of another pairing on this phone whose event the code belongs to. */
  switchTo: string | null;
  how: How;
  at: number;
  timings: Timings;
}

export interface SearchRow {
  serial: number;
  name: string;
  /** Masked for display: first letters and the domain. */
  email: string;
  order: string;
  tier: string;
  printedId: string;
  status: 'valid' | 'refunded' | 'cancelled' | 'disputed';
  /** Entered by the chosen list, by a code, a search or an override. */
  admitted: boolean;
  /** Is inside by the chosen list. */
  inside: boolean;
}

export interface SearchAnswer {
  rows: SearchRow[];
  /** Fewer letters than a search needs. */
  tooShort: boolean;
  /** Nothing matched exactly; these differ by one typing error. */
  fuzzy: boolean;
}

export interface LogRow {
  number: number;
  at: number;
  kind: LightKind;
  verdict: Verdict | '';
  admit: boolean;
  how: How | 'api' | '';
  name: string;
  tier: string;
  list: number;
  operator: string;
  count: number;
  sent: boolean;
}

/** What is done about somebody who was seen before. Every promise is kept after the fact is on disk. */
export interface Deciding {
  readonly supervision: Supervision;
  actions(subject: Subject): Actions;
  /** After a look: let in, or turn away. */
  looked(light: Light, admit: boolean): Promise<Light>;
  /** A PIN is needed where the window is over or the fact is another phone's. Rejects with PinRefused. */
  undo(subject: Subject, pin?: string): Promise<Light>;
  override(subject: Subject, reason: string, pin?: string): Promise<Light>;
  leave(subject: Subject): Promise<Light>;
  party(subject: Subject): PartyMember[];
  admitParty(serials: number[]): Promise<Light>;
}

/**
 * One open pairing. Events: `change` (status, lists or settings), `light` (CustomEvent<Light>,
 * also for what `scanText` returns), `standing` (CustomEvent<Standing>).
 */
export interface Door extends EventTarget {
  readonly id: string;
  readonly info: PairingInfo;
  readonly status: Status;
  readonly lists: ListInfo[];
  /** The chosen list; null until one is chosen (chosen by itself when there is only one). */
  readonly list: ListInfo | null;
  readonly gate: string;
  readonly operator: string;
  setList(list: number): Promise<void>;
  setGate(gate: string): Promise<void>;
  setOperator(name: string): Promise<void>;
  /**
   * Decide about a code. Calls queue up. Rejects with NotScanning when this window does not hold
   * the lock, no list is chosen, or the pairing has ended.
   */
  scanText(text: string, how: How, marks?: Partial<Timings>): Promise<Light>;
  search(query: string): Promise<SearchAnswer>;
  /** Admit a search hit by hand (how = `search`). */
  admit(serial: number): Promise<Light>;
  /** Null while it is counted, or when this list counts nobody. */
  readonly inside: Inside | null;
  /** Scans let out instead of in. */
  readonly exiting: boolean;
  setExiting(on: boolean): Promise<void>;
  readonly decisions: Deciding;
  readonly lastDrill: Drill | null;
  drill(): Promise<Drill>;
  log(limit: number): Promise<LogRow[]>;
  /** The whole log as a file that anybody can verify (R67). */
  logFile(): Promise<{ name: string; text: string }>;
  /** Scan in this window instead of the other one. */
  takeOver(): Promise<void>;
  syncNow(): Promise<void>;
  /** The banner of this light is on the screen. */
  painted(light: Light): void;
  /** A decision is being made: no update may swap in now. */
  readonly busy: boolean;
  close(): Promise<void>;
}

/** `blocked` = permission refused, `none` = no camera, `busy` = another app has it,
 * `interrupted` = tap to resume. */
export type CameraState =
  | 'off'
  | 'starting'
  | 'running'
  | 'blocked'
  | 'none'
  | 'busy'
  | 'interrupted'
  | 'insecure';

export interface CameraInfo {
  id: string;
  label: string;
}

/** Who is given every new code; a `Door` is one. */
export interface CodeReader {
  scanText(text: string, how: How, marks?: Partial<Timings>): Promise<unknown>;
}

/** Events: `state`, `cameras`. */
export interface Scanner extends EventTarget {
  readonly state: CameraState;
  readonly cameras: CameraInfo[];
  /** The camera in use; '' = none. */
  readonly cameraId: string;
  readonly hasTorch: boolean;
  readonly torch: boolean;
  /** Null when this camera offers no zoom. */
  readonly zoom: { min: number; max: number; step: number; value: number } | null;
  /** Show the camera in `video` and give every new code to `reader`. Also "tap to resume". */
  start(video: HTMLVideoElement, reader: CodeReader): Promise<void>;
  /** Stop giving codes; the stream stays open. */
  pause(): void;
  /** Close the stream. */
  stop(): void;
  useCamera(id: string): Promise<void>;
  setTorch(on: boolean): Promise<void>;
  setZoom(value: number): Promise<void>;
  /** Give no code while a question is open; what is in view then is not scanned again. */
  hold(on: boolean): void;
}

/** Events: `pairings`, `update` (a new version waits). */
export interface App extends EventTarget {
  readonly build: string;
  readonly scanner: Scanner;
  pairings(): Promise<PairingInfo[]>;
  /** A pairing code or a whole pairing link. Rejects with PairingRefused (plain words). */
  pair(code: string, name?: string): Promise<PairingInfo>;
  open(id: string): Promise<Door>;
  /** Forget an ended pairing. Rejects while its log is not handed in. */
  forget(id: string): Promise<void>;
  /** A new version is downloaded and waits for a tap. */
  readonly updateWaiting: boolean;
  /** Swap to the new version; rejects while a decision is open. The page reloads. */
  applyUpdate(): Promise<void>;
  /** Ask the browser to keep the storage. */
  persist(): Promise<boolean>;
}
