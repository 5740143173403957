/** Reports for programs: the same values that the other formats tell, as JSON of two spaces and a newline at the end. */

import { codesOf } from "../../exit.ts";
import type { ReadLine } from "../../ledger/log/audit.ts";
import type { AuditFault, AuditReport } from "../../ledger/verify.ts";
import type { Plan } from "../../model/plan.ts";
import type { Outcome } from "../../model/run.ts";
import { plansDigest } from "../../plan/digest.ts";
import type { Coverage } from "../../policy-tests/coverage.ts";
import type { SuiteResult } from "../../policy-tests/run.ts";
import { jsonReport } from "../../text/escape.ts";
import type { Applied, Reported } from "../renderer.ts";
import type { DriftReport } from "../told/drift.ts";
import type { Occasion } from "../told/ending.ts";
import type { ExplainReport } from "../told/explain.ts";
import type { ForecastReport } from "../told/forecast.ts";
import type { LedgerReport } from "../told/ledger.ts";
import type { Missing } from "../told/missing.ts";
import type { NotedHead } from "../told/outcomes.ts";
import { failures, testCount } from "../told/policy-tests.ts";

/** A plan and, after an apply, what became of it and the head of the audit log. */
type AppliedPlan = Plan & {
  /** The exit codes that apply, the one that is given first. */
  codes?: number[];
  outcomes?: readonly Outcome[];
  audit?: { lines: number; head: string };
};

/** The codes that apply, where it is known why. */
export function withCodes<T extends object>(
  of: T,
  { reasons }: Occasion,
): T & { codes?: number[] } {
  return reasons === undefined ? of : { ...of, codes: codesOf(reasons) };
}

export function reportedPlan({ plan, ...asked }: Reported): Plan & { codes?: number[] } {
  return withCodes(plan, asked);
}

export function appliedPlan({ plan, outcomes, audit, ...asked }: Applied): AppliedPlan {
  const head = audit ? { audit: { lines: audit.seq, head: `sha256:${audit.hash}` } } : {};
  return { ...withCodes(plan, asked), outcomes, ...head };
}

/** The plan: what `--format json` prints and `--out` saves (docs/contract.md, "The plan, as JSON"). */
export function planJson(plan: AppliedPlan): string {
  return jsonReport(plan);
}

/** One plan, or `{ "format": "curfew/plans/2", "plans": [ … ] }` of several targets, or where the only one is missing. */
export function plansJson(
  plans: readonly AppliedPlan[],
  several = true,
  missing: readonly Missing[] = [],
): string {
  const [one] = plans;
  if (!several && one) return planJson(one);
  const digest = plansDigest(plans);
  return jsonReport({ format: "curfew/plans/2", ...whole(plans, missing), digest, plans });
}

/** What stands before a list of reports: the targets that are missing, and the codes that apply to all together. */
function whole(of: readonly { codes?: number[] }[], missing: readonly Missing[]) {
  const codes = [...of.flatMap((one) => one.codes ?? []), ...missing.map(({ code }) => code)];
  const known = missing.length > 0 || of.some((one) => one.codes !== undefined);
  return {
    ...(missing.length > 0 ? { missing } : {}),
    ...(known ? { codes: codesOf(codes.map((code) => ({ code }))) } : {}),
  };
}

/** What `curfew history --format json` prints of one target. */
export interface HistoryReport {
  format: "curfew/history/1";
  target: string;
  /** How many runs come before these lines; absent where none does. */
  earlier?: number;
  /** As they are stored; one that is not as it was written has `intact: false` besides. */
  lines: ReadLine[];
  /** What is wrong with the log or the state, as `--verify` finds it. */
  faults: AuditFault[];
}

/** What `curfew history --verify --format json` prints of one target. */
export interface VerificationReport extends AuditReport {
  format: "curfew/verification/1";
  target: string;
  /** With `--head`. */
  noted?: NotedHead;
}

/** What `curfew test --format json` prints. Keys may be added, not changed. */
interface TestsReport {
  format: "curfew/tests/1";
  passed: boolean;
  tests: number;
  failed: number;
  suites: readonly SuiteResult[];
  /** Only where it was asked for; one a policy. */
  coverage?: readonly Coverage[];
}

export function testsJson(
  suites: readonly SuiteResult[],
  coverage: readonly Coverage[] | null,
): string {
  const failed = failures(suites);
  const report: TestsReport = {
    ...{ format: "curfew/tests/1", passed: failed === 0, tests: testCount(suites), failed, suites },
    ...(coverage === null ? {} : { coverage }),
  };
  return jsonReport(report);
}

/** One report, or `{ "format": "curfew/drifts/1", "drifts": [ … ] }` of several targets. */
function reports<T extends object>(of: string) {
  return (
    all: readonly (T & { codes?: number[] })[],
    several: boolean,
    missing: readonly Missing[] = [],
  ): string =>
    jsonReport(
      several || all.length === 0
        ? { format: `curfew/${of}/1`, ...whole(all, missing), [of]: all }
        : all[0],
    );
}

export const driftsJson = reports<DriftReport>("drifts");
export const explanationsJson = reports<ExplainReport>("explanations");
export const forecastsJson = reports<ForecastReport>("forecasts");
export const ledgersJson = reports<LedgerReport>("ledgers");
export const historiesJson = reports<HistoryReport>("histories");
export const verificationsJson = reports<VerificationReport>("verifications");
