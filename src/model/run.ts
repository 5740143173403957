/** What became of a plan, and what the ledger remembers of it. */
import type { InventoryFacts } from "./inventory.ts";
import type { Plan } from "./plan.ts";
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
  /** The sign-in of the session (its creation where that is unknown) when it was decided; null on locks and unlocks. */
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
  /** Line that names a user (policy/lines.ts) → the id of who had the name when an apply first met the line. */
  met: Record<string, string>;
  /** Session id → when it had signed in, when it was wiped. A later sign-in makes it unwiped. */
  wiped: Record<string, Instant | null>;
  /** Session id → when it had signed in, where a wipe was held back and turned into a sign-out: it follows when allowed. */
  owedWipes: Record<string, Instant | null>;
  /** The last run that held nothing back; null before the first. */
  last: { at: Instant; policy: Policy } | null;
  /** Names and ids of users who did not come and were asked for → when they were gone. Absent: none. */
  asked?: Record<string, Instant> | undefined;
  /** Users of the last accepted inventory. */
  inventoryUsers: number | null;
  /** All attempts of the last 24 hours, and older ones that did not succeed. Oldest first. */
  attempts: Attempt[];
  /** Recent runs, oldest first. */
  runs: RunSummary[];
}

/** What is known when the users of a target begin to stream by. */
export interface Known {
  policy: Policy;
  at: Instant;
  /** The moment at which the read begins, which marks what lies in its future; a plan alone takes `at` for it. */
  readAt?: Instant | undefined;
  /** What the ledger tells; empty where there is none. */
  memory: Memory;
}

/** Who was asked for since they did not come: those who are gone, and those of before who are back. */
export interface Asked {
  gone: string[];
  back: string[];
}

/** What a run is about to do; on record before its first write. */
export interface RunStart {
  id: string;
  at: Instant;
  plan: Plan;
  attempts: Attempt[];
  owedWipes: Record<string, Instant | null>;
  asked?: Asked | undefined;
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

/** Why a run ended before its first write. */
export const STOP_REASONS = ["unreadable", "stale", "not-agreed", "busy", "error"] as const;

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
