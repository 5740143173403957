/** Sign-ins and connections in the future: docs/contract.md, "What is decided, for one user". */
import { describe, expect, it } from "vitest";
import { planExit } from "../../src/exit.ts";
import { readInventory } from "../../src/inventory/read.ts";
import type { User } from "../../src/model/inventory.ts";
import type { Policy } from "../../src/model/policy.ts";
import { planner } from "../../src/plan/plan.ts";
import { EVERYTHING } from "../../src/plan/scope.ts";
import {
  DAY,
  HOUR,
  limitsOf,
  lockedOf,
  MINUTE,
  memoryOf,
  NOW,
  noLimits,
  onlyTizen,
  planned,
  policyOf,
  type SessionParts,
  sessionOf,
  settledOf,
  sourceOf,
  userOf,
  usersLocked,
  written,
} from "../kit/builders.ts";

const FAR = Date.parse("9999-12-31T00:00:00Z");
const planOf = (policy: Policy, users: User[]) => planned(users, policy).plan;
const timed = policyOf({
  sessions: { maxAge: written(30 * DAY), maxIdle: written(14 * DAY) },
  limits: noLimits(),
});

const fresh = (id: string, more: SessionParts = {}) =>
  sessionOf(id, { signedInAt: NOW - DAY, lastConnectedAt: NOW - HOUR, ...more });
/** Users with a session each that is as it should be. */
const crowd = (count: number) =>
  Array.from({ length: count }, (_, n) => userOf(`ok-${n}`, [fresh(`ok-${n}`)]));
const ahead = (count: number, by = HOUR): User[] =>
  Array.from({ length: count }, (_, n) =>
    userOf(`u${n}`, [fresh(`s${n}`, { createdAt: NOW - DAY, signedInAt: NOW + by })]),
  );
const old = userOf("old", [fresh("old", { signedInAt: NOW - 40 * DAY })]);
const clockNotices = (plan: { notices: { kind: string; user: string | null }[] }) =>
  plan.notices.filter(({ kind }) => kind === "clock");

describe("a moment in the future", () => {
  it("is no sign-in since the last run: somebody changed the backend", () => {
    const denying = policyOf({ devices: onlyTizen(), limits: noLimits() });
    const memory = { last: settledOf(denying, NOW - HOUR) };
    const users = [userOf("a", [fresh("a", { signedInAt: FAR, createdAt: null })])];
    const { plan } = planned(users, denying, { memory });
    expect(plan.actions.map(({ cause }) => cause)).toEqual(["drift"]);
  });

  it("is as old as can be where places are given", () => {
    const limits = limitsOf({ "re-authenticate": { max: 1, exceed: "pace" } });
    const policy = policyOf({ devices: onlyTizen(), limits });
    const plan = planOf(policy, [
      userOf("a", [fresh("a", { signedInAt: NOW - 90 * DAY })]),
      userOf("b", [fresh("b", { signedInAt: FAR, createdAt: null })]),
    ]);
    expect(plan.actions.map(({ session }) => session)).toEqual(["b"]);
  });

  it("is unknown: the sign-in is then the creation, and without one too old", () => {
    const plan = planOf(timed, [
      userOf("a", [fresh("a", { signedInAt: FAR, createdAt: NOW - 40 * DAY })]),
      userOf("b", [fresh("b", { signedInAt: FAR, createdAt: null })]),
      userOf("c", [fresh("c", { signedInAt: FAR, createdAt: NOW - DAY })]),
    ]);
    expect(plan.actions.map(({ session, reasons }) => [session, reasons[0]?.message])).toEqual([
      ["a", "signed in 40 days ago, 30 days allowed"],
      ["b", "when it signed in is unknown, 30 days allowed"],
    ]);
    expect(clockNotices(plan).map(({ user }) => user)).toEqual(["a", "b", "c"]);
    expect(planExit(plan)).toBe(1);
  });

  it("is what the write expects all the same, since it tells one sign-in from another", () => {
    const plan = planOf(timed, [userOf("b", [fresh("b", { signedInAt: FAR, createdAt: null })])]);
    expect(plan.actions[0]?.expects.signedInAt).toBe("9999-12-31T00:00:00Z");
  });

  it("of a connection is no evidence of one", () => {
    const connected = (id: string, signedInAt: number) =>
      userOf(id, [fresh(id, { signedInAt, lastConnectedAt: FAR })]);
    const plan = planOf(timed, [connected("a", NOW - 20 * DAY), connected("b", NOW - DAY)]);
    expect(plan.actions.map(({ session }) => session)).toEqual(["a"]);
  });

  it("is the oldest where the most recently connected stay", () => {
    const policy = policyOf({ sessions: { maxPerUser: written(1) }, limits: noLimits() });
    const plan = planOf(policy, [
      userOf("u", [fresh("real"), fresh("false", { lastConnectedAt: FAR })]),
    ]);
    expect(plan.actions.map(({ session }) => session)).toEqual(["false"]);
    expect(plan.actions[0]?.reasons[0]?.message).toContain("last connected at an unknown time");
  });

  it("breaks notBefore", () => {
    const policy = policyOf({ sessions: { notBefore: written(NOW - HOUR) }, limits: noLimits() });
    const plan = planOf(policy, [userOf("u", [fresh("s", { signedInAt: FAR, createdAt: null })])]);
    expect(plan.actions).toHaveLength(1);
  });

  it("may be five minutes ahead, and not a moment more", () => {
    const of = (by: number) => clockNotices(planOf(timed, ahead(1, by)));
    expect(of(5 * MINUTE)).toEqual([]);
    expect(of(5 * MINUTE + 1)).toHaveLength(1);
  });

  it("of a session that has ended is nothing to tell", () => {
    const plan = planOf(timed, [
      userOf("u", [fresh("s", { state: "ended", signedInAt: FAR, lastConnectedAt: FAR })]),
    ]);
    expect(plan.notices).toEqual([]);
  });
});

