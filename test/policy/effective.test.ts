import { describe, expect, it } from "vitest";
import type { User } from "../../src/model/inventory.ts";
import type { Exception, Group, Policy } from "../../src/model/policy.ts";
import { holdOf, neededFields, rolloutPlace, rulebook } from "../../src/policy/effective.ts";
import {
  DAY,
  exceptionOf,
  groupOf,
  HOUR,
  lockedOf,
  NOW,
  policyOf,
  source,
  userOf,
  usersLocked,
  written,
} from "../kit/builders.ts";

const ann = userOf("ann");
const of = (policy: Partial<Policy>, user: User = ann, at = NOW) =>
  rulebook(policyOf(policy)).forUser(user, at);

describe("the strictest of the top level and all groups that apply", () => {
  const groups: Group[] = [
    groupOf("a", { members: [written("ann")], sessions: { maxAge: written(7 * DAY, 51) } }),
    groupOf("b", { members: [written("ann")], sessions: { maxAge: written(5 * DAY, 52) } }),
    groupOf("c", { members: [written("bob")], sessions: { maxAge: written(1 * DAY, 53) } }),
  ];

  it("takes the smallest bound, and says whose it is", () => {
    const { maxAge } = of({ sessions: { maxAge: written(30 * DAY) }, groups });
    expect(maxAge).toEqual({ value: 5 * DAY, source: source(52), group: "b" });
  });

  it("keeps the top level's where that is the strictest or as strict", () => {
    for (const top of [2 * DAY, 5 * DAY]) {
      const { maxAge } = of({ sessions: { maxAge: written(top, 18) }, groups });
      expect(maxAge).toEqual({ value: top, source: source(18) });
    }
  });

  it("applies a group's rule where the top level has none", () => {
    expect(of({ groups }).maxAge?.value).toBe(5 * DAY);
    expect(of({ groups }, userOf("cleo")).maxAge).toBeNull();
  });

  it("takes each rule from where it is strictest, also maxIdle and maxPerUser", () => {
    const rules = groupOf("d", {
      members: [written("ann")],
      sessions: { maxIdle: written(3 * DAY), maxPerUser: written(4) },
    });
    const found = of({
      sessions: { maxIdle: written(9 * DAY), maxPerUser: written(2) },
      groups: [rules],
    });
    expect([found.maxIdle?.value, found.maxPerUser?.value]).toEqual([3 * DAY, 2]);
  });

  it("takes the latest notBefore that has come, and none before its own moment", () => {
    const late = groupOf("d", {
      members: [written("ann")],
      sessions: { notBefore: written(NOW, 54) },
    });
    const policy = { sessions: { notBefore: written(NOW - 2 * DAY, 20) }, groups: [late] };
    expect(of(policy).notBefore?.value).toBe(NOW);
    expect(of(policy, ann, NOW - 1).notBefore?.value).toBe(NOW - 2 * DAY);
    expect(of(policy, ann, NOW - 2 * DAY - 1).notBefore).toBeNull();
  });
});

describe("membership of a group", () => {
  const where = { employment: "contractor", level: 3, remote: true };
  const groups = [groupOf("w", { where, sessions: { maxAge: written(DAY) } })];
  const joined = (fields: User["fields"]) =>
    of({ groups }, userOf("ann", [], { fields })).groups.length === 1;

  it("needs all the values of where", () => {
    expect(joined({ employment: "contractor", level: 3, remote: true, more: "x" })).toBe(true);
    expect(joined({ employment: "contractor", level: 3, remote: false })).toBe(false);
    expect(joined({ employment: "contractor", level: 3 })).toBe(false);
    expect(joined({ employment: "Contractor", level: 3, remote: true })).toBe(false);
    expect(joined({ employment: null, level: 3, remote: true })).toBe(false);
    expect(joined({})).toBe(false);
  });

  it("compares numbers and booleans with the text that a user model may hold", () => {
    expect(joined({ employment: "contractor", level: "3", remote: "true" })).toBe(true);
  });

  it("comes by members or by where, whichever fits", () => {
    const both = [groupOf("x", { members: [written("ann")], where: { team: "sea" } })];
    expect(of({ groups: both }).groups).toHaveLength(1);
    const bob = userOf("bob", [], { fields: { team: "sea" } });
    expect(of({ groups: both }, bob).groups).toHaveLength(1);
    expect(of({ groups: both }, userOf("bob")).groups).toHaveLength(0);
  });

  it("goes by the name, not the id, and a user without a name is nobody's member", () => {
    const group = [groupOf("x", { members: [written("ann@acme.example"), written("u1")] })];
    expect(
      of({ groups: group }, userOf("u9", [], { name: "ann@acme.example" })).groups,
    ).toHaveLength(1);
    expect(of({ groups: group }, userOf("u1", [], { name: "other@acme.example" })).groups).toEqual(
      [],
    );
    expect(of({ groups: group }, userOf("u1", [], { name: null })).groups).toEqual([]);
  });
});

