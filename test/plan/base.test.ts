/** A plan compared with the policy before it: what is averted, and which unknown users the change adds. */
import { describe, expect, it } from "vitest";
import { inventoryMeter } from "../../src/inventory/meter.ts";
import type { User } from "../../src/model/inventory.ts";
import type { Policy } from "../../src/model/policy.ts";
import { fieldsOfBase, finish, plannersOf } from "../../src/plan/base.ts";
import { planDigest } from "../../src/plan/digest.ts";
import type { Base } from "../../src/plan/scope.ts";
import {
  DAY,
  exceptionOf,
  groupOf,
  HOUR,
  knownOf,
  limitsOf,
  lockedOf,
  NOW,
  noLimits,
  policyOf,
  sessionOf,
  userOf,
  usersLocked,
  written,
} from "../kit/builders.ts";

const REPORT = { enforcement: { default: "report" as const, rules: {} } };
const limits = noLimits();
const locking = (...names: string[]) =>
  policyOf({ limits, users: usersLocked(...names.map((name) => lockedOf(name))) });

function compared(policy: Policy, base: Base | null, users: User[] = []) {
  const scope = { only: null, saved: null, base };
  const options = { ...knownOf(policy), version: "0.0.0-test", scope };
  const planners = plannersOf(options);
  const meter = inventoryMeter();
  for (const user of users) {
    meter.add(user);
    planners.plan.add({ user });
    planners.before?.add({ user });
  }
  return finish(planners, meter.facts(0), options).plan;
}
const from = (policy: Policy | null): Base => ({ policy, commit: "abc" });

describe("a plan with a base", () => {
  const users = [userOf("ann"), userOf("bob", [sessionOf("s1")])];

  it("has the commit of the base, and a digest of all that it tells", () => {
    const plan = compared(locking("ann"), from(locking("bob")), users);
    expect(plan.base).toEqual({ commit: "abc" });
    expect(plan.digest).toBe(planDigest(plan));
  });

  it("averts what only the base wants", () => {
    const plan = compared(locking("ann"), from(locking("ann", "bob")), users);
    expect(plan.actions).toMatchObject([{ type: "lock", user: "ann" }]);
    expect(plan.averted).toMatchObject([{ type: "lock", user: "bob" }]);
  });

  it("averts also what the base only held, and says nothing of what held it", () => {
    const held = { ...locking("bob"), ...REPORT };
    const [averted, ...others] = compared(locking(), from(held), users).averted ?? [];
    expect(averted).toMatchObject({ type: "lock", user: "bob" });
    expect(averted).not.toHaveProperty("by");
    expect(others).toEqual([]);
  });

  // A plan lists 10,000 of what it holds; what lies beyond them in the base's is averted all the same.
  it("averts all that the base held, however much that is", () => {
    const age = { sessions: { maxAge: written(30 * DAY) }, limits: limitsOf() };
    const old = Array.from({ length: 12_000 }, (_, i) =>
      userOf(`u${i}`, [sessionOf(`s${i}`, { signedInAt: NOW - 40 * DAY })]),
    );
    const all = [...old, userOf("bob")];
    const held = policyOf({ ...age, users: usersLocked(lockedOf("bob")), ...REPORT });
    const plan = compared(policyOf(REPORT), from(held), all);
    expect(plan.averted).toHaveLength(12_001);
    expect(plan.averted).toContainEqual(expect.objectContaining({ type: "lock", user: "bob" }));
  });

  it("does not avert what it holds itself", () => {
    const held = { ...locking("bob"), ...REPORT };
    expect(compared(held, from(locking("bob")), users).averted).toEqual([]);
  });

  it("averts nothing where there was no policy", () => {
    expect(compared(locking("ann"), from(null), users).averted).toEqual([]);
  });

  it("is as any other plan where no base is asked for", () => {
    const plan = compared(locking("ann"), null, users);
    expect(plan).not.toHaveProperty("base");
    expect(plan).not.toHaveProperty("averted");
  });
});

describe("an unknown user", () => {
  const added = (policy: Policy, base: Policy | null) =>
    compared(policy, from(base)).notices.flatMap((n) => (n.added ? n.user : []));

  it.each<[string, Partial<Policy>]>([
    ["users.locked", { users: usersLocked(lockedOf("ann")) }],
    ["an exception", { exceptions: [exceptionOf("sessions.maxAge", { user: "ann" })] }],
    ["a group", { groups: [groupOf("crew", { members: [written("ann")] })] }],
    ["protected", { protected: [written("ann")] }],
  ])("is added by a new mention in %s", (_, mention) => {
    const policy = policyOf(mention);
    expect(added(policy, policyOf())).toEqual(["ann"]);
    expect(added(policy, null)).toEqual(["ann"]);
    expect(added(policy, policy)).toEqual([]);
    const elsewhere = policyOf({ users: usersLocked(lockedOf("bob"), lockedOf("bob")) });
    expect(added(policy, elsewhere)).toEqual(["ann"]);
  });

  it("is added by one mention more, and not by one that moves or goes", () => {
    const twice = { ...locking("ann"), protected: [written("ann")] };
    const moved = policyOf({ protected: [written("ann")] });
    expect(added(twice, locking("ann"))).toEqual(["ann"]);
    expect(added(moved, locking("ann"))).toEqual([]);
    expect(added(locking("ann"), twice)).toEqual([]);
  });

  it("is the only notice that a change adds: not that of a user who is there", () => {
    const guarded = { ...locking("ann"), protected: [written("ann")] };
    const notices = compared(guarded, from(policyOf()), [userOf("ann")]).notices;
    expect(notices.map((n) => [n.kind, n.added])).toEqual([["protected", undefined]]);
  });

  it("is none for an exception of a group", () => {
    const groups = [groupOf("crew")];
    const exceptions = [exceptionOf("sessions.maxAge", { group: "crew" })];
    expect(added(policyOf({ groups, exceptions }), policyOf())).toEqual([]);
  });
});

it("the fields that a base compares are read as well", () => {
  const groups = [groupOf("crew", { where: { team: "sea" }, sessions: { maxAge: written(HOUR) } })];
  const fields = (base: Base | null) => fieldsOfBase({ only: null, saved: null, base });
  expect(fields(from(policyOf({ groups })))).toEqual(["team"]);
  expect(fields(from(null))).toEqual([]);
  expect(fields(null)).toEqual([]);
});
