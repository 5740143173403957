// @module-tag worlds
/** What holds for whole runs, also for those that die half-way: docs/design.md, "What must hold" and "How it is tested". */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inventoryMeter } from "../../src/inventory/meter.ts";
import type { User } from "../../src/model/inventory.ts";
import type { Action, Plan } from "../../src/model/plan.ts";
import type { Policy } from "../../src/model/policy.ts";
import type { Memory } from "../../src/model/run.ts";
import type { ActionType } from "../../src/model/vocabulary.ts";
import { ACTION_TYPES } from "../../src/model/vocabulary.ts";
import { capsOf, leftOf } from "../../src/plan/brakes/allowance.ts";
import { usageMeter } from "../../src/plan/brakes/usage.ts";
import { actionKey } from "../../src/plan/key.ts";
import { checkSaved, readSavedPlans } from "../../src/plan/saved.ts";
import { EVERYTHING, type Scope } from "../../src/plan/scope.ts";
import { type Run, reconcile } from "../../src/reconcile.ts";
import { type Backend, backendOf, Died, ledgerOf } from "../kit/backend.ts";
import {
  HOUR,
  limitsOf,
  lockedOf,
  memoryOf,
  NOW,
  policyOf,
  sourceOf,
  userOf,
  usersLocked,
} from "../kit/builders.ts";
import { RUNS } from "../kit/runs.ts";
import { calmWorlds, type World, worlds } from "../kit/worlds.ts";

const VERSION = "0.0.0-test";

function holds<T>(of: fc.Arbitrary<T>, property: (value: T) => Promise<void>) {
  return fc.assert(fc.asyncProperty(of, property), RUNS);
}

const key = (a: Pick<Action, "type" | "user" | "session">) => `${a.type} ${a.user} ${a.session}`;

/** Moments of death, in actions carried out: a run dies before the action after that. */
const deaths = fc.array(fc.nat(8), { maxLength: 3 });

/** A deployment that runs follow each other on. */
class Site {
  policy: Policy;
  readonly ledger: ReturnType<typeof ledgerOf>;
  backend: Backend;
  #runs = 0;

  constructor({ policy, users, memory }: World, pageSize = 2) {
    this.policy = policy;
    // How many users there were is no matter of these properties.
    this.ledger = ledgerOf({ ...memory, inventoryUsers: null });
    this.backend = backendOf(users, { pageSize });
  }

  /** Only plans. */
  plan(at: number): Promise<Run> {
    const { policy, ledger, backend } = this;
    return reconcile({ policy, source: backend, ledger, version: VERSION }, at, EVERYTHING);
  }

  /** One run; null where it died. What it did is in `backend.done`. */
  async run(
    at: number,
    more: { lifetime?: number | undefined; scope?: Scope; agree?: boolean } = {},
  ): Promise<Run | null> {
    const { lifetime = Number.POSITIVE_INFINITY, scope = EVERYTHING, agree = true } = more;
    this.backend = backendOf(this.backend.estate, { lifetime });
    const { policy, ledger, backend: provider } = this;
    const parts = { policy, source: provider, ledger, version: VERSION };
    const hands = { provider, ledger, run: `run-x${this.#runs++}`, agree: () => agree };
    return reconcile(parts, at, scope, { ...hands, check: () => {} }).catch((error: unknown) => {
      if (error instanceof Died) return null;
      throw error;
    });
  }
}

it("a plan writes nothing", () =>
  holds(worlds, async (world) => {
    const site = new Site(world);
    const before = await site.ledger.recall();
    await site.plan(NOW);
    expect(site.backend.done).toEqual([]);
    expect(site.backend.estate).toEqual(world.users);
    expect(await site.ledger.recall()).toEqual(before);
  }));

