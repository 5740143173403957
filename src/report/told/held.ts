/** What waits, and what lets it go. */

import { heldCount } from "../../exit.ts";
import { HELD_BY, type HeldBy, type Plan } from "../../model/plan.ts";
import { number, tally } from "../../text/words.ts";
import { groupBy } from "./groups.ts";
import { type Row, total } from "./rows.ts";
import { typesTally } from "./words.ts";

/** What `by` means and what lets the actions go, as a sentence. */
const RELEASE: Record<HeldBy, string> = {
  limit: "A limit holds them back; a reviewed `limits.raise` lets them go.",
  pace: "The next runs take them, oldest sign-in first.",
  window: "They wait for their window; `windows` in the policy says when it opens.",
  freeze: "They wait for the end of the freeze; `freeze.allow` lets a type through.",
  report: "Their enforcement is `report`, so nothing is written; `enforce` lets them go.",
  rollout: "Their users are not in the rollout yet; a higher `rollout` includes them.",
  retry: "They failed before; each is tried again when its wait is over.",
  clock:
    "Too many sign-ins or connections lie in the future, so no age is believed: compare this machine's clock with the backend's, set it, and run again.",
  unsynced:
    "Data on the device may not be uploaded yet: they are wiped after its next full sync; `unsynced: lose` does not wait.",
};

/** Actions that one thing holds. */
export interface HeldTold {
  by: HeldBy;
  rows: Row[];
  /** "300 to re-authenticate". */
  what: string;
  /** What lets them go, as a sentence. */
  release: string;
}

/** What is held, by what holds it; rows as heldRows gives them. */
export function waiting(held: readonly Row[]): HeldTold[] {
  return groupBy(HELD_BY, held, ({ by }) => by).map(([by, rows]) => ({
    ...{ by, rows, what: typesTally(rows), release: RELEASE[by] },
  }));
}

/** "300 by pace, 2 by window". */
export function holders(held: readonly { by: HeldBy | null; n?: number }[]): string {
  const groups = groupBy(HELD_BY, held, ({ by }) => by);
  return tally(groups.map(([by, all]) => [`by ${by}`, total(all)]));
}

/** "Held: 300 by pace, 2 by window." or null where nothing is. */
export function heldLine({ heldSummary }: Pick<Plan, "heldSummary">): string | null {
  const by = HELD_BY.flatMap((by): [string, number][] => {
    const n = heldCount({ heldSummary }, by);
    return n > 0 ? [[`by ${by}`, n]] : [];
  });
  return heldCount({ heldSummary }) === 0 ? null : `Held: ${tally(by)}.`;
}

/** That the list of held actions is not whole; null where it is. */
export function cutLine({ held, heldSummary }: Pick<Plan, "held" | "heldSummary">): string | null {
  const all = heldCount({ heldSummary });
  if (all <= held.length) return null;
  return `The list of what is held is not whole: it has the first ${number(held.length)} of ${number(all)}.`;
}
