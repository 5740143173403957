// @module-tag worlds
/** Limits over random worlds and over sequences of runs: docs/contract.md, "Limits" and "Nobody is starved". */
import fc from "fast-check";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { summariseRun } from "../../src/apply/summary.ts";
import type { User } from "../../src/model/inventory.ts";
import { DAYS, type Policy, type Raise } from "../../src/model/policy.ts";
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

/** One run: what it took, and what is remembered after it. Who is in `bad` fails; `at` is what its clock says. */
function carryOut(
  users: readonly User[],
  policy: Policy,
  before: Memory,
  { n, at, bad }: { n: number; at: number; bad: ReadonlySet<string | undefined> },
) {
  const { plan, steps, undone, owedWipes } = planned(users, policy, { memory: before, at });
  const id = `run-${String(n).padStart(3, "0")}`;
  const later = { before: null, from: at, seen: null, undone: false } as const;
  const attempts = steps.map(({ attempt }) => {
    return { ...attempt, ...later, run: id, at, status: "intent" as const };
  });
  const outcomes = plan.actions.map(({ type, user, session }): Outcome => {
    return { type, user, session, status: bad.has(user) ? "failed" : "applied" };
  });
  const summary = summariseRun(id, at, plan, outcomes);
  const begin = { id, at, plan, undone, owedWipes };
  const memory = replay(before, [
    { begin },
    { run: begin, attempts, settled: [] },
    { run: id, outcomes },
    { end: { id, at, policy, summary, confirmed: 0 } },
  ]);
  const applied = outcomes.filter((outcome) => outcome.status === "applied");
  return { memory, plan, done: new Set(applied.map(({ user }) => user)) };
}

/** Devices sign out. */
function signedOut(users: readonly User[], done: ReadonlySet<string>): User[] {
  return users.map((user) =>
    done.has(user.id)
      ? { ...user, sessions: user.sessions.map((s) => ({ ...s, state: "ended" as const })) }
      : user,
  );
}

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
        const run = carryOut(users, policy, memory, { n, at: NOW + n * HOUR, bad });
        memory = run.memory;
        // Nobody comes back; the base of perRun stays.
        users = signedOut(users, run.done);
      }
      const open = users.filter((user) => user.sessions.some((s) => s.state === "active"));
      expect(new Set(open.map(({ id }) => id))).toEqual(bad);
    }),
    RUNS,
  );
});

/** What happens before a run: time goes by, some come back, some fail, its own clock is late, the limit is another. */
const happenings = fc.array(
  fc.record({
    hours: fc.integer({ min: 1, max: 30 }),
    back: fc.subarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    failing: fc.subarray([0, 3, 6, 9], { maxLength: 2 }),
    // Late by more than all that is remembered: of less nobody can tell whether it or the run before is wrong.
    late: fc.constantFrom(0, 0, 0, 0, 1000),
    max: fc.integer({ min: 1, max: 6 }),
  }),
  { minLength: 2, maxLength: 12 },
);

/** What a run took whose clock was late counts from the line of the log before it. */
it("no 24 hours see more than the limit, whoever comes back or fails, and whatever a late clock says", () => {
  fc.assert(
    fc.property(happenings, (all) => {
      let users = estateOf(10, (i) => ({ signedInAt: NOW - (100 - i) * DAY }));
      // A run that wants nothing, so that there is a line before the first that does.
      let { memory } = carryOut(users, policyOf(), memoryOf(), { n: 100, at: NOW, bad: new Set() });
      let [now, line, wasLate] = [NOW, NOW, Number.NEGATIVE_INFINITY];
      const taken: { at: number; count: number }[] = [];
      for (const [n, { hours, back, failing, late: told, max }] of all.entries()) {
        now += hours * HOUR;
        // Of two late clocks in a day nobody can tell which of three is right.
        const late = now - wasLate > DAY ? told : 0;
        if (late > 0) wasLate = now;
        const signedInAt = now - 2 * HOUR;
        users = users.map((user, i) =>
          back.includes(i) && user.sessions.every(({ state }) => state === "ended")
            ? {
                ...user,
                sessions: user.sessions.map((s) => ({ ...s, state: "active", signedInAt })),
              }
            : user,
        );
        const policy = policyOf({
          sessions: { maxAge: written(1) },
          limits: limitsOf({ "re-authenticate": { max, exceed: "pace" } }),
        });
        const bad = new Set(failing.map((i) => users[i]?.id));
        const run = carryOut(users, policy, memory, { n, at: now - late * HOUR, bad });
        memory = run.memory;
        users = signedOut(users, run.done);
        taken.push({ at: Math.max(now - late * HOUR, line), count: run.done.size });
        line = now - late * HOUR;
        const day = taken.slice(0, -1).filter(({ at }) => at > now - DAY);
        const before = day.reduce((sum, { count }) => sum + count, 0);
        expect(run.done.size).toBeLessThanOrEqual(Math.max(0, max - before));
      }
    }),
    RUNS,
  );
});

it("everybody is reached, however many without a sign-in come back within the hour", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), (undated, max) => {
      const all = 8;
      let users = estateOf(all, (i) =>
        i < undated ? { signedInAt: null, createdAt: null } : { signedInAt: NOW - (100 - i) * DAY },
      );
      const policy = policyOf({
        sessions: { maxAge: written(HOUR) },
        limits: limitsOf({ "re-authenticate": { max, exceed: "pace" } }),
      });
      let memory: Memory = memoryOf();
      const taken: { user: string; at: number }[] = [];
      for (let n = 0; n < 24 * Math.ceil(all / max); n++) {
        const at = NOW + n * HOUR;
        const run = carryOut(users, policy, memory, { n, at, bad: new Set() });
        memory = run.memory;
        for (const user of run.done) taken.push({ user, at });
        const day = taken.filter((one) => one.at > at - DAY);
        expect(new Set(day.map(({ user }) => user)).size).toBeLessThanOrEqual(max);
        const gone = users.slice(undated).filter(({ id }) => run.done.has(id));
        users = signedOut(users, new Set(gone.map(({ id }) => id)));
      }
      expect(new Set(taken.map(({ user }) => user)).size).toBe(all);
    }),
    RUNS,
  );
});

it("what failed is tried again, however few runs can act", () => {
  const window = { from: 0, to: 60, zone: "UTC", days: [...DAYS], source: source(9) };
  const policy = policyOf({
    sessions: { maxAge: written(HOUR) },
    limits: limitsOf({ "re-authenticate": { perRun: 10, exceed: "pace" } }),
    windows: { "re-authenticate": window },
  });
  const users = estateOf(20, (i) => ({ signedInAt: NOW - (100 - i) * DAY }));
  const bad = new Set([users[0]?.id]);
  let memory: Memory = memoryOf();
  const tried: number[] = [];
  for (let n = 0; n < 24 * 12; n++) {
    const run = carryOut(users, policy, memory, { n, at: NOW + n * HOUR, bad });
    memory = run.memory;
    if (run.plan.actions.some(({ user }) => bad.has(user))) tried.push(Math.floor(n / 24));
  }
  expect(tried).toEqual([0, 9]);
});