it("a run on a plan that nobody agreed to writes nothing", () =>
  holds(worlds, async (world) => {
    const site = new Site(world);
    const before = await site.ledger.recall();
    const run = await site.run(NOW, { agree: false });
    expect([run?.outcomes, site.backend.done]).toEqual([null, []]);
    expect(site.backend.estate).toEqual(world.users);
    expect(await site.ledger.recall()).toEqual(before);
  }));

it("what ran is what was planned, in its order, and every action has one outcome", () =>
  holds(worlds, async (world) => {
    const site = new Site(world);
    const preview = await site.plan(NOW);
    const run = await site.run(NOW);
    expect(run?.planned.plan).toEqual(preview.planned.plan);
    expect(site.backend.done).toEqual(preview.planned.plan.actions);
    expect(run?.outcomes?.map(key)).toEqual(preview.planned.plan.actions.map(key));
  }));

it("the order of users and the size of pages change nothing", () =>
  holds(
    worlds.chain((world) =>
      fc.record({
        world: fc.constant(world),
        users: fc.shuffledSubarray(world.users, { minLength: world.users.length }),
        pageSize: fc.integer({ min: 1, max: world.users.length }),
      }),
    ),
    async ({ world, users, pageSize }) => {
      const straight = await new Site(world).plan(NOW);
      const turned = await new Site({ ...world, users }, pageSize).plan(NOW);
      const { wanted, ...planned } = straight.planned;
      const { wanted: wantedTurned, ...plannedTurned } = turned.planned;
      expect(plannedTurned).toEqual(planned);
      for (const one of [...planned.plan.actions, ...planned.plan.held])
        expect([wantedTurned(actionKey(one)), wanted(actionKey(one))]).toEqual([true, true]);
    },
  ));

describe("any prefix of an apply, followed by runs,", () => {
  it("ends where an apply ends that nothing stopped", () =>
    holds(fc.tuple(calmWorlds, deaths), async ([world, lifetimes]) => {
      const whole = new Site(world);
      await settle(whole, []);
      const broken = new Site(world);
      await settle(broken, lifetimes);
      expect(broken.backend.estate).toEqual(whole.backend.estate);
      const [{ ownLocks }, should] = [await broken.ledger.recall(), await whole.ledger.recall()];
      expect(Object.keys(ownLocks).sort()).toEqual(Object.keys(should.ownLocks).sort());
    }));

  it("comes to rest: what is left is held, and by no limit", () =>
    holds(fc.tuple(calmWorlds, deaths), async ([world, lifetimes]) => {
      const site = new Site(world);
      await settle(site, lifetimes);
      const { planned } = await site.plan(NOW);
      for (const { by } of planned.plan.held)
        expect(["report", "rollout", "unsynced"]).toContain(by);
    }));

  it("does nothing twice", () =>
    holds(fc.tuple(calmWorlds, deaths), async ([world, lifetimes]) => {
      const site = new Site(world);
      const done = await settle(site, lifetimes);
      expect(new Set(done.map(key)).size).toBe(done.length);
    }));

  it("lifts only locks that are ours, and owns each that it made", () =>
    holds(fc.tuple(fc.oneof(calmWorlds, worlds), deaths), async ([world, lifetimes]) => {
      const site = new Site(world);
      const ours = new Set(Object.keys(world.memory.ownLocks));
      for (const lifetime of [...lifetimes, undefined, undefined]) {
        const { planned } = await site.plan(NOW);
        for (const id of planned.plan.ledger.adopt) ours.add(id);
        await site.run(NOW, { lifetime });
        for (const { type, user } of site.backend.done) {
          if (type === "unlock") expect([...ours], user).toContain(user);
          if (type === "lock") ours.add(user);
          if (type === "unlock") ours.delete(user);
        }
        const { ownLocks } = await site.ledger.recall();
        for (const { id, locked } of site.backend.estate)
          if (locked) expect(Object.hasOwn(ownLocks, id), id).toBe(ours.has(id));
      }
    }));

  it("keeps within the limits of a day", () =>
    holds(fc.tuple(worlds, deaths), async ([world, lifetimes]) => {
      // Nothing was done before, so what is left at first is all that may be done in a day.
      const memory = memoryOf({ ownLocks: world.memory.ownLocks });
      const site = new Site({ ...world, memory });
      const most = dailyLimits(site);
      // What came about counts once, however often it was tried: a wipe that a lock did not do follows it.
      const done = Object.fromEntries(ACTION_TYPES.map((type) => [type, new Set<string>()]));
      let urgent = 0;
      for (const lifetime of [...lifetimes, undefined, undefined, undefined]) {
        const { planned } = await site.plan(NOW);
        const wiping = new Map(
          planned.steps.map(({ action, attempt }) => [key(action), attempt.wipes]),
        );
        await site.run(NOW, { lifetime });
        for (const action of site.backend.done) {
          const { sessions = [] } = site.backend.estate.find(({ id }) => id === action.user) ?? {};
          const wiped = sessions.filter(({ state }) => state === "wiping").map(({ id }) => id);
          for (const session of Object.keys(wiping.get(key(action)) ?? {}))
            if (wiped.includes(session)) done.wipe?.add(key({ ...action, type: "wipe", session }));
          if (action.urgent) urgent++;
          else if (!action.exempt) done[action.type]?.add(key(action));
        }
      }
      for (const type of ACTION_TYPES)
        expect(done[type]?.size, type).toBeLessThanOrEqual(most[type]);
      expect(urgent).toBeLessThanOrEqual(world.policy.limits.urgent);
    }));
});

