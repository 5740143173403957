// @module-tag worlds
/** What holds for any policy, any estate and any ledger: docs/design.md, "What must hold". Of whole runs: runs.test.ts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inventoryMeter } from "../../src/inventory/meter.ts";
import type { User } from "../../src/model/inventory.ts";
import type { Action, Plan } from "../../src/model/plan.ts";
import type { Policy } from "../../src/model/policy.ts";
import type { ActionType } from "../../src/model/vocabulary.ts";
import { capsOf, leftOf } from "../../src/plan/brakes/allowance.ts";
import { usageMeter } from "../../src/plan/brakes/usage.ts";
import { decide } from "../../src/plan/decide/decide.ts";
import { planDigest } from "../../src/plan/digest.ts";
import { signInKey } from "../../src/plan/key.ts";
import { rulebook } from "../../src/policy/effective.ts";
import { DAY, NOW, noLimits, planned, policyOf } from "../kit/builders.ts";
import { RUNS } from "../kit/runs.ts";
import { calmWorlds, type World, worlds } from "../kit/worlds.ts";

function holds(world: fc.Arbitrary<World>, property: (world: World) => void | Promise<void>) {
  return fc.assert(
    fc.asyncProperty(world, async (w) => property(w)),
    RUNS,
  );
}
const planOf = ({ policy, users, memory }: World) => planned(users, policy, { memory });
const key = (a: Pick<Action, "type" | "user" | "session">) => `${a.type} ${a.user} ${a.session}`;
const all = (plan: Plan): Action[] => [...plan.actions, ...plan.held];

function frozen<T>(value: T): T {
  if (value !== null && typeof value === "object") {
    Object.values(value).forEach(frozen);
    Object.freeze(value);
  }
  return value;
}

describe("decide and plan", () => {
  it("are pure: they change nothing that they are given, and say the same twice", () =>
    holds(worlds, (world) => {
      const copy = structuredClone(world);
      const { policy, users, memory } = frozen(world);
      for (const user of users) {
        const once = decide(user, rulebook(policy), NOW, memory);
        expect(decide(user, rulebook(copy.policy), NOW, copy.memory)).toEqual(once);
      }
      const { wanted: _, ...told } = planOf(copy);
      expect(planOf(world)).toMatchObject(told);
    }));

  it("do nothing to protected users but lift our own locks", () =>
    holds(worlds, (world) => {
      const guarded = new Set(world.policy.protected.map((p) => p.value));
      for (const action of all(planOf(world).plan)) {
        if (guarded.has(action.user)) expect(action.type).toBe("unlock");
      }
    }));

  it("lift only locks that are ours, and that the policy does not want", () =>
    holds(worlds, (world) => {
      const { policy, users, memory } = world;
      for (const { type, user: id } of all(planOf(world).plan)) {
        if (type !== "unlock") continue;
        expect(Object.keys(memory.ownLocks)).toContain(id);
        expect(users.find((u) => u.id === id)?.locked).toBe(true);
        expect(policy.users.locked).toBeDefined();
        const user = users.find((u) => u.id === id) as User;
        expect(rulebook(policy).forUser(user, NOW).locked).toEqual([]);
      }
    }));

  it("touch a session only as its record stands", () =>
    holds(worlds, (world) => {
      const { users } = world;
      for (const { type, user: id, session, expects } of all(planOf(world).plan)) {
        const user = users.find((u) => u.id === id);
        const found = user?.sessions.find((s) => s.id === session);
        if (session === null) expect(expects.locked).toBe(user?.locked);
        else {
          expect(expects.state).toBe(found?.state);
          expect(type === "wipe" ? ["active", "ended"] : ["active"]).toContain(found?.state);
        }
      }
    }));

  it("give one action a session at most, and a user who is locked no other", () =>
    holds(worlds, (world) => {
      const { actions } = planOf(world).plan;
      const subjects = actions.map((a) => `${a.user} ${a.session}`);
      expect(new Set(subjects).size).toBe(subjects.length);
      const locked = new Set(actions.filter((a) => a.type === "lock").map((a) => a.user));
      expect(actions.filter((a) => locked.has(a.user)).map((a) => a.type)).toEqual(
        [...locked].map(() => "lock"),
      );
    }));

  it("keep actions and held apart, each once", () =>
    holds(worlds, (world) => {
      const keys = all(planOf(world).plan).map(key);
      expect(new Set(keys).size).toBe(keys.length);
    }));

  it("give every action reasons with a file and a line", () =>
    holds(worlds, (world) => {
      for (const { reasons } of all(planOf(world).plan)) {
        expect(reasons.length).toBeGreaterThan(0);
        for (const { file, line, message, rule } of reasons) {
          expect([file, rule, message].every((text) => text.length > 0)).toBe(true);
          expect(line).toBeGreaterThan(0);
        }
      }
    }));

  it("do nothing under enforcement: report", () =>
    holds(worlds, ({ policy, ...rest }) => {
      const report = { ...policy, enforcement: { default: "report" as const, rules: {} } };
      const { plan } = planOf({ policy: report, ...rest });
      expect(plan.actions).toEqual([]);
      expect(plan.ledger.adopt).toEqual([]);
    }));
});

describe("a plan", () => {
  it("survives JSON, and its digest with it", () =>
    holds(worlds, (world) => {
      const { plan } = planOf(world);
      const copy = JSON.parse(JSON.stringify(plan)) as Plan;
      expect(copy).toStrictEqual(plan);
      expect(planDigest(copy)).toBe(plan.digest);
    }));

  it("is the same whatever the order of users", () =>
    fc.assert(
      fc.property(
        worlds.chain((world) => fc.tuple(fc.constant(world), shuffled(world.users))),
        ([world, users]) => {
          const { plan, owedWipes } = planOf({ ...world, users });
          const straight = planOf(world);
          expect(plan).toEqual(straight.plan);
          expect(owedWipes).toEqual(straight.owedWipes);
        },
      ),
      RUNS,
    ));

  it("is sorted, counted, and its steps are its actions", () =>
    holds(worlds, (world) => {
      const { plan, steps } = planOf(world);
      const rank = ["lock", "wipe", "re-authenticate", "unlock"];
      const ranks = plan.actions.map((a) => rank.indexOf(a.type));
      expect(ranks).toEqual(ranks.toSorted());
      const count = (type: ActionType) => plan.actions.filter((a) => a.type === type).length;
      for (const type of ["lock", "wipe", "re-authenticate", "unlock"] as const)
        expect(plan.summary[type]).toBe(count(type));
      expect(steps.map((s) => s.action)).toEqual(plan.actions);
    }));
});

describe("limits", () => {
  it("hold: what is taken fits what was left, and what is refused is not done at all", () =>
    holds(worlds, (world) => {
      const { policy, users, memory } = world;
      const { plan, steps } = planOf(world);
      const meter = usageMeter(memory.attempts, NOW);
      for (const user of users) meter.see(user);
      const usage = meter.total();
      const counted = steps.filter(({ attempt }) => attempt.counts === "limit");
      const covered = steps.reduce((n, s) => n + Object.keys(s.attempt.wipes).length, 0);
      for (const type of ["lock", "wipe", "re-authenticate", "unlock"] as const) {
        const known = { failures: [], took: {}, asked: false, surplus: 0 };
        const context = { policy, at: NOW, inventory: plan.inventory, usage, ...known };
        const { left } = leftOf(capsOf(type, context));
        const own = counted.filter(({ action }) => action.type === type).length;
        const taken = own + (type === "wipe" ? covered : 0);
        // What may have been done already counts once.
        const twice = counted.filter(({ action, attempt }) => {
          const of = usage.counted.get(signInKey({ ...attempt, type: action.type }));
          return action.type === type && of?.counts === "limit";
        }).length;
        expect(taken - twice).toBeLessThanOrEqual(left);
        const refusal = plan.refusals.find((r) => r.type === type);
        if (!refusal) continue;
        expect(taken).toBe(0);
        expect(refusal.wanted).toBeGreaterThan(refusal.allowed);
        const waits = plan.held.filter((h) => h.type === type && h.by === "limit").length;
        expect(waits).toBeLessThanOrEqual(refusal.wanted);
      }
      const used = [...usage.counted.values()].filter((one) => one.counts === "urgent").length;
      const urgent = steps.filter(({ attempt }) => attempt.counts === "urgent").length;
      expect(urgent).toBeLessThanOrEqual(Math.max(0, policy.limits.urgent - used));
    }));

  it("change only what is done, not what is wanted of a session", () =>
    holds(worlds, (world) => {
      const free = { ...world.policy, limits: noLimits({ urgent: 0 }), freeze: null, windows: {} };
      const wantedFree = new Set(all(planOf({ ...world, policy: free }).plan).map((a) => a.user));
      const wantedNow = new Set(all(planOf(world).plan).map((a) => a.user));
      expect(wantedNow).toEqual(wantedFree);
    }));
});

it("a larger rollout ends every session that a smaller one ends", () =>
  fc.assert(
    fc.property(calmWorlds, fc.nat(100), fc.nat(100), (world, a, b) => {
      const at = (rollout: number) => {
        const { actions } = planOf({ ...world, policy: { ...world.policy, rollout } }).plan;
        return actions.map((action) => `${action.user} ${action.session}`);
      };
      expect(at(Math.max(a, b))).toEqual(expect.arrayContaining(at(Math.min(a, b))));
    }),
    RUNS,
  ));

it("the digest of an inventory tells any two estates apart, and no two orders", () =>
  fc.assert(
    fc.property(worlds, worlds, fc.nat(), (one, other, seed) => {
      const digest = (users: readonly User[]) => {
        const meter = inventoryMeter();
        for (const user of users) meter.add(user);
        return meter.facts(0).digest;
      };
      const turn = seed % one.users.length;
      expect(digest([...one.users.slice(turn), ...one.users.slice(0, turn)])).toBe(
        digest(one.users),
      );
      const same = JSON.stringify(one.users) === JSON.stringify(other.users);
      expect(digest(other.users) === digest(one.users)).toBe(same);
    }),
    RUNS,
  ));

function shuffled(users: User[]): fc.Arbitrary<User[]> {
  return fc.shuffledSubarray(users, { minLength: users.length, maxLength: users.length });
}

it("an empty policy wants nothing of anybody", () =>
  holds(worlds, (world) => {
    const none: Policy = policyOf();
    expect(all(planOf({ ...world, policy: none }).plan)).toEqual([]);
  }));

it("time alone makes no session younger: what an age ends now, it ends a day later", () =>
  holds(calmWorlds, ({ policy, users, memory }) => {
    const { maxPerUser: _, ...ages } = policy.sessions;
    const strict = policyOf({ sessions: ages, limits: noLimits() });
    const ended = (at: number) =>
      planned(users, strict, { memory, at }).plan.actions.map((a) => `${a.user} ${a.session}`);
    expect(ended(NOW + DAY)).toEqual(expect.arrayContaining(ended(NOW)));
  }));
