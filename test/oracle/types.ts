/** The oracle's own nouns: plain data. Nothing here, nor in any file beside it but the tests, knows src/. */

export type Type = "lock" | "wipe" | "re-authenticate" | "unlock";
export type Field = string | number | boolean | null;

export interface Session {
  id: string;
  state: "active" | "ended" | "wiping" | "unused";
  signedInAt: number | null;
  createdAt: number | null;
  lastConnectedAt: number | null;
  lastFullSyncAt: number | null;
  platform: string | null;
  container: string | null;
  runtime: string | null;
  bundleId: string | null;
  device: string | null;
  label: string | null;
}

export interface User {
  id: string;
  locked: boolean;
  sessions: Session[];
  /** The user's object in the app's user model; null: the backend says that there is none; unreadable: can't be told. */
  profile: Record<string, Field> | null | "unreadable";
}

export interface SessionRules {
  maxAge?: string;
  maxIdle?: string;
  maxPerUser?: number;
  notBefore?: string;
}

export interface Locked {
  user: string;
  reason: string;
  from?: string;
  until?: string;
  wipe?: boolean;
  urgent?: boolean;
  adopt?: boolean;
}

export interface Allowed {
  platform?: string;
  container?: string;
  runtime?: string;
  bundleId?: string;
  id?: string;
  label?: string;
}

interface Denied {
  id: string;
  reason: string;
  action?: "re-authenticate" | "wipe";
  unsynced?: "wait" | "lose";
}

export interface Exception {
  user?: string;
  group?: string;
  rule: string;
  allow?: string | number;
  reason: string;
  owner: string;
  until: string;
}

export interface Limit {
  max?: number;
  percent?: number;
  perRun?: number;
  exceed?: "refuse" | "pace";
}

interface Group {
  members?: string[];
  where?: Record<string, Field>;
  sessions?: SessionRules;
}

/** A policy file as it is written: its JSON is the file. Durations and moments are text. */
export interface Policy {
  version: 1;
  target: { identify?: string; [key: string]: unknown };
  enforcement?: string | Record<string, string>;
  /** Nobody or everybody: the contract does not say who is in a share. */
  rollout?: 0 | 100;
  sessions?: SessionRules;
  devices?: {
    allowed?: Allowed[];
    otherwise?: "re-authenticate" | "wipe";
    denied?: Denied[];
    allowEmpty?: true;
  };
  users?: { locked: Locked[]; allowEmpty?: true };
  groups?: Record<string, Group>;
  exceptions?: Exception[];
  protected?: string[];
  limits?: Partial<Record<Type, Limit>> & {
    urgent?: number;
    denied?: number;
    raise?: (Limit & { type: Type; until: string; reason: string })[];
  };
  windows?: Partial<Record<Type, { from: string; to: string; zone: "UTC" }>>;
  freeze?: { until: string; reason: string; allow?: Type[] };
}

/** One action of one run, as the oracle remembers it. */
export interface Attempt {
  type: Type;
  user: string;
  session: string | null;
  signIn: number | null;
  at: number;
  /** `unknown`: no answer came; it may have been done. */
  status: "applied" | "failed" | "unknown" | "skipped";
  /** Outside its limit, and which count it belongs to. */
  outside: "urgent" | "denied" | "locked" | null;
  /** Sessions that were active when it was decided, and that it ends. */
  ended: string[];
  /** Once seen undone, it does not count any more. */
  undone: boolean;
  /** What the lines said that wanted it. */
  lines: string;
}

export interface Memory {
  own: string[];
  /** Line that names a user → who had the name when an apply first met the line. */
  met: Record<string, string>;
  attempts: Attempt[];
  /** Session → the sign-in for which it was seen wiped. */
  wiped: Record<string, number | null>;
  /** Session → the sign-in for which a wipe was held and a sign-out taken instead. */
  owed: Record<string, number | null>;
  /** The policies since the last run that held nothing, and from when each was in force; `calm` is that run's. */
  policies: { policy: Policy; from: number; calm: boolean }[];
  /** The moment of the last run. */
  last: number | null;
  /** How many runs for the whole target took something of a type. */
  took: Record<Type, number>;
}

export const EMPTY: Memory = {
  own: [],
  met: {},
  attempts: [],
  wiped: {},
  owed: {},
  policies: [],
  last: null,
  took: { lock: 0, wipe: 0, "re-authenticate": 0, unlock: 0 },
};

type Hold = "report" | "rollout" | "unsynced" | "clock";
export type By = Hold | "freeze" | "window" | "retry" | "limit" | "pace";

/** An action that is wanted of one user, before any brake. */
export interface Want {
  type: Type;
  user: string;
  session: string | null;
  signIn: number | null;
  /** As `signIn`; null where that is in the future. */
  knownSignIn: number | null;
  /** Every broken rule, sorted. */
  rules: string[];
  hold: Hold | null;
  /** Outside pace, windows, rollout and freeze, and for whose sake. */
  outside: "urgent" | "denied" | "locked" | null;
  /** Breaks `notBefore`: paced first. */
  first: boolean;
  /** Since when; null where it can't be told; undefined where the contract does not say. */
  since: number | null | undefined;
  /** What is done meanwhile where this one is held by anything but `report`. */
  instead: Want[];
  /** Of a lock: the wipes that come with it. */
  wipes: Want[];
  /** Active sessions that it ends. */
  ends: string[];
  /** What the lines say that want it. */
  lines: string;
}

export interface Decision {
  wants: Want[];
  adopt: boolean;
  forget: boolean;
  /** Missing or contradicting evidence: exit code 1. */
  unclear: boolean;
  /** The contract can be read in two ways here: only what holds in both is to be compared. */
  unsure: string | null;
}

export interface Held {
  want: Want;
  by: By[];
}

export interface Answer {
  taken: Want[];
  /** `by`: the brakes that apply, of which the report names one. */
  held: Held[];
  refused: Type[];
  decisions: Map<string, Decision>;
}
