/** Wipes that are held back, wait, follow, or are covered by a lock: docs/contract.md, "Wipes". */
import { describe, expect, it } from "vitest";
import type { Plan } from "../../../src/model/plan.ts";
import type { Policy } from "../../../src/model/policy.ts";
import {
  DAY,
  decided,
  deniedOf,
  denying,
  HOUR,
  limitsOf,
  lockedOf,
  NOW,
  noLimits,
  onlyTizen,
  planned,
  policyOf,
  sessionOf,
  userOf,
  usersLocked,
  wanted,
} from "../../kit/builders.ts";

const done = (plan: Plan) => plan.actions.map((a) => `${a.type} ${a.session ?? a.user}`);
const held = (plan: Plan) => plan.held.map((a) => `${a.type} ${a.session ?? a.user} ${a.by}`);
const SIGNED_IN = NOW - DAY;

describe("a wipe that its limit holds back", () => {
  const devices = onlyTizen({ otherwise: "wipe" });
  const user = userOf("ann", [sessionOf("s1")]);

  it("becomes a sign-out, is owed, and is a refusal", () => {
    const { plan, owedWipes } = planned([user], policyOf({ devices }));
    expect(done(plan)).toEqual(["re-authenticate s1"]);
    expect(held(plan)).toEqual(["wipe s1 limit"]);
    expect(plan.refusals).toMatchObject([{ type: "wipe", limit: "max", wanted: 1, allowed: 0 }]);
    expect(owedWipes).toEqual({ s1: SIGNED_IN });
  });

  it("follows when it is allowed, on the session that was signed out", () => {
    const out = userOf("ann", [sessionOf("s1", { state: "ended" })]);
    const memory = { owedWipes: { s1: SIGNED_IN } };
    const still = planned([out], policyOf({ devices }), { memory });
    expect([done(still.plan), held(still.plan)]).toEqual([[], ["wipe s1 limit"]]);
    expect(still.owedWipes).toEqual({ s1: SIGNED_IN });
    const allowed = planned([out], policyOf({ devices, limits: noLimits() }), { memory });
    expect(done(allowed.plan)).toEqual(["wipe s1"]);
    expect(allowed.plan.actions[0]).toMatchObject({ expects: { state: "ended" } });
    // Until the outcome tells that it was done.
    expect(allowed.owedWipes).toEqual({ s1: SIGNED_IN });
  });

  it("is forgotten when the session signed in again, was wiped, or the rule no longer asks", () => {
    const memory = { owedWipes: { s1: SIGNED_IN } };
    const out = (more: object) => userOf("ann", [sessionOf("s1", { state: "ended", ...more })]);
    const open = policyOf({ devices, limits: noLimits() });
    for (const [person, policy, known] of [
      [out({ signedInAt: NOW }), open, memory],
      [out({}), open, { ...memory, wiped: { s1: SIGNED_IN } }],
      [out({ state: "wiping" }), open, memory],
      [out({ platform: "TIZEN" }), open, memory],
    ] as const) {
      const { plan, owedWipes } = planned([person], policy, { memory: known });
      expect([done(plan), owedWipes]).toEqual([[], {}]);
    }
  });

  it("stays owed while the user is not in the plan", () => {
    const { owedWipes } = planned([user, userOf("bob")], policyOf({ devices }), {
      memory: { owedWipes: { s1: SIGNED_IN, other: null } },
      only: "bob",
    });
    expect(owedWipes).toEqual({ s1: SIGNED_IN, other: null });
  });

  // docs/contract.md, "Wipes": one that is held becomes a sign-out, and follows when it is allowed:
  // a lock of the user in between makes the plan forget what is owed, so that nothing follows when the lock ends.
  it("stays owed while the user is locked", () => {
    const out = sessionOf("s1", { state: "ended" });
    const policy = policyOf({ devices, users: usersLocked(lockedOf("ann")), limits: noLimits() });
    const memory = { owedWipes: { s1: SIGNED_IN }, ownLocks: { ann: NOW } };
    const { plan, owedWipes } = planned([userOf("ann", [out], { locked: true })], policy, {
      memory,
    });
    expect([...done(plan), ...Object.keys(owedWipes)].join()).toMatch(/s1/);
  });

  // docs/contract.md, "What is decided, for one user", the last row: only a wipe that was turned into a sign-out may follow. Under
  // report (and outside a rollout) nothing is signed out, so nothing is owed to a session that is signed out later.
  it.each([
    ["report", { enforcement: { default: "report" as const, rules: {} } }],
    ["a rollout", { rollout: 0 }],
  ])("is not owed where %s held it", (_, more) => {
    const { plan, owedWipes } = planned([user], policyOf({ devices, ...more }));
    expect(plan.actions).toEqual([]);
    expect(owedWipes).toEqual({});
  });
});