describe("this machine's clock is in doubt", () => {
  it("where more than three active sessions, and more than one in a hundred, lie ahead", () => {
    const held = (users: User[]) => planOf(timed, [...users, old]).held.map(({ by }) => by);
    expect(held(ahead(3))).toEqual([]);
    expect(held(ahead(4))).toEqual(["clock"]);
    expect(held([...ahead(4), ...crowd(395)])).toEqual([]);
    expect(held([...ahead(4), ...crowd(394)])).toEqual(["clock"]);
  });

  it("holds what rests on an age or an idleness, with one notice and exit code 1", () => {
    const plan = planOf(timed, [...ahead(5), old]);
    expect(plan.actions).toEqual([]);
    expect(plan.held).toMatchObject([{ session: "old", by: "clock" }]);
    expect(clockNotices(plan)).toMatchObject([{ user: null }]);
    expect(planExit(plan)).toBe(1);
  });

  it("holds nothing else: what a device breaks goes on, with all its reasons", () => {
    const policy = policyOf({
      sessions: { maxAge: written(30 * DAY) },
      devices: onlyTizen(),
      limits: noLimits(),
    });
    const plan = planOf(policy, [
      ...ahead(5),
      userOf("both", [fresh("both", { signedInAt: NOW - 40 * DAY, platform: "IOS" })]),
    ]);
    const both = plan.actions.find(({ session }) => session === "both");
    expect(both?.reasons.map(({ rule }) => rule)).toEqual(["devices.allowed", "sessions.maxAge"]);
    expect(plan.held.filter(({ by }) => by === "clock")).toEqual([]);
  });

  it("holds what takes a moment in the future for unknown: those signed in last of all", () => {
    const policy = policyOf({
      sessions: { notBefore: written(NOW - HOUR), maxPerUser: written(1) },
      limits: noLimits(),
    });
    const second = (user: User) => ({
      ...user,
      sessions: [
        ...user.sessions.map((s) => ({ ...s, createdAt: null })),
        fresh(`${user.id}-2`, { signedInAt: NOW - MINUTE }),
      ],
    });
    const plan = planOf(policy, ahead(5).map(second));
    expect(plan.actions).toEqual([]);
    expect(new Set(plan.held.map(({ by }) => by))).toEqual(new Set(["clock"]));
  });

  it("holds also what would be done while a lock waits", () => {
    const policy = policyOf({
      users: usersLocked(lockedOf("old")),
      sessions: { maxAge: written(30 * DAY) },
      limits: limitsOf({ lock: { max: 0, exceed: "refuse" } }),
    });
    const plan = planOf(policy, [...ahead(5), old]);
    expect(plan.actions).toEqual([]);
    expect(plan.held.map(({ type, by }) => [type, by])).toEqual([
      ["lock", "limit"],
      ["re-authenticate", "clock"],
    ]);
  });

  it.each<[number | null, string, string]>([
    [HOUR, "the backend's clock is 1 hour ahead of it", "set this machine's clock right"],
    [-2 * DAY, "the backend's clock is 2 days behind it", "set this machine's clock right"],
    [1000, "though the backend's clock says the same", "find out what writes such times"],
    [null, "what the backend's clock says is not known", "set this machine's clock right"],
  ])("and the backend's is named: %s", (skew, compared, remedy) => {
    const one = planner({
      ...{ policy: timed, at: NOW, memory: memoryOf(), version: "1", scope: EVERYTHING },
    });
    for (const user of ahead(5)) one.add({ user });
    const facts = { users: 5, sessions: 5, active: 5, digest: "" };
    const [notice] = clockNotices(one.finish(facts, skew).plan) as { message?: string }[];
    expect(notice?.message).toContain(compared);
    expect(notice?.message).toContain(remedy);
  });
});

describe("a read", () => {
  const read = async (at: number, readAt: number | undefined, elapsed = () => 0) => {
    const known = { policy: timed, at, readAt, memory: memoryOf() };
    const { sinks, facts } = await readInventory(
      sourceOf(ahead(5)),
      known,
      () => ({ plan: planner({ ...known, version: "1", scope: EVERYTHING }) }),
      { elapsed },
    );
    return clockNotices(sinks.plan.finish(facts).plan);
  };

  it("compares with its own moment, not with the one that is planned for", async () => {
    expect(await read(NOW - DAY, NOW + HOUR)).toEqual([]);
    expect(await read(NOW + DAY, NOW)).toHaveLength(1);
  });

  it("of a saved inventory takes the marks that are saved, and makes none", async () => {
    const marked = ahead(5).map((user) => ({
      ...user,
      sessions: user.sessions.map((session) => ({ ...session, knownUntil: NOW })),
    }));
    for (const [users, notices] of [[ahead(5), 0] as const, [marked, 1] as const]) {
      const known = { policy: timed, at: NOW, readAt: NOW, memory: memoryOf() };
      const saved = { ...sourceOf(users), saved: true as const };
      const { sinks, facts } = await readInventory(saved, known, () => ({
        plan: planner({ ...known, version: "1", scope: EVERYTHING }),
      }));
      expect(clockNotices(sinks.plan.finish(facts).plan)).toHaveLength(notices);
    }
  });

  it("that takes long takes no sign-in of its time for one of the future", async () => {
    let time = 0;
    const late = () => {
      time += 2 * HOUR;
      return time;
    };
    expect(await read(NOW, NOW, late)).toEqual([]);
  });
});
