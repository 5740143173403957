/** docs/contract.md, "Exit codes". */
import type { HeldBy, NoticeKind, Plan } from "./model/plan.ts";
import type { Policy } from "./model/policy.ts";
import type { Outcome } from "./model/run.ts";
import { RULES } from "./model/vocabulary.ts";

export const EXIT = {
  done: 0,
  error: 1,
  wanted: 2,
  refused: 3,
  stale: 4,
  unreadable: 5,
  busy: 6,
  interrupted: 130,
} as const;

/** Where two apply, the first of these is given. */
const ORDER = [
  EXIT.interrupted,
  EXIT.unreadable,
  EXIT.stale,
  EXIT.error,
  EXIT.busy,
  EXIT.refused,
  EXIT.wanted,
];

/** The one exit code for all that happened. */
export function worst(codes: readonly number[]): number {
  return ORDER.find((code) => codes.includes(code)) ?? EXIT.done;
}

/** Notices about users that could not be judged: a run that has one ends with 1. All others change no exit code. */
export const NOT_JUDGED: ReadonlySet<NoticeKind> = new Set<NoticeKind>(["unclear", "clock"]);

/** What makes an exit code apply. */
export type ExitCause =
  | "interrupted"
  | "failed"
  | "added"
  | "unclear"
  | "clock"
  | "strict-unknown"
  | "strict-over"
  | "strict-elsewhere"
  | "waiting"
  | "no-ledger"
  | "refused"
  | "wanted"
  | "drift"
  | "elsewhere";

/** One exit code that applies, what makes it apply, and how many of that there are. */
export interface ExitReason {
  code: number;
  cause: ExitCause;
  n: number;
}

/** The codes that apply, the one that is given first. */
export function codesOf(reasons: readonly { code: number }[]): number[] {
  return ORDER.filter((code) => reasons.some((reason) => reason.code === code));
}

/** Leaves out what there is none of. */
function reasons(...all: [code: number, cause: ExitCause, n: number][]): ExitReason[] {
  return all.flatMap(([code, cause, n]) => (n > 0 ? [{ code, cause, n }] : []));
}

function faults(plan: Plan): ExitReason[] {
  const notices = (kind: NoticeKind) => plan.notices.filter((one) => one.kind === kind).length;
  return reasons(
    [EXIT.error, "added", plan.notices.filter(({ added }) => added).length],
    [EXIT.error, "unclear", notices("unclear")],
    [EXIT.error, "clock", notices("clock")],
    // Something failed before, and waits to be tried again.
    [EXIT.error, "waiting", heldCount(plan, "retry")],
    [EXIT.refused, "refused", plan.refusals.length],
  );
}

/** How much waits, listed or not; by one holder, or by any. */
export function heldCount({ heldSummary }: Pick<Plan, "heldSummary">, of?: HeldBy): number {
  return Object.values(heldSummary)
    .flatMap((by) => (of === undefined ? Object.values(by) : (by[of] ?? 0)))
    .reduce((sum, n) => sum + n, 0);
}

/**
 * What `--strict` makes an error, too: the policy speaks of what is not there, or no longer, or is told elsewhere. It
 * holds back no action.
 */
export function strictReasons(
  notices: readonly { kind: string }[],
  strict: true | undefined,
): ExitReason[] {
  const told = (of: string) => (strict ? notices.filter(({ kind }) => kind === of).length : 0);
  return reasons(
    [EXIT.error, "strict-unknown", told("unknown-user")],
    [EXIT.error, "strict-over", told("over")],
    [EXIT.error, "strict-elsewhere", told("told-elsewhere")],
  );
}

/** 2 where something is wanted, held or not. */
export function planReasons(plan: Plan): ExitReason[] {
  const wanted = plan.actions.length + heldCount(plan);
  return [...faults(plan), ...reasons([EXIT.wanted, "wanted", wanted])];
}

/** 2 where something has the cause `drift`, or had it when it was first tried, and where a setting of the backend differs; 1 where there is no ledger, so that drift can't be told. */
export function driftReasons(plan: Plan): ExitReason[] {
  const retried = [...plan.actions, ...plan.held, ...(plan.heldRest ?? [])].filter(
    ({ cause, retryOf }) => cause !== "drift" && retryOf === "drift",
  );
  const again = retried.reduce((sum, one) => sum + ("n" in one ? one.n : 1), 0);
  const drifted = plan.actions.filter(({ cause }) => cause === "drift").length;
  const elsewhere = plan.notices.filter(({ kind }) => kind === "told-elsewhere").length;
  const drift = again + drifted + (plan.heldCauses.drift ?? 0);
  return [
    ...faults(plan),
    ...reasons(
      [EXIT.error, "no-ledger", plan.ledger.none === true ? 1 : 0],
      [EXIT.wanted, "drift", drift],
      [EXIT.wanted, "elsewhere", elsewhere],
    ),
  ];
}

/** Under `enforcement: report` an apply exits as a plan would. */
export function applyReasons(
  policy: Policy,
  plan: Plan,
  outcomes: readonly Outcome[],
): ExitReason[] {
  const { enforcement } = policy;
  const enforced = RULES.some(
    (rule) => (enforcement.rules[rule] ?? enforcement.default) === "enforce",
  );
  if (!enforced) return planReasons(plan);
  const failed = outcomes.filter((outcome) => outcome.status === "failed").length;
  return [...reasons([EXIT.error, "failed", failed]), ...faults(plan)];
}

export function planExit(plan: Plan): number {
  return exitOf(planReasons(plan));
}

export function driftExit(plan: Plan): number {
  return exitOf(driftReasons(plan));
}

export function applyExit(policy: Policy, plan: Plan, outcomes: readonly Outcome[]): number {
  return exitOf(applyReasons(policy, plan, outcomes));
}

/** The one exit code for these reasons. */
export function exitOf(all: readonly ExitReason[]): number {
  return worst(codesOf(all));
}
