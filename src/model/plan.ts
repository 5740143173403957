/** What a plan says: actions, what waits, what was refused, what was only seen. */
import type { InventoryFacts, SessionState } from "./inventory.ts";
import type { ActionType, Rule } from "./vocabulary.ts";

export const CAUSES = ["retry", "policy", "due", "sign-in", "drift"] as const;

/** Why an action is wanted now: docs/contract.md, "The cause". */
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
  signedInAt?: string | null;
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
  /** From when the policy as it stands wants it, ISO 8601, where that can be told. */
  since?: string;
  /** Of drift: the moment of the last run, ISO 8601. It was changed after that. */
  after?: string;
  /** Of a retry: why it was wanted when it was first tried, where that is known. */
  retryOf?: Cause;
  /** An urgent lock: it counts against limits.urgent only. */
  urgent?: true;
  /** Outside pace, windows and freeze, and not counted for its type: signs out a locked user or a denied device. */
  exempt?: true;
  /**
   * Of a lock: the ids of the sessions that it ends. Of an unlock, where it would revive what the lock left alive: the
   * ids of the sessions that are ended before it.
   */
  ends?: string[];
}

export const HELD_BY = [
  "limit",
  "pace",
  "window",
  "freeze",
  "report",
  "rollout",
  "retry",
  "clock",
  "unsynced",
] as const;

export type HeldBy = (typeof HELD_BY)[number];

/** An action that is wanted and not taken now. */
export interface Held extends Action {
  by: HeldBy;
  /** Where `by` is `retry`: how often it failed in a row, and when it is due again, ISO 8601. */
  failed?: number;
  next?: string;
}

/** Actions that wait and are not listed: so many that a report tells alike. */
export interface HeldGroup extends Pick<Held, "type" | "by" | "cause" | "retryOf" | "wipe"> {
  /** The lines of policy that want each. */
  lines: Pick<Reason, "rule" | "file" | "line">[];
  n: number;
  /** How many active sessions they end that nothing that is listed ends. */
  sessions: number;
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
  "unclear",
  "expiring-exception",
  "wipe-pending",
  "flapping",
  "over",
  "clock",
  "told-elsewhere",
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

/** What an earlier run left: how it ended, and how many of its actions without an outcome this inventory shows done. */
export interface Left {
  run: string;
  /** ISO 8601. */
  began: string;
  /** `open`: it died, or is still at work. */
  end: "ended" | "died" | "open";
  done: number;
  undone: number;
  /** Of these the inventory tells nothing. */
  unknown: number;
}

/** A plan, exactly as `--format json` prints it and `--out` saves it: docs/contract.md, "The plan, as JSON". */
export interface Plan {
  format: "curfew/plan/2";
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
  /** The first 10,000 of what waits, in the order of a plan. */
  held: Held[];
  /** The rest of it, in groups; absent where the list is whole. */
  heldRest?: HeldGroup[];
  /** All that waits, by type and by what holds it. */
  heldSummary: Partial<Record<ActionType, Partial<Record<HeldBy, number>>>>;
  /** All that waits, by its cause. */
  heldCauses: Partial<Record<Cause, number>>;
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
    /** Line that names a user → the id of who has the name, where the ledger does not know the line yet; absent: none. */
    met?: Record<string, string>;
    /** Whose lock of ours this inventory shows gone, for the first time, while it is wanted; absent: nobody's. */
    lifted?: string[];
    /** Lines that the ledger knows and the policy has no more; absent: none. */
    gone?: string[];
    /** What earlier runs left that this inventory tells of, and those that did not end; absent: nothing. */
    left?: Left[];
    /** True where no run on this address has ended yet, so that there is no ledger to compare with; absent otherwise. */
    none?: true;
  };
}
