/**
 * Of sign-outs that are wanted in great numbers the first are kept, and the rest is counted: a first day on a large
 * estate wants more than a process can hold. docs/contract.md, "The plan, as JSON".
 */
import { idSet } from "../id-set.ts";
import { CAUSES, type Cause } from "../model/plan.ts";
import type { Memory } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { failuresOf } from "./brakes/failures.ts";
import { byPace } from "./brakes/order.ts";
import type { Caused } from "./decide/want.ts";
import { actionKey } from "./key.ts";
import { addTo, type Groups } from "./rest.ts";

/** More than a run carries out and a plan lists: one run takes no more sign-outs than that. */
const KEPT = 60_000;

/** What was counted only, by what holds it whatever the limits say, `null`: nothing but they do. Each is one session. */
export interface Counted {
  groups: Groups<Caused["hold"]>;
  /** Whether an action was among them, by its key. */
  has(key: string): boolean;
}

export interface Keeper {
  add(wants: readonly Caused[]): void;
  wants(): Caused[];
  counted: Counted;
}

/** `recent`: what was done in the last 24 hours, which pacing takes last. `kept`: how many sign-outs. */
export function keeper(
  memory: Pick<Memory, "failures">,
  at: Instant,
  recent: ReadonlySet<string>,
  kept = KEPT,
): Keeper {
  const others: Caused[] = [];
  let many: Caused[] = [];
  const failed = failuresOf(memory.failures, at, false);
  const keys = idSet();
  const groups: Counted["groups"] = new Map();
  const again = (want: Caused) => Number(recent.has(actionKey(want)));
  // As the brakes order them; what no limit lets go comes last.
  const order = (a: Caused, b: Caused) =>
    Number(a.hold !== null) - Number(b.hold !== null) || again(a) - again(b) || byPace(a, b);
  const cut = () => {
    many.sort(order);
    for (const want of many.slice(kept)) {
      addTo(groups, want, want.hold, 1);
      keys.add(actionKey(want));
    }
    many = many.slice(0, kept);
  };
  return {
    add(wants) {
      for (const want of wants) {
        if (!isOneOfMany(want) || failed(want) !== null) others.push(want);
        else if (many.push(want) >= 2 * kept) cut();
      }
    },
    wants() {
      if (many.length > kept) cut();
      return [...others, ...many];
    },
    counted: { groups, has: keys.has },
  };
}

/** A sign-out that is paced, and that stands in for nothing. */
function isOneOfMany({ type, counts, owesWipe, otherwise }: Caused): boolean {
  return type === "re-authenticate" && counts === "limit" && !owesWipe && otherwise.length === 0;
}

/** All causes, with how many of the wanted have each; absent where none has. */
export function causesOf(
  all: Iterable<{ cause: Cause; n?: number }>,
): Partial<Record<Cause, number>> {
  const sum: Partial<Record<Cause, number>> = {};
  for (const { cause, n = 1 } of all) sum[cause] = (sum[cause] ?? 0) + n;
  return Object.fromEntries(CAUSES.flatMap((cause) => (sum[cause] ? [[cause, sum[cause]]] : [])));
}
