/** How the backend differs from the policy, by cause: what every format of the drift report tells. */
import {
  type Action,
  CAUSES,
  type Cause,
  type HeldGroup,
  type Notice,
  type Plan,
  type Refusal,
} from "../../model/plan.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { between, count, moment, tally } from "../../text/words.ts";
import { iso } from "../../time.ts";
import { type Row, restRow, rowOf, total, type Wanted } from "./rows.ts";

/** What a plan alone does not know. */
export interface DriftFacts {
  /** The moment of the last run on the whole target, ISO 8601; null before the first. */
  lastRunAt: string | null;
  /** When Curfew locked whom: Memory.ownLocks. */
  ownLocks?: Readonly<Record<string, Instant>>;
}

/** The causes that are no drift, in the order of the report. */
export const PENDING = ["sign-in", "due", "policy", "retry"] as const satisfies readonly Cause[];
type PendingCause = (typeof PENDING)[number];

/** An action that puts back what somebody changed; `lockedAt`: when Curfew had locked the user, ISO 8601. */
type Drifted = Wanted & { lockedAt?: string };

/**
 * What `curfew drift --format json` prints. Actions are a plan's, those of `actions` and `held` together;
 * one that is held carries `by`. Instants are ISO 8601; keys may be added, not changed.
 */
export interface DriftReport {
  format: "curfew/drift/1";
  target: string;
  evaluatedAt: string;
  /** The last run on the whole target; null before the first. */
  lastRunAt: string | null;
  /** Digest of the plan that this report was made from. */
  plan: string;
  /** Cause `drift`, also where that was the cause of what is tried again: somebody changed the backend. */
  drift: Drifted[];
  /** What differs for another cause; every cause is there, empty where nothing has it. */
  pending: Record<PendingCause, Wanted[]>;
  /** Locks that nobody manages: notices of the kinds `foreign-lock` and `orphaned-lock`. */
  unmanaged: Notice[];
  /** Settings of the backend that differ from the policy: notices of the kind `told-elsewhere`; absent: none. */
  elsewhere?: Notice[];
  refusals: Refusal[];
  /** What is held and not listed here, in groups; absent where all is listed. */
  rest?: HeldGroup[];
  /** False where no run has ended yet: then no drift can be told. */
  ledger: boolean;
  /** How many of each, listed or not. */
  summary: Record<Cause | "unmanaged", number>;
}

/** Sorts a plan, held actions included, into a drift report. */
export function driftOf(plan: Plan, facts: DriftFacts): DriftReport {
  const wanted: Wanted[] = [...plan.actions, ...plan.held];
  const of = (cause: Cause) => wanted.filter((action) => sectionOf(action) === cause);
  const unmanaged = plan.notices.filter(
    ({ kind }) => kind === "foreign-lock" || kind === "orphaned-lock",
  );
  const elsewhere = plan.notices.filter(({ kind }) => kind === "told-elsewhere");
  const counts = CAUSES.map((cause) => {
    return [cause, of(cause).length + total(restOf(plan.heldRest, cause))] as const;
  });
  return {
    format: "curfew/drift/1",
    target: plan.target,
    evaluatedAt: plan.evaluatedAt,
    lastRunAt: facts.lastRunAt,
    plan: plan.digest,
    drift: of("drift").map((action) => withLock(action, facts)),
    pending: { "sign-in": of("sign-in"), due: of("due"), policy: of("policy"), retry: of("retry") },
    unmanaged,
    ...(elsewhere.length > 0 ? { elsewhere } : {}),
    refusals: plan.refusals,
    ...(plan.heldRest ? { rest: plan.heldRest } : {}),
    ledger: plan.ledger.none !== true,
    summary: {
      ...(Object.fromEntries(counts) as Record<Cause, number>),
      unmanaged: unmanaged.length,
    },
  };
}

function sectionOf({ cause, retryOf }: Pick<Wanted, "cause" | "retryOf">): Cause {
  return retryOf === "drift" ? "drift" : cause;
}

function withLock(action: Wanted, { ownLocks = {} }: DriftFacts): Drifted {
  const lockedAt = Object.hasOwn(ownLocks, action.user) ? ownLocks[action.user] : undefined;
  if (action.type !== "lock" || lockedAt === undefined) return action;
  return { ...action, lockedAt: iso(lockedAt) };
}

/** What somebody changed, as rows that tell what it was; then those that are only counted. */
export function driftedRows({ drift, evaluatedAt, rest }: DriftReport): Row[] {
  const told = drift.map((action) => {
    return { ...rowOf(action), note: driftSentence(action, evaluatedAt) };
  });
  return [...told, ...restOf(rest, "drift")];
}

/** What differs for another cause, as rows; then those that are only counted. */
export function pendingRows({ pending, rest }: DriftReport, cause: PendingCause): Row[] {
  return [...pending[cause].map(rowOf), ...restOf(rest, cause)];
}

function restOf(rest: readonly HeldGroup[] = [], cause: Cause): Row[] {
  return rest.filter((group) => sectionOf(group) === cause).map(restRow);
}

/** What somebody changed and since when the policy wants it otherwise: sentences for people, plain text. */
function driftSentence(action: Drifted, evaluatedAt: string): string {
  const since = action.since
    ? `, since ${moment(action.since)} (${between(action.since, evaluatedAt)})`
    : "";
  const after = action.after ? `, after ${moment(action.after)}` : "";
  const changed = action.after ? `; changed after ${moment(action.after)}` : "";
  const sentences: Record<Action["type"], string> = {
    lock: action.lockedAt
      ? `Somebody unlocked this user${after}; Curfew locked it on ${moment(action.lockedAt)} (${between(action.lockedAt, evaluatedAt)} ago).`
      : `Somebody unlocked this user${after}; the policy locks it${since}.`,
    wipe: `This device has not been wiped although the policy wipes it${since}${changed}.`,
    "re-authenticate": `This session is open although the policy ends it${since}${changed}.`,
    unlock: `This user is locked although the policy no longer locks it${since}${changed}.`,
  };
  return sentences[action.type];
}

/** What a cause means, as the title of its section. */
export const PENDING_TITLES: Record<PendingCause, string> = {
  "sign-in": "Signed in since the last run",
  due: "Fallen due since the last run",
  policy: "Wanted by a change of the policy",
  retry: "Tried before without success",
};

/** "Drift: 1 change was made behind the policy's back; 2 settings are told elsewhere." or "No drift." */
export function verdict(report: DriftReport): string {
  const n = report.summary.drift;
  const others = report.elsewhere?.length ?? 0;
  const told = [
    ...(n > 0 ? [`${count(n, "change was", "changes were")} made behind the policy's back`] : []),
    ...(others > 0 ? [`${count(others, "setting is", "settings are")} told elsewhere`] : []),
  ];
  if (told.length > 0) return `Drift: ${told.join("; ")}.`;
  return report.ledger ? "No drift." : "Whether there is drift can't be told.";
}

/** "Pending for other causes: 2 sign-in, 61 due." or null where nothing is. */
export function pendingLine(report: DriftReport): string | null {
  const counts = PENDING.map((cause) => [cause, report.summary[cause]] as const);
  const some = counts.filter(([, n]) => n > 0);
  return some.length > 0 ? `Pending for other causes: ${tally(some)}.` : null;
}

/** When the last run was, in words. */
export function lastRun(report: DriftReport): string {
  if (report.lastRunAt === null)
    return "none on the whole target, so only a lock of ours that is gone counts as drift yet";
  return `${moment(report.lastRunAt)}, ${between(report.lastRunAt, report.evaluatedAt)} ago`;
}
