/** What became of a plan, and what the ledger remembers of it. */
import type { Capabilities } from "./capabilities.ts";
import type { InventoryFacts } from "./inventory.ts";
import type { Cause, Plan } from "./plan.ts";
import type { Policy } from "./policy.ts";
import type { ActionType, Instant } from "./vocabulary.ts";

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
  /** A failure that the backend did not answer for this action itself: it says nothing of the user. */
  passing?: true;
  /** Of a lock with `wipe`: the sessions that a read after it does not show wiped; absent where it wiped all. */
  unwiped?: string[];
}

/**
 * What the backend answered to one action. `gone`: the user or the session no longer exists.
 * `unknown`: the request was sent and no answer came, so it may have taken effect. `unanswered`: it was not done, and
 * the backend did not answer for this action itself: nothing was sent, or it was busy or broken.
 */
export type WriteResult =
  | { status: "done" }
  | { status: "failed" | "gone" | "unknown" | "unanswered"; error: string };

/** What a target says of itself. */
export interface TargetInfo {
  label: string | null;
  environment: string | null;
  region: string | null;
}

/** A right of a credential, as a call shows it that asks for as little as it can. */
export interface Right {
  /** What it lets one do, e.g. `read users`. */
  right: string;
  /** The call that needs it, e.g. `GET users`. */
  call: string;
  /** `unneeded`: this policy asks for none of it. `untried`: that could be told only by writing, or nobody is there to try it on. */
  state: "there" | "missing" | "unneeded" | "untried";
  /** Why it is missing or was not tried; null where it is there. */
  why: string | null;
}

/** Which limit an action counts for: that of its type, `limits.urgent`, `limits.denied`, or none. */
export const COUNTS = ["limit", "urgent", "denied", "none"] as const;

export type Counts = (typeof COUNTS)[number];

/** One action of a run, as the ledger remembers it. */
export interface Attempt {
  run: string;
  at: Instant;
  type: ActionType;
  user: string;
  session: string | null;
  wipe: boolean;
  counts: Counts;
  /** What the session was when it was decided; null on locks and unlocks. */
  was: "active" | "ended" | null;
  /** The sign-in of the session (its creation where that is unknown) when it was decided; null on locks and unlocks. */
  signedInAt: Instant | null;
  /** For a lock with `wipe`: the sessions that it wipes, id → when each had signed in. */
  wipes: Record<string, Instant | null>;
  /** For a lock: the sessions that were active when it was decided, id → when each had signed in. */
  ends: Record<string, Instant | null>;
  /** A fingerprint of what the policy says that wants it, wherever that is written. */
  line: string;
  /** The latest moment of the log before its run: of its last line, and of the last runs; null where there was none. */
  before: Instant | null;
  /** Its own moment, or that of the line of the log before its run, where that is later. */
  from: Instant;
  /** For one from the future: the moment of the first run that saw it. */
  seen: Instant | null;
  /** A later inventory showed that it is so no more, or never was. For good. */
  undone: boolean;
  /** Of one without an outcome: a later inventory showed what became of it, and the log has told so. */
  found?: true;
  /** Why it was wanted: of one that was tried before, why it was wanted at first. Absent before it was kept. */
  cause?: Cause | null;
  /** `intent`: no outcome is known; it may have taken effect. */
  status: "intent" | Status;
}

/** An action that a later inventory shows undone. */
export type Undone = Pick<Attempt, "type" | "user" | "session" | "signedInAt">;

/** An action of an earlier run that had no outcome, and whether a later inventory shows it done. */
export interface Found extends Pick<Attempt, "run" | "type" | "user" | "session"> {
  done: boolean;
}

