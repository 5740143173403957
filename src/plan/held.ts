/** What waits: the first of it is listed, all of it is counted. docs/contract.md, "The plan, as JSON". */
import type { Cause, Held, HeldBy, Plan } from "../model/plan.ts";
import type { ActionType } from "../model/vocabulary.ts";
import { iso } from "../time.ts";
import type { LimitContext } from "./brakes/allowance.ts";
import type { Limited, Waiting } from "./brakes/limits.ts";
import { inWindow } from "./brakes/windows.ts";
import { addCauses, type Counted } from "./keep.ts";
import { inOrder, step } from "./steps.ts";

/** What a plan lists of what waits, at most. */
const LISTED = 10_000;

/** Of a plan, what waits. `all`: also what is not listed, but for what was counted only. */
export interface HeldParts {
  held: Held[];
  heldSummary: Plan["heldSummary"];
  heldCauses: Plan["heldCauses"];
  all: readonly Waiting[];
}

/** `counted`: null where none of it is looked at, as the plan is for one user or of a saved one. */
export function heldOf(
  limited: Limited,
  counted: Counted | null,
  context: LimitContext,
): HeldParts {
  const all = limited.held;
  const summary = new Map<ActionType, Map<HeldBy, number>>();
  const count = (type: ActionType, by: HeldBy, n: number) => {
    const of = summary.get(type) ?? new Map<HeldBy, number>();
    summary.set(type, of.set(by, (of.get(by) ?? 0) + n));
  };
  for (const { want, by } of all) count(want.type, by, 1);
  for (const [hold, n] of counted?.holds ?? [])
    count("re-authenticate", hold ?? holderOfMany(limited, context), n);
  const causes: Partial<Record<Cause, number>> = counted?.causes ?? {};
  return {
    held: listed(all.slice(0, LISTED)),
    heldSummary: Object.fromEntries(
      [...summary].map(([type, by]) => [type, Object.fromEntries(by)]),
    ),
    heldCauses: addCauses(
      causes,
      all.map(({ want }) => want),
    ),
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
