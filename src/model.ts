/**
 * The nouns of Curfew and the two ports, Provider and Ledger. Types only: nothing here runs.
 * The words are SPEC.md's. All of it is plain data, so that it can be stored, hashed and compared.
 */

/** A moment: milliseconds since the Unix epoch. */
export type Instant = number;

/** A length of time in milliseconds. */
export type Duration = number;

/** Where something is written: `file` as the user named it (relative to where Curfew runs), `line` from 1. */
export interface Source {
  file: string;
  line: number;
}

/** A value of a policy together with where it is written. */
export interface Written<T> {
  value: T;
  source: Source;
}

export const ACTION_TYPES = ["lock", "wipe", "re-authenticate", "unlock"] as const;
/** What Curfew can do to a user or a session. The order is that of a plan: SPEC.md, "The plan, as JSON". */
export type ActionType = (typeof ACTION_TYPES)[number];

export const RULES = [
  "users.locked",
  "devices.denied",
  "devices.allowed",
  "sessions.notBefore",
  "sessions.maxAge",
  "sessions.maxIdle",
  "sessions.maxPerUser",
] as const;
/** A line of policy that can be broken. */
export type Rule = (typeof RULES)[number];

// ---------------------------------------------------------------- inventory

export const SESSION_STATES = ["ENROLLED", "LOCKED", "RESET", "NEVER_ENROLLED"] as const;
/** ENROLLED can work; LOCKED is signed out; RESET is signed out and wipes its data when it next connects. */
export type SessionState = (typeof SESSION_STATES)[number];

/** One device of a user that is, or was, signed in. `null` is "the backend does not say". */
export interface Session {
  id: string;
  state: SessionState;
  lastAuthenticatedAt: Instant | null;
  createdAt: Instant | null;
  /** Stays after the session enrolls again: no evidence of being signed out. */
  signedOutAt: Instant | null;
  lastConnectedAt: Instant | null;
  lastFullSyncAt: Instant | null;
  platform: string | null;
  /** Version of the container (the installed app), as the backend writes it. */
  container: string | null;
  bundleId: string | null;
  /** Version of the runtime, as the backend writes it. */
  runtime: string | null;
  /** Identifier of the device. */
  device: string | null;
  /** What the device calls itself, e.g. "Sony C6903". */
  label: string | null;
}

/** A value of the app's user model that a policy can compare. */
export type Field = string | number | boolean | null;

export interface User {
  id: string;
  locked: boolean;
  lastConnectedAt: Instant | null;
  sessions: Session[];
  /** What policies call this user: the id, or with `identify` that field of the user model; null where it has none. */
  name: string | null;
  /** Set when `identify` gives several users this name: nobody may be touched by it. */
  ambiguous?: true;
  /** The fields of the user model that the policy asks for; empty where it asks for none. */
  fields: Record<string, Field>;
}

/** A user whose record is of an unknown shape. Nothing is done to it. */
export interface UnreadableUser {
  /** null where not even the id could be read. */
  id: string | null;
  /** The path of the field at fault, e.g. `sessions[0].state`. */
  field: string;
  /** A sentence that begins with the field. */
  message: string;
}

/** An object of the app's user model: the values that `identify` and `where` compare. */
export interface Profile {
  id: string;
  fields: Record<string, Field>;
  /** Set where a value is of an unknown shape: nothing is done to this user. */
  unreadable?: { field: string; message: string };
}

/** One page as the backend sent it. `total`, `count` and `more` are its claims, not facts: inventory/read.ts proves them. */
export interface Page<T> {
  total: number;
  count: number;
  more: boolean;
  objects: T[];
}

/** What a read user record may be. */
export type UserRecord = { user: User } | { unreadable: UnreadableUser };

/** Where users can be read from: a provider, or a saved inventory. Each call starts a new read from the beginning. */
export interface InventorySource {
  /** Pages of users, without `name` and `fields` of the user model (name is the id). Throws UnreadableTargetError. */
  users(): AsyncIterable<Page<UserRecord>>;
  /** Pages of the user model, reduced to `fields`. Throws UnreadableTargetError, also when a field does not exist. */
  profiles(fields: readonly string[]): AsyncIterable<Page<Profile>>;
}

/** The sizes and the fingerprint of an inventory that was read whole. The digest does not depend on the order of pages. */
export interface InventoryFacts {
  users: number;
  sessions: number;
  enrolled: number;
  digest: string;
}

// ---------------------------------------------------------------- policy

export type Auth = "bearer" | "token" | "basic";

