/** What the ledger keeps of a finished run, for history and trends. */
import type { Instant, Outcome, Plan, RunSummary } from "../model.ts";

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
    held: plan.held.length,
    refusals: plan.refusals.length,
    outcomes: { applied: count("applied"), failed: count("failed"), skipped: count("skipped") },
  };
}
