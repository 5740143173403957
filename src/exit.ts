/** docs/contract.md, "Exit codes". */
import type { Notice, NoticeKind, Plan } from "./model/plan.ts";
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

/** What `--strict` takes for an error, too: the policy speaks of what is not there, or no longer, or is told elsewhere. */
const STRICT: ReadonlySet<string> = new Set(["unknown-user", "over", "told-elsewhere"]);

/** The exit codes that `--strict` adds; it holds back no action. */
export function strictCodes(notices: readonly Notice[], strict: true | undefined): number[] {
  return strict && notices.some(({ kind }) => STRICT.has(kind)) ? [EXIT.error] : [];
}

function faults(plan: Plan): number[] {
  const codes: number[] = [];
  if (plan.notices.some((notice) => notice.added || NOT_JUDGED.has(notice.kind)))
    codes.push(EXIT.error);
  // Something failed before, and waits to be tried again.
  if (Object.values(plan.heldSummary).some(({ retry }) => retry)) codes.push(EXIT.error);
  if (plan.refusals.length > 0) codes.push(EXIT.refused);
  return codes;
}

/** How much waits, listed or not. */
export function heldCount({ heldSummary }: Pick<Plan, "heldSummary">): number {
  return Object.values(heldSummary)
    .flatMap((by) => Object.values(by))
    .reduce((sum, n) => sum + n, 0);
}

/** 2 where something is wanted, held or not. */
export function planExit(plan: Plan): number {
  const wanted = plan.actions.length + heldCount(plan) > 0;
  return worst([...faults(plan), ...(wanted ? [EXIT.wanted] : [])]);
}

/** 2 where something has the cause `drift`, or had it when it was first tried; 1 where there is no ledger, so that drift can't be told. */
export function driftExit(plan: Plan): number {
  const untold = plan.ledger.none === true ? [EXIT.error] : [];
  const drift =
    plan.heldCauses.drift !== undefined ||
    [...plan.actions, ...plan.held].some(
      ({ cause, retryOf }) => cause === "drift" || retryOf === "drift",
    );
  return worst([...faults(plan), ...untold, ...(drift ? [EXIT.wanted] : [])]);
}

/** Under `enforcement: report` an apply exits as a plan would. */
export function applyExit(policy: Policy, plan: Plan, outcomes: readonly Outcome[]): number {
  const { enforcement } = policy;
  const enforced = RULES.some(
    (rule) => (enforcement.rules[rule] ?? enforcement.default) === "enforce",
  );
  if (!enforced) return planExit(plan);
  const failed = outcomes.some((outcome) => outcome.status === "failed");
  return worst([...faults(plan), ...(failed ? [EXIT.error] : [])]);
}
