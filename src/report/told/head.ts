/** What stands at the head or the foot of every report: whose plan it is, where, by which policy, on which inventory. */
import type { Left, Plan } from "../../model/plan.ts";
import type { TargetInfo } from "../../model/run.ts";
import { clip, printable } from "../../text/safe.ts";
import { count, moment, number } from "../../text/words.ts";

/** A label and what it says. */
export type Fact = [label: string, value: string];

/** What a report is about; a plan, or what was worked out beside one. */
export type Headed = Pick<Plan, "target" | "url" | "evaluatedAt" | "policy" | "inventory">;

/** What can't be told where no run has ended: the first line of a report. null where there is a ledger. */
export function withoutLedger({ ledger }: Pick<Plan, "ledger">): string | null {
  if (ledger.none !== true) return null;
  return "Without a ledger: no run on this target has ended there. Unlocks, drift and what the last 24 hours took of the limits can't be told.";
}

const ENDS: Record<Left["end"], string> = {
  ended: "ended.",
  died: "died.",
  open: "has not ended: it died, or is still at work.",
};

/** What earlier runs left, a sentence or two for each, before all else of a report. */
export function leftLines({ ledger: { left = [] } }: Pick<Plan, "ledger">): string[] {
  return left.map(({ run, began, end, done, undone, unknown }) => {
    const all = done + undone + unknown;
    const counts = [
      [done, "done"],
      [undone, "not done"],
      [unknown, "still unknown"],
    ] as const;
    const told = counts.filter(([n]) => n > 0).map(([n, what]) => `${number(n)} ${what}`);
    const became =
      all === 0 ? "" : ` ${number(all)} of its actions had no outcome: ${told.join(", ")}.`;
    return `Run ${printable(run)}, begun on ${moment(began)}, ${ENDS[end]}${became}`;
  });
}

/** Whose report it is, where, when, by which policy and on which inventory. `more` goes below the moment. */
export function factsOf(
  of: Headed,
  info: TargetInfo | null | undefined,
  more: readonly Fact[] = [],
): Fact[] {
  const { commit, digest } = versionOf(of);
  return [
    [
      "deployment",
      deployment(info)
        .map((part) => clip(part, LABEL))
        .join(" · "),
    ],
    ["address", printable(of.url)],
    ["evaluated", moment(of.evaluatedAt)],
    ...more,
    ["policy", of.policy.files.map(printable).join(", ")],
    ["version", `${commit === null ? "no commit" : `commit ${printable(commit)}`}, ${digest}`],
    ["inventory", inventoryWords(of)],
  ];
}

/** The room of one thing that the target says of itself. */
const LABEL = 40;

/** What the target says of itself: its label, its environment and its region, as far as it says them. */
export function deployment(info: TargetInfo | null | undefined): string[] {
  return [info?.label, info?.environment, info?.region].flatMap((part) => part || []);
}

/** The version of the policy, to compare by eye: twelve digits of the commit and of the digest. */
export function versionOf({ policy }: Pick<Plan, "policy">): {
  commit: string | null;
  digest: string;
} {
  return {
    commit: policy.commit?.slice(0, 12) ?? null,
    digest: printable(policy.digest.replace(/^(sha256:[0-9a-f]{12})[0-9a-f]+$/, "$1")),
  };
}

/** "1,247 users, 2,080 sessions, 1,861 active". */
export function inventoryWords({ inventory }: Pick<Plan, "inventory">): string {
  const { users, sessions, active } = inventory;
  return `${count(users, "user")}, ${count(sessions, "session")}, ${number(active)} active`;
}
