/** What waits: the first of it is listed, all of it is counted. docs/contract.md, "The plan, as JSON". */
import type { Held, HeldBy, Plan } from "../model/plan.ts";
import type { ActionType } from "../model/vocabulary.ts";
import { iso } from "../time.ts";
import type { LimitContext } from "./brakes/allowance.ts";
import type { Limited, Waiting } from "./brakes/limits.ts";
import { inWindow } from "./brakes/windows.ts";
import { type Counted, causesOf } from "./keep.ts";
import { addTo, endedBy, type Groups, groupsOf } from "./rest.ts";
import { inOrder, step } from "./steps.ts";

/** What a plan lists of what waits, at most. */
const LISTED = 10_000;

/** Of a plan, what waits. `all`: also what is not listed, but for what was counted only. */
export interface HeldParts extends Pick<Plan, "held" | "heldRest" | "heldSummary" | "heldCauses"> {
  all: readonly Waiting[];
}

/** `counted`: null where none of it is looked at, as the plan is for one user or of a saved one. `most` are listed. */
export function heldOf(
  limited: Limited,
  counted: Counted | null,
  context: LimitContext,
  most = LISTED,
): HeldParts {
  const all = limited.held;
  const [first, rest] = [all.slice(0, most), all.slice(most)];
  const told = [...limited.taken, ...first.map(({ want }) => want)];
  const ended = new Set(rest.length > 0 ? told.flatMap(endedBy) : []);
  const groups: Groups<HeldBy> = new Map();
  for (const { want, by } of rest) {
    const fresh = endedBy(want).filter((session) => !ended.has(session));
    for (const session of fresh) ended.add(session);
    addTo(groups, want, by, fresh.length);
  }
  for (const { of, by, n, sessions } of counted?.groups.values() ?? [])
    addTo(groups, of, by ?? holderOfMany(limited, context), sessions, n);
  const heldRest = groupsOf(groups);
  const counts = [...first.map(({ want, by }) => ({ ...want, by, n: 1 })), ...heldRest];
  const summary = new Map<ActionType, Map<HeldBy, number>>();
  for (const { type, by, n } of counts) {
    const of = summary.get(type) ?? new Map<HeldBy, number>();
    summary.set(type, of.set(by, (of.get(by) ?? 0) + n));
  }
  return {
    held: listed(first),
    ...(heldRest.length > 0 ? { heldRest } : {}),
    heldSummary: Object.fromEntries(
      [...summary].map(([type, by]) => [type, Object.fromEntries(by)]),
    ),
    heldCauses: causesOf(counts),
    all,
  };
}

/** In the order of a plan. */
function listed(waiting: readonly Waiting[]): Held[] {
  return waiting
    .map(({ want, by, failed }) => ({ ...step(want), by, failed }))
    .sort(inOrder)
    .map(({ action, by, failed }) => ({
      ...{ ...action, by },
      ...(failed ? { failed: failed.failure.times, next: iso(failed.next) } : {}),
    }));
}

/** What holds a sign-out that was counted only. */
function holderOfMany({ refusals }: Limited, { policy, at }: LimitContext): HeldBy {
  const type = "re-authenticate";
  const { freeze } = policy;
  if (freeze !== null && at < freeze.until && !freeze.allow.includes(type)) return "freeze";
  const window = policy.windows[type];
  if (window !== undefined && !inWindow(window, at)) return "window";
  return refusals.some((refusal) => refusal.type === type) ? "limit" : "pace";
}