describe("exceptions", () => {
  const strict = { sessions: { maxAge: written(30 * DAY, 18) } };
  const maxAge = (...exceptions: Exception[]) => of({ ...strict, exceptions }).maxAge;
  const forAnn = (more: Partial<Exception>) =>
    exceptionOf("sessions.maxAge", { user: "ann", ...more });

  it("relax the bound to the laxest of several", () => {
    const ninety = forAnn({ allow: 90 * DAY });
    expect(maxAge(forAnn({ allow: 60 * DAY }), ninety, forAnn({ allow: 45 * DAY }))).toEqual({
      value: 90 * DAY,
      source: source(18),
      exception: ninety,
    });
  });

  it("never make a bound stricter", () => {
    expect(maxAge(forAnn({ allow: 7 * DAY }))).toEqual({ value: 30 * DAY, source: source(18) });
  });

  it("waive the rule where they allow no value, whatever the others allow", () => {
    expect(maxAge(forAnn({ allow: 90 * DAY }), forAnn({}))).toBeNull();
    expect(maxAge(forAnn({}), forAnn({ allow: 90 * DAY }))).toBeNull();
  });

  it("are in force until the millisecond before `until`", () => {
    const policy = { ...strict, exceptions: [forAnn({ allow: 90 * DAY, until: NOW })] };
    expect(of(policy, ann, NOW - 1).maxAge?.value).toBe(90 * DAY);
    expect(of(policy, ann, NOW).maxAge?.value).toBe(30 * DAY);
  });

  it("are of one rule and of one user or group", () => {
    expect(maxAge(exceptionOf("sessions.maxIdle", { user: "ann" }))?.value).toBe(30 * DAY);
    expect(maxAge(forAnn({ user: "bob" }))?.value).toBe(30 * DAY);
    const groups = [groupOf("crew", { where: { ship: "Aurora" } }), groupOf("office")];
    const exceptions = [exceptionOf("sessions.maxAge", { group: "crew", allow: 90 * DAY })];
    const aboard = userOf("ann", [], { fields: { ship: "Aurora" } });
    expect(of({ ...strict, groups, exceptions }, aboard).maxAge?.value).toBe(90 * DAY);
    expect(of({ ...strict, groups, exceptions }).maxAge?.value).toBe(30 * DAY);
  });

  it("stand before the strictest group", () => {
    const groups = [
      groupOf("a", { members: [written("ann")], sessions: { maxAge: written(DAY, 51) } }),
    ];
    const found = of({ ...strict, groups, exceptions: [forAnn({ allow: 90 * DAY })] }).maxAge;
    expect(found?.value).toBe(90 * DAY);
  });

  it("relax notBefore to an earlier moment, maxPerUser to more, and waive devices.allowed", () => {
    const found = of({
      sessions: { notBefore: written(NOW - DAY), maxPerUser: written(1) },
      exceptions: [
        exceptionOf("sessions.notBefore", { user: "ann", allow: NOW - 9 * DAY }),
        exceptionOf("sessions.notBefore", { user: "ann", allow: NOW - HOUR }),
        exceptionOf("sessions.maxPerUser", { user: "ann", allow: 3 }),
        exceptionOf("devices.allowed", { user: "ann" }),
      ],
    });
    expect(found.notBefore?.value).toBe(NOW - 9 * DAY);
    expect(found.maxPerUser?.value).toBe(3);
    expect(found.anyDevice?.rule).toBe("devices.allowed");
  });
});