export interface Target {
  name: string;
  provider: "journeyapps";
  /** The base URL, without a slash at the end. */
  url: string;
  /** References such as `env:NAME`; the first that exists is used. Never the secret. */
  credentials: string[];
  auth: Auth;
  ledger: string | null;
  identify: string | null;
  /** When given, `info.json` must name this environment, else the target is not the one that is meant. */
  environment: string | null;
  requestsPerSecond: number;
  source: Source;
}

type Enforcement = "enforce" | "report";

/** Rules about sessions; of the top level, or of a group. */
export interface SessionRules {
  maxAge?: Written<Duration>;
  maxIdle?: Written<Duration>;
  maxPerUser?: Written<number>;
  notBefore?: Written<Instant>;
}

/** A session complies with an entry when it matches in all that the entry names. */
export interface AllowedDevice {
  platform?: string;
  /** semver ranges. */
  container?: string;
  runtime?: string;
  bundleId?: string;
  id?: string;
  /** A glob; case is ignored. */
  label?: string;
  source: Source;
}

export interface DeniedDevice {
  id: string;
  reason: string;
  ticket?: string;
  action: "re-authenticate" | "wipe";
  unsynced: "wait" | "lose";
  source: Source;
}

export interface LockedEntry {
  user: string;
  reason: string;
  ticket?: string;
  from?: Instant;
  until?: Instant;
  wipe: boolean;
  urgent: boolean;
  adopt: boolean;
  source: Source;
}

export interface Group {
  name: string;
  members: Written<string>[];
  /** Everybody who has all these values in the user model is a member too. Absent: nobody by this way. */
  where?: Record<string, Field>;
  sessions: SessionRules;
  source: Source;
}

/** The rules that an exception may name. */
export const EXCEPTION_RULES = [
  "sessions.maxAge",
  "sessions.maxIdle",
  "sessions.maxPerUser",
  "sessions.notBefore",
  "devices.allowed",
] as const satisfies readonly Rule[];
export type ExceptionRule = (typeof EXCEPTION_RULES)[number];

export interface Exception {
  /** Exactly one of user and group. */
  user?: string;
  group?: string;
  rule: ExceptionRule;
  /** A laxer value: milliseconds, a count or an instant, by the rule. Absent: the rule is waived. */
  allow?: number;
  reason: string;
  owner: string;
  ticket?: string;
  until: Instant;
  source: Source;
}

/** What a type of action may do. Absent keys do not limit. Percentages are 0 to 100. */
export interface Limit {
  max?: number;
  percent?: number;
  perRun?: number;
  exceed: "refuse" | "pace";
  /** null where the default stands. */
  source: Source | null;
}

export interface Raise {
  type: ActionType | "inventoryDrop";
  max?: number;
  percent?: number;
  perRun?: number;
  until: Instant;
  reason: string;
  source: Source;
}

export interface Limits {
  types: Record<ActionType, Limit>;
  /** Urgent locks a day. */
  urgent: number;
  /** Percent of users that an inventory may lose against the last accepted one. */
  inventoryDrop: number;
  exceptionsLast: Duration;
  raise: Raise[];
}

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];

/** Minutes since local midnight. Where `from` is later than `to`, the window ends on the next day. `days` names the days on which it begins. */
export interface Window {
  from: number;
  to: number;
  zone: string;
  days: Day[];
  source: Source;
}

/** What a channel may be told of. */
export const NOTIFY_EVENTS = [
  "refusal",
  "error",
  "lock",
  "drift",
  "exception-expiring",
  "freeze",
] as const;
export type NotifyEvent = (typeof NOTIFY_EVENTS)[number];

/** A webhook's address and the secret that signs what is sent there. */
export interface SignedWebhook {
  /** A reference to the address, or the address itself where nothing in it is secret. */
  webhook: string;
  /** A reference. */
  secret: string;
}

/** Where people or programs are told, and of what. */
export type Channel = (
  | { via: "slack" /** A reference: the address is a secret. */; to: string }
  | { via: "webhook"; to: string; secret: string }
  | { via: "sns" /** The ARN of a topic. */; to: string }
) & { on: NotifyEvent[]; source: Source };

/** One event a user, so long before a session of theirs falls due. */
export interface HeadsUp extends SignedWebhook {
  before: Duration;
  source: Source;
}

interface Notify {
  channels: Channel[];
  /** Absent: users are not told. */
  users?: HeadsUp;
}

interface Freeze {
  until: Instant;
  reason: string;
  allow: ActionType[];
  source: Source;
}