// docs/contract.md, "Limits": an intent counts, unless it is known to have failed or the inventory shows it undone. The
// inventory of the second run shows that the first one's locks did not come about; it locks, and both count from then on.
it("what a dead run did not do, and the next one did, counts once", async () => {
  const users = ["ann", "bob", "cleo"].map((id) => userOf(id));
  const locking = (...ids: string[]) =>
    policyOf({
      users: usersLocked(...ids.map((id) => lockedOf(id))),
      limits: limitsOf({ lock: { max: 3 } }),
    });
  const site = new Site({ policy: locking("ann", "bob"), users, memory: memoryOf() });
  expect(await site.run(NOW, { lifetime: 0 })).toBeNull();
  await site.run(NOW + 1);
  expect(site.backend.done.map(({ user }) => user)).toEqual(["ann", "bob"]);
  site.policy = locking("ann", "bob", "cleo");
  await site.run(NOW + 2);
  expect(site.backend.done.map(({ user }) => user)).toEqual(["cleo"]);
});

/** Runs until one has nothing to do; all that was done. */
async function settle(site: Site, lifetimes: readonly number[]): Promise<Action[]> {
  const done: Action[] = [];
  const calm = 4;
  for (let n = 0; n < lifetimes.length + calm; n++) {
    const lifetime = lifetimes[n];
    const run = await site.run(NOW, { lifetime });
    done.push(...site.backend.done);
    if (run?.planned.plan.actions.length === 0) return done;
  }
  throw new Error("the runs do not come to rest");
}

/** `perRun` binds a run, not a day. */
function dailyLimits({ policy, backend }: Site): Record<ActionType, number> {
  const types = Object.fromEntries(
    ACTION_TYPES.map((type) => {
      const { perRun: _, ...limit } = policy.limits.types[type];
      return [type, limit];
    }),
  ) as Policy["limits"]["types"];
  const meter = inventoryMeter();
  const used = usageMeter([], NOW);
  for (const user of backend.estate) {
    meter.add(user);
    used.see(user);
  }
  const daily = { ...policy, limits: { ...policy.limits, types } };
  const context = {
    at: NOW,
    inventory: meter.facts(0),
    usage: used.total(),
    failures: [],
    took: {},
    asked: false,
    surplus: 0,
  };
  const left = (type: ActionType) => leftOf(capsOf(type, { policy: daily, ...context })).left;
  return Object.fromEntries(ACTION_TYPES.map((type) => [type, left(type)])) as ReturnType<
    typeof dailyLimits
  >;
}

