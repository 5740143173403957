/** A plan with `--base`, in the three parts that a reviewer tells apart: docs/contract.md, "The cause". */
import type { Action, Held, Notice, Plan } from "../../model/plan.ts";
import { typesTally } from "./words.ts";

/** What this change causes, what was wanted before it, and what time brings. */
const PARTS = ["change", "pending", "due"] as const;
type PartName = (typeof PARTS)[number];

const PART_TITLES: Record<PartName, string> = {
  change: "This change",
  pending: "Pending anyway (drift)",
  due: "Falls due before the next run",
};

/** The actions and the held ones of one part. */
export interface Part {
  name: PartName;
  title: string;
  actions: Action[];
  held: Held[];
}

/** All three parts, in their order; one may be empty. */
export function partsOf(plan: Pick<Plan, "actions" | "held">): Part[] {
  return PARTS.map((name) => ({
    name,
    title: PART_TITLES[name],
    actions: plan.actions.filter((action) => partOf(action) === name),
    held: plan.held.filter((action) => partOf(action) === name),
  }));
}

function partOf({ cause }: Action): PartName {
  if (cause === "policy") return "change";
  return cause === "due" ? "due" : "pending";
}

/** "2 to lock; held: 1 to wipe", or "nothing". */
export function partTally({ actions, held }: Part): string {
  const parts = [
    ...(actions.length > 0 ? [typesTally(actions)] : []),
    ...(held.length > 0 ? [`held: ${typesTally(held)}`] : []),
  ];
  return parts.length > 0 ? parts.join("; ") : "nothing";
}

/** Unknown users that the change adds: errors, where all other unknown users are notices. */
export function addedErrors({ notices }: Plan): Notice[] {
  return notices.filter(({ added }) => added);
}
