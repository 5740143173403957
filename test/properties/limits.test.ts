/** Limits over random worlds and over sequences of runs: docs/contract.md, "Limits" and "Nobody is starved". */
import fc from "fast-check";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { summariseRun } from "../../src/apply/summary.ts";
import type { Raise } from "../../src/model/policy.ts";
import type { Memory, Outcome } from "../../src/model/run.ts";
import {
  DAY,
  estateOf,
  HOUR,
  limitsOf,
  memoryOf,
  NOW,
  planned,
  policyOf,
  source,
  written,
} from "../kit/builders.ts";
import { replay } from "../kit/memories.ts";
import { RUNS } from "../kit/runs.ts";
import { worlds } from "../kit/worlds.ts";

function raiseIn(message: string): Raise {
  const text = message.slice(message.lastIndexOf("{ type:"));
  const { until, ...rest } = parse(text) as Omit<Raise, "until"> & { until: string };
  return { ...rest, until: Date.parse(until) + DAY, source: source(99) };
}

it("the line of a refusal lifts it, alone and with all others", () => {
  fc.assert(
    fc.property(worlds, ({ policy, users, memory }) => {
      const { refusals } = planned(users, policy, { memory }).plan;
      const raises = refusals.map(({ message }) => raiseIn(message));
      const again = (more: Raise[]) => {
        const raise = [...policy.limits.raise, ...more];
        const limits = { ...policy.limits, raise };
        return planned(users, { ...policy, limits }, { memory }).plan.refusals;
      };
      for (const raise of raises)
        expect(again([raise]).map(({ type }) => type)).not.toContain(raise.type);
      expect(again(raises)).toEqual([]);
    }),
    RUNS,
  );
});

it("everybody who stays wanted is reached, whoever fails", () => {
  fc.assert(
    fc.property(fc.subarray([0, 1, 2, 3, 5, 8], { minLength: 1 }), (failing) => {
      const places = 2;
      const policy = policyOf({
        sessions: { maxAge: written(HOUR) },
        limits: limitsOf({ "re-authenticate": { perRun: 10, exceed: "pace" } }),
      });
      let users = estateOf(20, (i) => ({ signedInAt: NOW - (100 - i) * DAY }));
      const bad = new Set(failing.map((i) => users[i]?.id));
      let memory: Memory = memoryOf();
      const runs = Math.ceil(20 / places) + failing.length;
      for (let n = 0; n < runs; n++) {
        const at = NOW + n * HOUR;
        const { plan, steps, undone, owedWipes } = planned(users, policy, { memory, at });
        const id = `run-${String(n).padStart(3, "0")}`;
        const later = { before: null, from: at, seen: null, undone: false } as const;
        const attempts = steps.map(({ attempt }) => {
          return { ...attempt, ...later, run: id, at, status: "intent" as const };
        });
        const outcomes = plan.actions.map(({ type, user, session }): Outcome => {
          return { type, user, session, status: bad.has(user) ? "failed" : "applied" };
        });
        const done = new Set(outcomes.filter((o) => o.status === "applied").map((o) => o.user));
        // Devices sign out, and nobody comes back; the base of perRun stays.
        users = users.map((user) =>
          done.has(user.id)
            ? { ...user, sessions: user.sessions.map((s) => ({ ...s, state: "ended" as const })) }
            : user,
        );
        const summary = summariseRun(id, at, plan, outcomes);
        const begin = { id, at, plan, undone, owedWipes };
        memory = replay(memory, [
          { begin },
          { run: begin, attempts, settled: [] },
          { run: id, outcomes },
          { end: { id, at, policy, summary, confirmed: 0 } },
        ]);
      }
      const open = users.filter((user) => user.sessions.some((s) => s.state === "active"));
      expect(new Set(open.map(({ id }) => id))).toEqual(bad);
    }),
    RUNS,
  );
});