/** An action that failed, and has not succeeded since. */
export interface Failure extends Undone {
  /** How often in a row. */
  times: number;
  /** The moment of the run that last tried it. */
  at: Instant;
  /** As of the attempt that failed. */
  line: string;
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

/** The last run on the whole target, and what was in force when the actions that it held came to be wanted. */
export interface LastRun {
  at: Instant;
  /** When the last run was that held nothing; the first of the policies was in force then. null: none did. */
  settledAt: Instant | null;
  /** Those in force since then, oldest first, and from which run on. Empty where this version can't read them. */
  policies: { policy: Policy; from: Instant }[];
}

/** What the ledger knows of a deployment at the beginning of a run. Plain data. */
export interface Memory {
  /** Ids of users whose lock is ours, and since when; also of lock intents whose outcome is unknown. */
  ownLocks: Record<string, Instant>;
  /** Those of them that a run has seen gone: a lock that is in place after that is somebody else's. Absent: none. */
  liftedLocks?: Readonly<Record<string, Instant>> | undefined;
  /** Line that names a user (policy/lines.ts) → the id of who had the name when an apply first met the line. */
  met: Record<string, string>;
  /** Session id → its sign-in, of those that a read after their wipe has shown wiped. A later sign-in makes one unwiped. */
  wiped: Record<string, Instant | null>;
  /** Session id → when it had signed in, where a wipe was held back and turned into a sign-out: it follows when allowed. */
  owedWipes: Record<string, Instant | null>;
  /** The last run on the whole target; null before the first. */
  last: LastRun | null;
  /** Names and ids of users who did not come and were asked for → when they were gone. Absent: none. */
  asked?: Record<string, Instant> | undefined;
  /** Users of the last accepted inventory. */
  inventoryUsers: number | null;
  /** All attempts of the last 24 hours, and older ones that did not succeed. In the order of the log. */
  attempts: Attempt[];
  /** What failed and has not succeeded since. */
  failures: Failure[];
  /** How many runs for the whole target took something of a type. Absent: none. */
  took?: Partial<Record<ActionType, number>> | undefined;
  /** Recent runs, oldest first. */
  runs: RunSummary[];
  /** Runs that began and did not end. `died`: known, since nobody else holds the lease. Absent: none. */
  open?: { id: string; at: Instant; died?: true }[] | undefined;
}

/** What is known when the users of a target begin to stream by. */
export interface Known {
  policy: Policy;
  at: Instant;
  /** The moment at which the read begins, which marks what lies in its future; a plan alone takes `at` for it. */
  readAt?: Instant | undefined;
  /** What the ledger tells; empty where there is none. */
  memory: Memory;
  /** What the backend can do; absent: as the catalog says of the target. */
  can?: Capabilities | undefined;
}

/** Who was asked for since they did not come: those who are gone, and those of before who are back. */
export interface Asked {
  gone: string[];
  back: string[];
}

/** What a run is about to do; on record before its first write. The intent of each write follows, after its look. */
export interface RunStart {
  id: string;
  at: Instant;
  plan: Plan;
  /** Remembered attempts that the inventory of this run shows undone. */
  undone: readonly Undone[];
  /** What it shows of actions of earlier runs that had no outcome. */
  found?: readonly Found[];
  owedWipes: Record<string, Instant | null>;
  /** Session id → its sign-in: wipes of earlier runs that the inventory shows. */
  wiped?: Record<string, Instant | null>;
  /** Sessions whose wipe need not be known any more: gone, or signed in anew. */
  wipesOver?: readonly string[];
  asked?: Asked | undefined;
}

/** An action that its look has settled: nothing of it is sent. */
export interface Settled {
  attempt: Attempt;
  outcome: Outcome;
  /** Somebody else has locked the user, or has lifted our lock: what lock there is, now or later, is not ours. */
  foreign?: true;
}

/** How a run ended. `policy` is null for a run on a part of what is wanted, which is no last run. */
export interface RunEnd {
  id: string;
  at: Instant;
  policy: Policy | null;
  summary: RunSummary;
  /** How many outcomes a read after the write has shown. */
  confirmed: number;
}

/** Why a run ended before its first write. */
export const STOP_REASONS = [
  "unreadable",
  "stale",
  "not-agreed",
  "busy",
  "interrupted",
  "error",
] as const;

export type StopReason = (typeof STOP_REASONS)[number];

/** A run that ended before its first write. */
export interface RunStop {
  id: string;
  at: Instant;
  why: StopReason;
  /** A sentence without secrets. */
  message: string;
  target: string;
  /** The digest of the policy, and its commit. */
  policy: string | null;
  commit: string | null;
  /** The digest of the plan that was not carried out; null where there was none. */
  plan: string | null;
}

/** Up to which line the audit log is known: how many lines, and the hash of the last. */
export interface Head {
  seq: number;
  hash: string;
}

/** The error of an action that an interrupted run left to the next. */
export const INTERRUPTED = "the run was interrupted before it: the next one takes it up";