/** One policy, loaded, checked and complete: includes joined, defaults filled in. */
export interface Policy {
  target: Target;
  enforcement: { default: Enforcement; rules: Partial<Record<Rule, Enforcement>> };
  /** Percent of users, 0 to 100, to whom the session rules and devices.allowed apply. */
  rollout: number;
  sessions: SessionRules;
  devices: {
    /** Absent: any device. Empty: none. */
    allowed?: AllowedDevice[];
    otherwise: "re-authenticate" | "wipe";
    denied: DeniedDevice[];
    source: Source | null;
  };
  users: {
    /** Absent: locks are not managed. Empty: our own locks are lifted. */
    locked?: LockedEntry[];
    /** Where `users.locked` is written; null where it is absent. */
    source: Source | null;
  };
  groups: Group[];
  exceptions: Exception[];
  protected: Written<string>[];
  limits: Limits;
  windows: Partial<Record<ActionType, Window>>;
  freeze: Freeze | null;
  /** Absent: nobody is told. */
  notify?: Notify;
  planExpires: Duration;
  /** `sha256:…` over what the policy says; not over where it says it. */
  digest: string;
  commit: string | null;
  files: string[];
}

// ---------------------------------------------------------------- plan

export const CAUSES = ["retry", "policy", "due", "sign-in", "drift"] as const;
/** Why an action is wanted now: SPEC.md, "The cause". */
export type Cause = (typeof CAUSES)[number];

/** A broken rule, for people. `file` and `line` are where the rule is written. */
export interface Reason {
  rule: Rule;
  file: string;
  line: number;
  message: string;
}

/** What must still be true when the action is carried out. Instants as ISO 8601. */
export interface Expects {
  locked?: boolean;
  state?: SessionState;
  lastAuthenticatedAt?: string | null;
}

export interface Action {
  type: ActionType;
  /** The backend's id of the user. */
  user: string;
  session: string | null;
  /** Only on a lock: erase the data on the user's devices too. */
  wipe?: boolean;
  cause: Cause;
  reasons: Reason[];
  expects: Expects;
  /** What the policy calls the user, where that is not the id. */
  name?: string;
  /** What the device calls itself. */
  label?: string;
  /** Since when it is wanted, ISO 8601, where that can be told. */
  since?: string;
  /** An urgent lock: it counts against limits.urgent only. */
  urgent?: true;
  /** Outside pace, windows and freeze, and not counted: signs out a locked user or a denied device. */
  exempt?: true;
}

export const HELD_BY = ["limit", "pace", "window", "freeze", "report", "rollout"] as const;
export type HeldBy = (typeof HELD_BY)[number];

/** An action that is wanted and not taken now. */
export interface Held extends Action {
  by: HeldBy;
}

/** A limit that held back all of a type. */
export interface Refusal {
  type: ActionType;
  limit: "max" | "percent" | "perRun";
  wanted: number;
  /** What was left of the limit. */
  allowed: number;
  message: string;
}

