import fc from "fast-check";
import type { Attempt, Memory, Outcome, RunStart } from "../../src/model/run.ts";
import { replay, type Step } from "../kit/memories.ts";
import { attempt, HOUR, outcome, start } from "./samples.ts";

/** One run as it could be: what it begins with, and the outcomes of some of its attempts in batches. */
export interface Run {
  begin: RunStart;
  batches: Outcome[][];
}

const USERS = ["ann", "bob", "cid", "dee", "eve"];

/** What one run does with one user: never two things that exclude each other. */
const deed = fc.constantFrom(
  "nothing",
  "lock",
  "wiping lock",
  "unlock",
  "wipe",
  "sign out",
  "adopt",
  "forget",
);
const fate = fc.constantFrom<Outcome["status"] | null>(null, "applied", "failed", "skipped");

/** Up to five runs, each a few hours after the one before. */
export const runs: fc.Arbitrary<Run[]> = fc
  .array(
    fc.record({
      pause: fc.integer({ min: 1, max: 40 }),
      deeds: fc.tuple(...USERS.map(() => fc.tuple(deed, fate))),
      owed: fc.subarray(USERS),
      batch: fc.integer({ min: 1, max: 3 }),
    }),
    { maxLength: 5 },
  )
  .map((specs) => {
    let at = 1_800_000_000_000;
    return specs.map(({ pause, deeds, owed, batch }, n) => {
      at += pause * HOUR;
      return toRun(`run-${n}`, at, deeds, owed, batch);
    });
  });

function toRun(
  id: string,
  at: number,
  deeds: readonly (readonly [string, Outcome["status"] | null])[],
  owed: string[],
  batch: number,
): Run {
  const named = deeds.map(([what, became], n) => ({ user: USERS[n] ?? "", what, became }));
  const made = named.flatMap(({ user, what, became }) => {
    const one = toAttempt(id, at, user, what);
    return one === null ? [] : [{ one, became }];
  });
  const users = (what: string) => named.filter((d) => d.what === what).map((d) => d.user);
  const known = made.flatMap(({ one, became }) => (became ? [outcome(one, became)] : []));
  const batches: Outcome[][] = [];
  for (let n = 0; n < known.length; n += batch) batches.push(known.slice(n, n + batch));
  const owedWipes = Object.fromEntries(owed.map((user) => [`${user}-1`, at - 1]));
  const ledger = { adopt: users("adopt"), forget: users("forget"), owedWipes };
  const begin = start(
    id,
    at,
    made.map(({ one }) => one),
    ledger,
  );
  // A line of each lock, which the first run meets and one without locks forgets.
  const met = users("lock").map((user) => [`line of ${user}`, user]);
  if (met.length > 0) begin.plan.ledger.met = Object.fromEntries(met);
  else begin.plan.ledger.gone = ["line of ann"];
  return { begin, batches };
}

function toAttempt(run: string, at: number, user: string, what: string): Attempt | null {
  const session = { session: `${user}-1`, signedInAt: at - 1 };
  switch (what) {
    case "lock":
      return attempt(run, at, user);
    case "wiping lock":
      return attempt(run, at, user, { wipe: true, wipes: { [`${user}-1`]: at - 1 } });
    case "unlock":
      return attempt(run, at, user, { type: "unlock" });
    case "wipe":
      return attempt(run, at, user, { type: "wipe", ...session });
    case "sign out":
      return attempt(run, at, user, { type: "re-authenticate", ...session });
    default:
      return null;
  }
}

export function stepsOf({ begin, batches }: Run): Step[] {
  return [{ begin }, ...batches.map((outcomes) => ({ run: begin.id, outcomes }))];
}

export function memoryOf(before: Memory, all: readonly Run[]): Memory {
  return replay(before, all.flatMap(stepsOf));
}
