/** DESIRED: one policy as it is loaded, checked and complete. */
import type { Attribute } from "./capabilities.ts";
import type { ActionType, Duration, Field, Instant, Rule, Source, Written } from "./vocabulary.ts";

/** What every target has, whatever its provider. */
interface AnyTarget {
  name: string;
  /** The base URL, without a slash at the end. */
  url: string;
  /** References such as `env:NAME`; the first that exists is used. Never the secret. */
  credentials: string[];
  ledger: string | null;
  /** The field of the user model by which the policy names users; null: the id. */
  identify: string | null;
  /** When given, the deployment must call its environment so, else the target is not the one that is meant. */
  environment: string | null;
  requestsPerSecond: number;
  source: Source;
}

/** The form of JourneyApps' Authorization header. */
export type Auth = "bearer" | "token" | "basic";

export interface JourneyAppsTarget extends AnyTarget {
  provider: "journeyapps";
  auth: Auth;
}

/** The one-time code that Slingr sends for a first sign-in. */
export interface OneTimeCode {
  by: "email" | "sms";
  /** How long its token may go unused; whole hours, in ms. */
  inactivity: Duration;
  /** How long its token is valid; whole hours, in ms. */
  expiration: Duration;
}

export interface SlingrTarget extends AnyTarget {
  provider: "slingr";
  /** `login`: the credential is `email:password`; `token`: an API token. */
  auth: "login" | "token";
  otp: OneTimeCode;
  /** The path of the script that exposes `sys.auth`, below the base URL; null: nothing is exposed. */
  script: string | null;
  /** The folder of the app's metadata, relative to the policy's own folder; null: not at hand. */
  metadata: string | null;
}

/** Which claims of a token tell what; null: no claim does. */
export interface TokenClaims {
  user: string;
  signedIn: string;
  lastUsed: string | null;
  device: string | null;
  userAgent: string | null;
}

export interface CorporateacademyTarget extends AnyTarget {
  provider: "corporateacademy";
  /** A file relative to the policy's own folder, an address of Redis, or a reference to either. */
  register: string;
  /** In Redis, the pattern of the keys that hold tokens. */
  keys: string | null;
  claims: TokenClaims;
}

export type Target = JourneyAppsTarget | SlingrTarget | CorporateacademyTarget;

type Enforcement = "enforce" | "report";

/** Rules about sessions; of the top level, or of a group. */
export interface SessionRules {
  maxAge?: Written<Duration>;
  maxIdle?: Written<Duration>;
  maxPerUser?: Written<number>;
  notBefore?: Written<Instant>;
}

/** A session complies with an entry when it matches in all that the entry names; each compares as ATTRIBUTES says. */
export type AllowedDevice = Partial<Record<Attribute, string>> & { source: Source };

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
  /** Sign-outs of denied devices outside the brakes, in 24 hours. */
  denied: number;
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

export interface Freeze {
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