describe("locks and protection", () => {
  it("are in force at `from` and no longer at `until`, to the millisecond", () => {
    const policy = { users: usersLocked(lockedOf("ann", { from: NOW, until: NOW + DAY })) };
    const inForce = (at: number) => of(policy, ann, at).locked.length;
    expect([NOW - 1, NOW, NOW + DAY - 1, NOW + DAY].map(inForce)).toEqual([0, 1, 1, 0]);
  });

  it("any of several entries in force locks", () => {
    const over = lockedOf("ann", { until: NOW });
    const now = lockedOf("ann", { source: source(41) });
    const future = lockedOf("ann", { from: NOW + 1 });
    expect(of({ users: usersLocked(over, now, future) }).locked).toEqual([now]);
  });

  it("go by the name that the policy uses", () => {
    const users = usersLocked(lockedOf("ann@acme.example"));
    const guarded = [written("boss@acme.example", 70)];
    const named = (name: string | null) =>
      of({ users, protected: guarded }, userOf("u1", [], { name }));
    expect(named("ann@acme.example").locked).toHaveLength(1);
    expect(named("u1").locked).toHaveLength(0);
    expect(named(null).locked).toHaveLength(0);
    expect(named("boss@acme.example").protected).toEqual(source(70));
    expect(named(null).protected).toBeNull();
  });
});

describe("holdOf: enforcement by rule, then rollout", () => {
  const mixed = policyOf({
    enforcement: { default: "enforce", rules: { "devices.allowed": "report" } },
  });
  const careful = policyOf({
    enforcement: { default: "report", rules: { "devices.denied": "enforce" } },
  });

  it("takes the rule's own mode before the default", () => {
    expect(holdOf(mixed, "devices.allowed", true)).toBe("report");
    expect(holdOf(mixed, "sessions.maxAge", true)).toBeNull();
    expect(holdOf(careful, "sessions.maxAge", true)).toBe("report");
    expect(holdOf(careful, "devices.denied", true)).toBeNull();
  });

  it("lets a rollout hold session rules and devices.allowed only", () => {
    expect(holdOf(policyOf(), "sessions.maxPerUser", false)).toBe("rollout");
    expect(holdOf(mixed, "devices.allowed", false)).toBe("report");
    expect(holdOf(policyOf(), "devices.denied", false)).toBeNull();
    expect(holdOf(policyOf(), "users.locked", false)).toBeNull();
  });
});

describe("rollout", () => {
  const ids = Array.from({ length: 1000 }, (_, i) => `user-${i}`);
  const reached = (rollout: number) => ids.filter((id) => of({ rollout }, userOf(id)).inRollout);

  it("reaches nobody at 0, everybody at 100, and about its share between", () => {
    expect(reached(0)).toEqual([]);
    expect(reached(100)).toEqual(ids);
    expect(reached(30).length).toBeGreaterThan(250);
    expect(reached(30).length).toBeLessThan(350);
  });

  it("contains every smaller one, and goes by the id alone", () => {
    const ten = new Set(reached(10));
    expect(ten.size).toBeGreaterThan(0);
    expect(reached(11).filter((id) => ten.has(id))).toEqual([...ten]);
    expect(rolloutPlace("user-1")).toBe(rolloutPlace("user-1"));
    expect(of({ rollout: 50 }, userOf("user-1", [], { name: "x" })).inRollout).toBe(
      of({ rollout: 50 }, userOf("user-1", [], { name: null, fields: { a: 1 } })).inRollout,
    );
  });
});

describe("what a policy mentions", () => {
  const policy = policyOf({
    users: usersLocked(lockedOf("ann")),
    groups: [
      groupOf("a", { members: [written("bob", 51)], where: { team: "sea", rank: 1 } }),
      groupOf("b", { where: { team: "land" } }),
    ],
    exceptions: [exceptionOf("sessions.maxAge", { user: "ann" })],
    protected: [written("cleo", 70)],
  });

  it("names each user once, at the first place", () => {
    expect([...rulebook(policy).named]).toEqual([
      ["ann", source(40)],
      ["bob", source(51)],
      ["cleo", source(70)],
    ]);
  });

  it("needs the fields of identify and of every where, and none without them", () => {
    expect(neededFields(policy)).toEqual(["rank", "team"]);
    const target = { ...policy.target, identify: "email" };
    expect(neededFields({ ...policy, target })).toEqual(["email", "rank", "team"]);
    expect(neededFields(policyOf())).toEqual([]);
  });
});
