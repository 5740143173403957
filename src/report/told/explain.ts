/** Why one user is treated as it is, in words: what every format of the explanation tells. */
import type { ReadLine } from "../../ledger/log/audit.ts";
import { labelOf, type Session } from "../../model/inventory.ts";
import type { Instant } from "../../model/vocabulary.ts";
import type { Explanation, RuleExplained, Verdict } from "../../plan/explain/explain.ts";
import { clip, printable } from "../../text/safe.ts";
import { date, moment, sourceOf } from "../../text/words.ts";
import { iso, span } from "../../time.ts";
import type { Fact, Headed } from "./head.ts";
import { typesTally } from "./words.ts";

/** What `curfew explain --format json` prints of one target. Keys may be added, not changed. */
export interface ExplainReport extends Explanation, Headed {
  format: "curfew/explanation/1";
  /** What the audit log tells of the user, as it is stored; null where no ledger was read. */
  history: ReadLine[] | null;
}

export const NO_HISTORY =
  "A saved inventory holds no history: curfew history --user tells what was done and why.";

/** In words, what an apply would do now. */
export function verdictWords({ actions, held }: Verdict): string {
  const now = actions.length === 0 ? "" : `An apply now would do this: ${typesTally(actions)}.`;
  const later = held.length === 0 ? "" : `Wanted and held: ${typesTally(held)}.`;
  return [now, later].filter(Boolean).join(" ") || "An apply now would do nothing to this user.";
}

/** What the report says of the user itself, with labels. */
export function userFacts(report: ExplainReport): Fact[] {
  const { user, lockedByUs, groups, rollout } = report;
  const ours =
    lockedByUs === null ? "not managed by Curfew" : `by Curfew, since ${moment(lockedByUs)}`;
  const facts: Fact[] = [
    ["id", user.id],
    ["name", user.name === user.id ? "" : (user.name ?? "none in the user model")],
    ["locked", user.locked ? `yes, ${ours}` : "no"],
    [
      "protected",
      report.protected === null
        ? ""
        : `${sourceOf(report.protected)}: never locked, signed out or wiped`,
    ],
    ["groups", groups.map((g) => `${g.name} (by ${g.by}, ${sourceOf(g)})`).join(", ")],
    [
      "rollout",
      rollout.percent >= 100
        ? ""
        : `${rollout.reached ? "reached" : "not reached"}: stands at ${rollout.place}, and the rollout goes to ${rollout.percent}`,
    ],
    [
      "fields",
      Object.entries(user.fields)
        .map(([field, value]) => `${field}: ${value}`)
        .join(", "),
    ],
  ];
  return facts.filter(([, value]) => value !== "");
}

/** The room of a device's label. */
const LABEL = 40;

/** "signed in 41 days ago (2026-10-12), connected 3 hours ago (2026-11-22), never synced". */
export function timesOf(session: Session, at: Instant): string {
  const ago = (what: string, then: Instant | null) =>
    then === null
      ? `${what} at an unknown time`
      : `${what} ${span(at - then)} ago (${date(iso(then))})`;
  const { signedInAt, createdAt, lastConnectedAt, lastFullSyncAt } = session;
  return [
    signedInAt === null && createdAt !== null
      ? ago("created", createdAt)
      : ago("signed in", signedInAt),
    ago("connected", lastConnectedAt),
    ago("synced", lastFullSyncAt),
  ].join(", ");
}

/** A session goes by its label, where that tells it apart from the user's others; else by its id. */
export function sessionNames(sessions: readonly Session[]): (id: string) => string {
  const labels = Map.groupBy(sessions, labelOf);
  const names = new Map(
    sessions.map((session) => {
      const { id } = session;
      const label = labelOf(session);
      const apart = label !== null && label !== "" && labels.get(label)?.length === 1;
      return [id, apart ? clip(label, LABEL) : printable(id)];
    }),
  );
  return (id) => names.get(id) ?? printable(id);
}

const OUTCOME: Record<RuleExplained["outcome"], string> = {
  broken: "broken",
  kept: "kept",
  waived: "waived by an exception",
  none: "the policy says nothing of it for this user",
};

/** "broken, only reported". */
export function outcomeWords({ outcome, hold }: RuleExplained): string {
  const held = { report: "only reported", rollout: "the rollout has not reached this user" };
  return hold === null || outcome === "none"
    ? OUTCOME[outcome]
    : `${OUTCOME[outcome]}, ${held[hold]}`;
}
