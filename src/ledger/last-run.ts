/** What is remembered of a run that has ended. */
import type { Policy } from "../model/policy.ts";
import type { LastRun, Memory, RunSummary } from "../model/run.ts";
import { ACTION_TYPES } from "../model/vocabulary.ts";
import type { AuditEntry } from "./log/line.ts";

type RunEnded = Extract<AuditEntry, { kind: "run-ended" }>;

/** So many policies are kept while runs hold something. Of more the second oldest goes, and the next stands for it. */
const KEEP_POLICIES = 20;

/**
 * The last run, when one on the whole target has ended: docs/contract.md, "The cause". What was held keeps the policies
 * in force since it was wanted. `said`: the run's policy, where it is another than before; null where that can't be read.
 */
export function lastAfter(
  before: LastRun | null,
  { began, held }: RunEnded,
  said: Policy | null | undefined,
): LastRun {
  const at = Date.parse(began);
  const known = said === null ? [] : (before?.policies ?? []);
  // The same policy told again is in force since it was told first.
  const isNew = said && said.digest !== known.at(-1)?.policy.digest;
  const policies = isNew ? [...known, { policy: said, from: at }] : known;
  if (held === 0) {
    return { at, settledAt: at, policies: policies.slice(-1).map((p) => ({ ...p, from: at })) };
  }
  return {
    at,
    settledAt: before?.settledAt ?? null,
    policies: policies.filter((_, i) => i !== 1 || policies.length <= KEEP_POLICIES),
  };
}

export function summaryOf(line: RunEnded): RunSummary {
  const { run: id, began, plan, policy, commit, inventory, summary } = line;
  const { held, refusals, outcomes } = line;
  return {
    ...{ id, at: Date.parse(began), policyDigest: policy, commit, planDigest: plan },
    ...{ inventory, summary, held, refusals, outcomes },
  };
}

/** How many whole runs took something of a type, with one more. */
export function tookAfter(took: Memory["took"], { summary }: RunSummary): Memory["took"] {
  const types = ACTION_TYPES.filter((type) => summary[type] > 0);
  return { ...took, ...Object.fromEntries(types.map((type) => [type, (took?.[type] ?? 0) + 1])) };
}