describe("a saved plan that is applied later", () => {
  /** A world, and what became of its users and of its ledger by the time at which its saved plan is applied. */
  const laterWorlds = fc
    .record({
      world: worlds,
      other: worlds,
      changed: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      forgot: fc.boolean(),
      pause: fc.constantFrom(0, 1, HOUR, 4 * HOUR - 1),
      lifetime: fc.option(fc.nat(5), { nil: undefined }),
    })
    .map(({ world, other, changed, forgot, ...rest }) => {
      const users = world.users.map((user, i): User => (changed[i] && other.users[i]) || user);
      const memory: Memory = forgot ? other.memory : world.memory;
      return { world, later: { ...world, users, memory }, ...rest };
    });

  it("takes a subset of what was reviewed and nothing else, and says what became of the rest", () =>
    holds(laterWorlds, async ({ world, later, pause, lifetime }) => {
      const { planned } = await new Site(world).plan(NOW);
      const text = JSON.stringify(planned.plan);
      const [saved] = readSavedPlans(text, "plan.json");
      if (!saved) throw new Error("the plan was not read");
      checkSaved(saved, world.policy, VERSION, NOW + pause);

      const site = new Site(later);
      const scope = { only: null, saved };
      const run = await site.run(NOW + pause, { scope, lifetime });
      const reviewed = new Map(saved.actions.map((action) => [key(action), action]));
      for (const action of site.backend.done) {
        const was = reviewed.get(key(action));
        expect(was, `${key(action)} was not reviewed`).toBeDefined();
        expect(action.expects).toEqual(was?.expects);
        expect(action.wipe === true && was?.wipe !== true).toBe(false);
      }
      if (!run) return;
      const { plan } = run.planned;
      expect(plan.reviewed).toBe(saved.digest);
      expect(saved.ledger.adopt).toEqual(expect.arrayContaining(plan.ledger.adopt));
      expect(saved.ledger.forget).toEqual(expect.arrayContaining(plan.ledger.forget));
      // What was reviewed was done or skipped, each once, and nothing else is told.
      expect(run.outcomes?.map(key).sort()).toEqual([...reviewed.keys()].sort());
      for (const { status, error = "" } of run.outcomes ?? [])
        if (status === "skipped") expect(error).not.toBe("");
    }));

  it("takes all of it where nothing has changed", () =>
    holds(worlds, async (world) => {
      const { planned } = await new Site(world).plan(NOW);
      const saved: Plan = planned.plan;
      const site = new Site(world);
      const run = await site.run(NOW, { scope: { only: null, saved } });
      expect(site.backend.done).toEqual(saved.actions);
      expect(run?.planned.skipped).toEqual([]);
    }));
});

it("a read that is cut, doubled or shuffled between pages is no ground for any action", () =>
  holds(fc.tuple(worlds, fc.nat(2), fc.constantFrom("cut", "twice", "gap")), async (drawn) => {
    const [{ policy, users, memory }, where, how] = drawn;
    const source = sourceOf(users, {
      fault: (page, n) => {
        if (n !== where) return page;
        if (how === "cut") return null;
        return how === "twice" ? [page, page] : { ...page, objects: page.objects.slice(1) };
      },
    });
    const backend = backendOf(users);
    const ledger = ledgerOf({ ...memory, inventoryUsers: null });
    const before = await ledger.recall();
    const provider = { ...backend, users: source.users };
    const hands = { provider, ledger, run: "run-x", agree: () => true, check: () => {} };
    const parts = { policy, source: provider, ledger, version: VERSION };
    await expect(reconcile(parts, NOW, EVERYTHING, hands)).rejects.toThrow("could not be read");
    expect([backend.done, source.reads()]).toEqual([[], 4]);
    expect(await ledger.recall()).toEqual(before);
  }));