describe("a denied device with wipe", () => {
  const policyFor = (
    more: Partial<Parameters<typeof deniedOf>[1]> = {},
    rest: Partial<Policy> = {},
  ) =>
    policyOf({
      devices: denying(deniedOf("device-s1", { action: "wipe", ...more })),
      limits: noLimits(),
      ...rest,
    });
  const locked = sessionOf("s1", { state: "ended" });

  it("is wiped also where its session is ended, until it was wiped since it last signed in", () => {
    const user = userOf("ann", [locked]);
    expect(wanted(decided(user, policyFor()))).toEqual(["wipe s1"]);
    expect(wanted(decided(user, policyFor(), { wiped: { s1: SIGNED_IN } }))).toEqual([]);
    expect(wanted(decided(user, policyFor(), { wiped: { s1: SIGNED_IN - 1 } }))).toEqual([
      "wipe s1",
    ]);
    const reset = userOf("ann", [sessionOf("s1", { state: "wiping" })]);
    expect(wanted(decided(reset, policyFor()))).toEqual([]);
    const soft = policyFor({ action: "re-authenticate" });
    expect(wanted(decided(user, soft))).toEqual([]);
  });

  it("is wiped also of a locked user, once", () => {
    const user = userOf("ann", [locked], { locked: true });
    const users = usersLocked(lockedOf("ann", { wipe: true }));
    expect(wanted(decided(user, policyFor()))).toEqual(["wipe s1"]);
    expect(wanted(decided(user, policyFor({}, { users })))).toEqual(["wipe s1"]);
    expect(wanted(decided(user, policyFor({}, { users: usersLocked(lockedOf("ann")) })))).toEqual([
      "wipe s1",
    ]);
  });

  it("waits for unsynced data, with a notice; `lose` does not wait and says so", () => {
    for (const state of ["active", "ended"] as const) {
      const user = userOf("ann", [sessionOf("s1", { state, lastFullSyncAt: null })]);
      const waits = decided(user, policyFor());
      expect(wanted(waits)).toEqual(state === "active" ? ["re-authenticate s1"] : []);
      expect(waits.notices).toMatchObject([{ kind: "wipe-waiting" }]);
      const loses = decided(user, policyFor({ unsynced: "lose" }));
      expect(wanted(loses)).toEqual(["wipe s1"]);
      expect(loses.notices).toEqual([]);
      expect(loses.wants[0]?.reasons[0]?.message).toContain("unsynced data may be lost");
    }
  });

  it("becomes a sign-out outside pace, windows and freeze where the wipe is held", () => {
    const { plan } = planned(
      [userOf("ann", [sessionOf("s1")])],
      policyFor(
        {},
        {
          freeze: { until: NOW + 1, reason: "Year end", allow: [], source: { file: "x", line: 1 } },
          limits: limitsOf({ "re-authenticate": { max: 0 } }),
        },
      ),
    );
    expect(done(plan)).toEqual(["re-authenticate s1"]);
    expect(held(plan)).toEqual(["wipe s1 freeze"]);
    expect(plan.refusals).toEqual([]);
  });
});

describe("a wipe that waits while its user's lock is held", () => {
  // docs/contract.md, "Wipes": one that waits is told, and follows: the notice and
  // the debt of what a held lock leaves to the session rules are dropped, so that the wipe never follows.
  it("is told and owed like any other", () => {
    const policy = policyOf({
      users: usersLocked(lockedOf("ann")),
      devices: onlyTizen({ otherwise: "wipe" }),
      limits: limitsOf({ lock: { max: 0 }, "re-authenticate": {}, wipe: {} }),
    });
    const { plan, owedWipes } = planned(
      [userOf("ann", [sessionOf("s1", { lastFullSyncAt: null })])],
      policy,
    );
    expect(done(plan)).toEqual(["re-authenticate s1"]);
    expect(plan.notices.map((n) => n.kind)).toEqual(["unknown-user", "wipe-waiting"]);
    expect(owedWipes).toEqual({ s1: SIGNED_IN });
  });
});

