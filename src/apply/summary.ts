/** What the ledger keeps of a finished run, for history and trends. */
import { heldCount } from "../exit.ts";
import type { Plan } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { Outcome, RunEnd, RunSummary } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import type { Planned } from "../plan/plan.ts";
import { isLeft } from "./execute.ts";

/** How a run ended. What it left for want of time is as good as held: it keeps its cause. */
export function endOfRun(
  id: string,
  at: Instant,
  policy: Policy,
  { plan, whole }: Planned,
  outcomes: readonly Outcome[],
): RunEnd {
  return {
    id,
    at,
    policy: whole ? policy : null,
    summary: summariseRun(id, at, plan, outcomes),
    confirmed: outcomes.filter((outcome) => outcome.confirmed).length,
  };
}

/** Counts what a run did. */
export function summariseRun(
  id: string,
  at: Instant,
  plan: Plan,
  outcomes: readonly Outcome[],
): RunSummary {
  const count = (status: Outcome["status"]) => outcomes.filter((o) => o.status === status).length;
  return {
    id,
    at,
    policyDigest: plan.policy.digest,
    commit: plan.policy.commit,
    planDigest: plan.digest,
    inventory: plan.inventory,
    summary: plan.summary,
    held: heldCount(plan) + outcomes.filter(isLeft).length,
    refusals: plan.refusals.length,
    outcomes: { applied: count("applied"), failed: count("failed"), skipped: count("skipped") },
  };
}
