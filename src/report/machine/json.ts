/** Reports for programs: the same values that the other formats tell, as JSON of two spaces and a newline at the end. */

import type { Plan } from "../../model/plan.ts";
import type { Outcome } from "../../model/run.ts";
import { plansDigest } from "../../plan/digest.ts";
import { jsonReport } from "../../text/escape.ts";
import type { AuditHead } from "../text/apply.ts";
import type { DriftFacts } from "../text/drift.ts";
import { driftOf } from "../text/drift.ts";

/** A plan and what became of it; `outcomes` is absent where nothing was applied. */
export type AppliedPlan = Plan & { outcomes?: readonly Outcome[] };

/** The plan: what `--format json` prints and `--out` saves (docs/contract.md, "The plan, as JSON"). */
export function planJson(plan: Plan): string {
  return jsonReport(plan);
}

/** Plans of several targets: `{ "format": "curfew/plans/2", "plans": [ … ] }`; after an apply each with its outcomes. */
export function plansJson(plans: readonly AppliedPlan[]): string {
  return jsonReport({ format: "curfew/plans/2", digest: plansDigest(plans), plans });
}

/** The plan and, under `outcomes`, what became of its actions; under `audit`, the head of the audit log. */
export function applyJson(
  plan: Plan,
  outcomes: readonly Outcome[],
  audit?: AuditHead | null,
): string {
  return jsonReport({ ...plan, outcomes, ...auditOf(audit) });
}

/** `{ "audit": { "lines", "head": "sha256:…" } }`, or nothing. */
export function auditOf(audit: AuditHead | null | undefined): object {
  return audit ? { audit: { lines: audit.seq, head: `sha256:${audit.hash}` } } : {};
}

/** The drift report of one target: `DriftReport`. */
export function driftJson(plan: Plan, facts: DriftFacts): string {
  return jsonReport(driftOf(plan, facts));
}

/** The drift reports of several targets: `{ "format": "curfew/drifts/1", "drifts": [ … ] }`. */
export function driftsJson(reports: readonly { plan: Plan; facts: DriftFacts }[]): string {
  const drifts = reports.map(({ plan, facts }) => driftOf(plan, facts));
  return jsonReport({ format: "curfew/drifts/1", drifts });
}