export const NOTICE_KINDS = [
  "protected",
  "foreign-lock",
  "orphaned-lock",
  "adopted-lock",
  "unknown-user",
  "ambiguous-name",
  "unreadable-user",
  "expiring-exception",
  "wipe-waiting",
  "wipe-pending",
  "flapping",
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** What the plan saw and will not act on. `user` is null where it is about no one user. */
export interface Notice {
  kind: NoticeKind;
  user: string | null;
  message: string;
  file?: string;
  line?: number;
  /** With `--base`: an unknown user whom the change adds; an error then. */
  added?: true;
}

/** A plan, exactly as `--format json` prints it and `--out` saves it: SPEC.md, "The plan, as JSON". */
export interface Plan {
  format: "curfew/plan/1";
  digest: string;
  /** The version of Curfew that made it. */
  version: string;
  target: string;
  /** The address of the deployment; a plan is good for no other. */
  url: string;
  evaluatedAt: string;
  expiresAt: string;
  policy: { digest: string; commit: string | null; files: string[] };
  inventory: InventoryFacts;
  summary: Record<ActionType, number>;
  actions: Action[];
  held: Held[];
  refusals: Refusal[];
  notices: Notice[];
  /** The digest of the saved plan that this one carries out; absent on others. */
  reviewed?: string;
  /** With `--base`: the commit that the change starts from; null for a folder. */
  base?: { commit: string | null };
  /** With `--base`: what only the base wants. */
  averted?: Action[];
  /** What an apply changes in the ledger without a write to the backend: ids of users. */
  ledger: {
    adopt: string[];
    forget: string[];
    /** User id → the name by which the policy locks the user, where the ledger does not know it yet; absent: none. */
    names?: Record<string, string>;
  };
}

// ---------------------------------------------------------------- apply

export type Status = "applied" | "failed" | "skipped";

/** What became of an action. */
export interface Outcome {
  status: Status;
  type: ActionType;
  user: string;
  session: string | null;
  error?: string;
  /** Whether a read after the write shows its effect; absent where the user was not read again. */
  confirmed?: boolean;
}

/**
 * What the backend answered to one action. `gone`: the user or the session no longer exists.
 * `unknown`: the request was sent and no answer came, so it may have taken effect.
 */
export type WriteResult =
  | { status: "done" }
  | { status: "failed" | "gone" | "unknown"; error: string };

/** What a target says of itself. */
export interface TargetInfo {
  label: string | null;
  environment: string | null;
  region: string | null;
}

/** The code that speaks one backend's API. All methods throw UnreadableTargetError where the target can't be read. */
export interface Provider extends InventorySource {
  /** null where the deployment does not say. */
  info(): Promise<TargetInfo | null>;
  /** The user as it is now, or null if there is none (any more). */
  user(id: string): Promise<UserRecord | null>;
  /** How many actions one call of `write` takes. */
  readonly writeSize: number;
  /**
   * Carries out actions in order; one result each, in the same order. Never throws for what one action met.
   * `check` is called before each request that writes; what it throws ends the call, and nothing more is sent.
   */
  write(actions: readonly Action[], check: () => void): Promise<WriteResult[]>;
  /** A temporary token for enrolling a device as this user. */
  authenticationToken(userId: string): Promise<{ token: string; url: string }>;
  close(): Promise<void>;
}

// ---------------------------------------------------------------- ledger

/** One action of a run, as the ledger remembers it. */
export interface Attempt {
  run: string;
  at: Instant;
  type: ActionType;
  user: string;
  session: string | null;
  wipe: boolean;
  urgent: boolean;
  exempt: boolean;
  /** last_authenticated_at (created_at where null) of the session when it was decided; null on locks and unlocks. */
  signedInAt: Instant | null;
  /** For a lock with `wipe`: the sessions that it wipes, id → when each had signed in. */
  wipes: Record<string, Instant | null>;
  /** `intent`: no outcome is known; it may have taken effect. */
  status: "intent" | Status;
}

/** A finished run, for history and trends. */
export interface RunSummary {
  id: string;
  at: Instant;
  policyDigest: string;
  commit: string | null;
  planDigest: string;
  inventory: InventoryFacts;
  summary: Record<ActionType, number>;
  held: number;
  refusals: number;
  outcomes: Record<Status, number>;
}

/** What the ledger knows of a deployment at the beginning of a run. Plain data. */
export interface Memory {
  /** Ids of users whose lock is ours, and since when; also of lock intents whose outcome is unknown. */
  ownLocks: Record<string, Instant>;
  /** User id → the name by which the policy last locked whom we own, where that is not the id. Absent before it was kept. */
  lockedAs?: Record<string, string>;
  /** Session id → when it had signed in, when it was wiped. A later sign-in makes it unwiped. */
  wiped: Record<string, Instant | null>;
  /** Session id → when it had signed in, where a wipe was held back and turned into a sign-out: it follows when allowed. */
  owedWipes: Record<string, Instant | null>;
  /** The last run that held nothing back; null before the first. */
  last: { at: Instant; policy: Policy } | null;
  /** Users of the last accepted inventory. */
  inventoryUsers: number | null;
  /** All attempts of the last 24 hours, and older ones that did not succeed. Oldest first. */
  attempts: Attempt[];
  /** Recent runs, oldest first. */
  runs: RunSummary[];
}

/** What a run is about to do; on record before its first write. */
export interface RunStart {
  id: string;
  at: Instant;
  plan: Plan;
  attempts: Attempt[];
  owedWipes: Record<string, Instant | null>;
}

/** How a run ended. `policy` is remembered as the last one when nothing was held back; null for a run on one user only. */
export interface RunEnd {
  id: string;
  at: Instant;
  policy: Policy | null;
  summary: RunSummary;
  /** How many outcomes a read after the write has shown. */
  confirmed: number;
}

/** Curfew's memory of one deployment between runs. Every method leaves it readable if the process dies in it. */
export interface Ledger {
  /** For messages, e.g. `.curfew/62d5…` */
  readonly place: string;
  /** Only reads. An absent ledger is an empty memory; so is a damaged one, and `damage` says so. */
  recall(): Promise<Memory>;
  /** What `recall` could not read and where it is kept, as a sentence; null where nothing is damaged. */
  damage(): string | null;
  begin(run: RunStart): Promise<void>;
  /** Outcomes of attempts, as they come; `unknown` results are not recorded, their attempt stays an intent. */
  record(run: string, outcomes: readonly Outcome[]): Promise<void>;
  finish(run: RunEnd): Promise<void>;
}
