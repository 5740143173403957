import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Memory } from "../../src/model/run.ts";
import { emptyMemory, prune, replay } from "../kit/memories.ts";
import { DAY } from "./samples.ts";
import { memoryOf, type Run, runs, stepsOf } from "./worlds.ts";

const owned: Memory = { ...emptyMemory(), ownLocks: { ann: 1, bob: 2 } };

function check(property: (all: Run[]) => void): void {
  fc.assert(fc.property(runs, property), { numRuns: 500 });
}

/** Ids of users to whom some run did this. */
function users(all: Run[], type: string, statuses: readonly (string | undefined)[]): string[] {
  return all.flatMap(({ begin, batches }) =>
    begin.attempts
      .filter((a) => a.type === type)
      .map((a) => a.user)
      .filter((user) => {
        const known = batches.flat().find((o) => o.type === type && o.user === user);
        return statuses.includes(known?.status);
      }),
  );
}

describe("for any runs", () => {
  it("replaying an event twice, or a run twice, is replaying it once", () => {
    check((all) => {
      let memory = owned;
      for (const run of all) {
        const events = stepsOf(run);
        const once = replay(memory, events);
        expect(
          replay(
            memory,
            events.flatMap((event) => [event, event]),
          ),
        ).toEqual(once);
        expect(replay(memory, [...events, ...events])).toEqual(once);
        memory = once;
      }
    });
  });

  it("replaying event by event is replaying all", () => {
    check((all) => {
      const events = all.flatMap(stepsOf);
      const stepwise = events.reduce((memory, event) => replay(memory, [event]), owned);
      expect(stepwise).toEqual(replay(owned, events));
    });
  });

  it("ownership never appears from nothing", () => {
    check((all) => {
      const locks = users(all, "lock", ["applied", undefined]);
      const adopted = all.flatMap(({ begin }) => begin.plan.ledger.adopt);
      const possible = new Set([...Object.keys(owned.ownLocks), ...locks, ...adopted]);
      const ours = Object.keys(memoryOf(owned, all).ownLocks);
      expect(ours.filter((user) => !possible.has(user))).toEqual([]);
    });
  });

  it("ownership never vanishes but by an unlock that was applied or by being forgotten", () => {
    check((all) => {
      const adopted = all.flatMap(({ begin }) => begin.plan.ledger.adopt);
      const locks = users(all, "lock", ["applied", undefined]);
      const given = new Set([
        ...users(all, "unlock", ["applied"]),
        ...all.flatMap(({ begin }) => begin.plan.ledger.forget),
      ]);
      const ours = memoryOf(owned, all).ownLocks;
      const expected = ["ann", "bob", ...locks, ...adopted].filter((user) => !given.has(user));
      expect(expected.filter((user) => !Object.hasOwn(ours, user))).toEqual([]);
    });
  });

  it("of each line the user is remembered who was met first since the line came", () => {
    check((all) => {
      const expected = new Map<string, string>();
      for (const { begin } of all) {
        for (const line of begin.plan.ledger.gone ?? []) expected.delete(line);
        for (const [line, user] of Object.entries(begin.plan.ledger.met ?? {}))
          if (!expected.has(line)) expected.set(line, user);
      }
      expect(memoryOf(owned, all).met).toEqual(Object.fromEntries(expected));
    });
  });

  it("what is wiped is owed only where a later run says so again", () => {
    check((all) => {
      const memory = memoryOf(owned, all);
      const last = all.at(-1)?.begin.owedWipes ?? {};
      expect(last).toMatchObject(memory.owedWipes);
    });
  });

  it("nothing that is passed in is changed", () => {
    check((all) => {
      const before = structuredClone({ owned, all });
      const memory = memoryOf(owned, all);
      const copy = structuredClone(memory);
      prune(memory, Number.MAX_SAFE_INTEGER);
      expect({ owned, all }).toEqual(before);
      expect(memory).toEqual(copy);
    });
  });

  it("pruning keeps the last day, invents nothing, and done twice is done once", () => {
    check((all) => {
      const memory = memoryOf(owned, all);
      const now = all.at(-1)?.begin.at ?? 0;
      const pruned = prune(memory, now);
      expect(prune(pruned, now)).toEqual(pruned);
      expect(memory.attempts).toEqual(expect.arrayContaining(pruned.attempts));
      const recent = memory.attempts.filter((a) => a.at >= now - DAY);
      expect(pruned.attempts).toEqual(expect.arrayContaining(recent));
      expect({ ...pruned, attempts: memory.attempts }).toEqual(memory);
    });
  });

  it("pruning leaves the last attempt of every action that did not succeed, for a retry", () => {
    check((all) => {
      const memory = memoryOf(owned, all);
      const now = all.at(-1)?.begin.at ?? 0;
      expect(unsuccessful(prune(memory, now))).toEqual(unsuccessful(memory));
    });
  });
});

/** The actions whose last attempt failed or has no outcome. */
function unsuccessful(memory: Memory): string[] {
  const last = new Map(memory.attempts.map((a) => [`${a.type} ${a.user} ${a.session}`, a.status]));
  return [...last]
    .filter(([, status]) => status === "intent" || status === "failed")
    .map(([key]) => key)
    .sort();
}
