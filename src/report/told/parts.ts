/** A plan with `--base`, in the three parts that a reviewer tells apart: docs/contract.md, "The cause". */
import type { Action, Notice, Plan } from "../../model/plan.ts";
import { PENDING_TITLES } from "./drift.ts";
import { type Row, restRow, rowOf, type Wanted } from "./rows.ts";
import { typesTally } from "./words.ts";

/** What this change causes, what was wanted before it, and what time brings. */
const PARTS = ["change", "pending", "due"] as const;
type PartName = (typeof PARTS)[number];

const PART_TITLES: Record<PartName, string> = {
  change: "This change",
  pending: "Pending anyway (drift)",
  due: "Due with or without this change",
};

/** The actions and the held ones of one part. */
export interface Part {
  name: PartName;
  title: string;
  actions: Row[];
  held: Row[];
  /** "2 to lock; held: 1 to wipe", or "nothing". */
  tally: string;
}

/** All three parts, in their order; one may be empty. Rows of `held` are as heldRows gives them. */
export function partsOf(plan: Pick<Plan, "actions" | "held" | "heldRest">): Part[] {
  return PARTS.map((name) => {
    const rows = (all: readonly Wanted[]) =>
      all
        .filter((action) => partOf(action) === name)
        .map((action) => ({
          ...rowOf(action),
          note: name === "pending" ? why(action) : rowOf(action).note,
        }));
    const rest = (plan.heldRest ?? []).filter((group) => partOf(group) === name).map(restRow);
    const [actions, held] = [rows(plan.actions), [...rows(plan.held), ...rest]];
    const tallies = [
      ...(actions.length > 0 ? [typesTally(actions)] : []),
      ...(held.length > 0 ? [`held: ${typesTally(held)}`] : []),
    ];
    return {
      name,
      title: PART_TITLES[name],
      actions,
      held,
      tally: tallies.join("; ") || "nothing",
    };
  });
}

function partOf({ cause }: Pick<Action, "cause">): PartName {
  if (cause === "policy") return "change";
  return cause === "due" ? "due" : "pending";
}

function why(action: Wanted): string {
  const { cause } = action;
  const { note } = rowOf(action);
  const title =
    cause === "drift" ? "Changed behind the policy's back." : `${PENDING_TITLES[cause]}.`;
  return note === null ? title : `${title} ${note}`;
}

/** Unknown users that the change adds: errors, where all other unknown users are notices. */
export function addedErrors({ notices }: Plan): Notice[] {
  return notices.filter(({ added }) => added);
}