describe("a lock with wipe", () => {
  const users = usersLocked(lockedOf("ann", { wipe: true }), lockedOf("bob", { wipe: true }));
  const ann = userOf("ann", [
    sessionOf("a1"),
    sessionOf("a2", { state: "ended" }),
    sessionOf("a3", { state: "wiping" }),
  ]);
  const bob = userOf("bob", [sessionOf("b1")]);
  const few = (max: number, more: object = {}) =>
    limitsOf({ lock: {}, wipe: { max, exceed: "refuse", ...more } });

  it("counts as a lock and, for each of its sessions, as a wipe", () => {
    const { plan, steps } = planned([ann, bob], policyOf({ users, limits: few(3) }));
    expect(plan.actions).toMatchObject([
      { type: "lock", user: "ann", wipe: true },
      { type: "lock", user: "bob", wipe: true },
    ]);
    expect(steps.map((s) => s.attempt.wipes)).toEqual([
      { a1: SIGNED_IN, a2: SIGNED_IN },
      { b1: SIGNED_IN },
    ]);
    expect(plan.held).toEqual([]);
  });

  it("becomes a plain lock where its wipes are held back, and the wipes follow", () => {
    const { plan, steps, owedWipes } = planned([ann, bob], policyOf({ users, limits: few(2) }));
    expect(plan.actions.map((a) => a.wipe)).toEqual([false, false]);
    expect(steps.map((s) => s.attempt.wipes)).toEqual([{}, {}]);
    expect(held(plan)).toEqual(["wipe a1 limit", "wipe a2 limit", "wipe b1 limit"]);
    expect(plan.refusals).toMatchObject([{ type: "wipe", wanted: 3, allowed: 2 }]);
    // The policy itself asks for them as long as it locks the user.
    expect(owedWipes).toEqual({});
    const after = userOf("ann", [sessionOf("a1", { state: "ended" })], { locked: true });
    const next = planned([after], policyOf({ users, limits: few(1) }), { memory: { owedWipes } });
    expect(done(next.plan)).toEqual(["wipe a1"]);
  });

  it("with pace wipes whole users, never a part of one", () => {
    const policy = policyOf({ users, limits: few(1, { exceed: "pace" }) });
    const { plan } = planned([ann, bob], policy);
    expect(plan.actions.map((a) => [a.user, a.wipe])).toEqual([
      ["ann", false],
      ["bob", true],
    ]);
    expect(held(plan)).toEqual(["wipe a1 pace", "wipe a2 pace"]);
  });

  it("does not count its wipes where the lock itself is held", () => {
    const limits = limitsOf({ lock: { max: 1, exceed: "refuse" }, wipe: { max: 9 } });
    const { plan } = planned([ann, bob], policyOf({ users, limits }));
    expect(held(plan)).toEqual(["lock ann limit", "lock bob limit"]);
    expect(plan.held.map((h) => h.wipe)).toEqual([true, true]);
    expect(plan.actions).toEqual([]);
  });

  it("does not wait for unsynced data", () => {
    const unsynced = userOf("ann", [sessionOf("a1", { lastFullSyncAt: NOW - 9 * HOUR })]);
    const { plan } = planned([unsynced], policyOf({ users, limits: noLimits() }));
    expect(plan.actions).toMatchObject([{ type: "lock", wipe: true }]);
    expect(plan.notices.map((n) => n.kind)).toEqual(["unknown-user"]);
  });

  it("says in the lock's reason that it does not wait for unsynced data", () => {
    const { plan } = planned([ann], policyOf({ users, limits: noLimits() }));
    expect(plan.actions[0]?.reasons[0]?.message).toMatch(/^Left the company; .*unsynced data/);
    const plain = policyOf({ users: usersLocked(lockedOf("ann")), limits: noLimits() });
    expect(planned([ann], plain).plan.actions[0]?.reasons[0]?.message).toBe("Left the company");
  });

  // docs/contract.md, "Limits": the default for wipes is 0, which means none. A user without sessions is locked with
  // `wipe: true`, which wipes whatever signed in since the read, uncounted.
  it("asks for no wipe where wipes are not allowed, also of a user without sessions", () => {
    const { plan } = planned([userOf("ann")], policyOf({ users }));
    expect(plan.actions).toMatchObject([{ type: "lock", wipe: false }]);
  });
});
