/** How much of what is held a plan lists: docs/contract.md, "The plan, as JSON". */
import { HELD_BY, type Held, type Plan } from "./model/plan.ts";
import { ACTION_TYPES } from "./model/vocabulary.ts";

/** So many held actions are listed; all of them are counted. */
export const HELD_LISTED = 10_000;

/** How many are held, by type and by what holds them; what holds nothing is left out. */
function summaryOfHeld(held: readonly Held[]): NonNullable<Plan["heldSummary"]> {
  const summary: NonNullable<Plan["heldSummary"]> = {};
  for (const type of ACTION_TYPES) {
    for (const by of HELD_BY) {
      const n = held.filter((one) => one.type === type && one.by === by).length;
      if (n > 0) summary[type] = { ...summary[type], [by]: n };
    }
  }
  return summary;
}

/** The plan as it is printed and saved: a longer list of what is held is cut, and all are counted. */
export function listed(plan: Plan): Plan {
  const { held } = plan;
  if (held.length === 0) return plan;
  const heldSummary = plan.heldSummary ?? summaryOfHeld(held);
  return { ...plan, held: held.slice(0, HELD_LISTED), heldSummary };
}
