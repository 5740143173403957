/** Limits, pacing, freezes and windows over whole plans: docs/contract.md, "Limits". */
import { describe, expect, it } from "vitest";
import type { User } from "../../../src/model/inventory.ts";
import type { Plan } from "../../../src/model/plan.ts";
import type { Limits, LockedEntry, Policy } from "../../../src/model/policy.ts";
import type { Attempt } from "../../../src/model/run.ts";
import {
  attemptOf,
  DAY,
  deniedOf,
  denying,
  estateOf,
  groupOf,
  HOUR,
  limitsOf,
  lockedOf,
  NOW,
  planned,
  policyOf,
  raiseOf,
  sessionOf,
  source,
  userOf,
  usersLocked,
  written,
} from "../../kit/builders.ts";

const done = (plan: Plan, type: string) => plan.actions.filter((a) => a.type === type).length;
const waits = (plan: Plan, type: string, by: string) =>
  plan.held.filter((a) => a.type === type && a.by === by).length;

/** A hundred users of whom the first `n` are to be locked. */
function locking(
  n: number,
  limits: Limits,
  attempts: Attempt[] = [],
  more: Partial<LockedEntry> = {},
) {
  const users = estateOf(100);
  const entries = users.slice(0, n).map((u) => lockedOf(u.id, more));
  return planned(users, policyOf({ users: usersLocked(...entries), limits }), {
    memory: { attempts },
  }).plan;
}

/** A hundred users, all with a session that is too old. */
function signingOut(limits: Limits, attempts: Attempt[] = [], more: Partial<Policy> = {}) {
  const policy = policyOf({ sessions: { maxAge: written(HOUR) }, limits, ...more });
  return planned(estateOf(100), policy, { memory: { attempts } }).plan;
}

describe("refuse", () => {
  it("does nothing at all of a type over its limit, and says what was left", () => {
    const plan = locking(8, limitsOf({ lock: { max: 7 } }));
    expect([done(plan, "lock"), waits(plan, "lock", "limit")]).toEqual([0, 8]);
    expect(plan.refusals).toHaveLength(1);
    expect(plan.refusals[0]).toMatchObject({ type: "lock", limit: "max", wanted: 8, allowed: 7 });
    expect(plan.refusals[0]?.message).toContain("type: lock, max: 8");
  });

  it("does all where the limit is just met", () => {
    const plan = locking(7, limitsOf({ lock: { max: 7 } }));
    expect([done(plan, "lock"), plan.held.length, plan.refusals.length]).toEqual([7, 0, 0]);
  });

  it("lets the other types go on", () => {
    const users = [...estateOf(20), userOf("late", [], { locked: true })];
    const policy = policyOf({
      users: usersLocked(lockedOf("u000"), lockedOf("u001")),
      sessions: { maxAge: written(HOUR) },
      limits: limitsOf({ lock: { max: 1 }, "re-authenticate": {} }),
    });
    const { plan } = planned(users, policy, { memory: { ownLocks: { late: 0 } } });
    expect(plan.summary).toEqual({ lock: 0, unlock: 1, "re-authenticate": 20, wipe: 0 });
  });

  it("names the place of the limit, and the default where there is none", () => {
    const own = limitsOf({ lock: { max: 1, source: source(88) } });
    expect(locking(2, own).refusals[0]?.message).toContain("policies/production.yaml:88");
    expect(locking(60, limitsOf()).refusals[0]?.message).toContain("the default");
  });
});

describe("the size of a limit", () => {
  it("a percentage is rounded down", () => {
    expect(locking(3, limitsOf({ lock: { percent: 3.9 } })).refusals).toEqual([]);
    expect(locking(4, limitsOf({ lock: { percent: 3.9 } })).refusals).toMatchObject([
      { limit: "percent", wanted: 4, allowed: 3 },
    ]);
  });

  it("is never below one unless it is 0", () => {
    expect(done(locking(1, limitsOf({ lock: { percent: 0.1 } })), "lock")).toBe(1);
    expect(locking(2, limitsOf({ lock: { percent: 0.1 } })).refusals).toMatchObject([
      { allowed: 1 },
    ]);
    expect(locking(1, limitsOf({ lock: { percent: 0 } })).refusals).toMatchObject([{ allowed: 0 }]);
    expect(locking(1, limitsOf({ lock: { max: 0 } })).refusals).toMatchObject([{ allowed: 0 }]);
    expect(
      done(signingOut(limitsOf({ "re-authenticate": { perRun: 0 } })), "re-authenticate"),
    ).toBe(0);
    expect(
      done(signingOut(limitsOf({ "re-authenticate": { perRun: 0.5 } })), "re-authenticate"),
    ).toBe(1);
  });

  it("of several the smallest holds", () => {
    const sizes = [
      [{ max: 4, percent: 6, perRun: 8 }, "max", 4],
      [{ max: 8, percent: 4, perRun: 6 }, "percent", 4],
      [{ max: 6, percent: 8, perRun: 4 }, "perRun", 4],
    ] as const;
    for (const [limit, key, allowed] of sizes) {
      expect(locking(9, limitsOf({ lock: limit })).refusals).toMatchObject([
        { limit: key, allowed },
      ]);
    }
  });

  it("no limit at all limits nothing", () => {
    expect(done(locking(100, limitsOf({ lock: {} })), "lock")).toBe(100);
  });

  it("of locks and unlocks goes by users; of sign-outs and wipes by active sessions", () => {
    const users = [
      ...estateOf(20, (i) => (i < 10 ? {} : { state: "ended" })),
      ...Array.from({ length: 20 }, (_, i) => userOf(`locked-${i}`, [], { locked: true })),
    ];
    const ownLocks = Object.fromEntries(users.slice(20).map((u) => [u.id, 0]));
    const half = { percent: 50, exceed: "pace" as const };
    const policy = policyOf({
      users: usersLocked(),
      sessions: { maxAge: written(HOUR) },
      limits: limitsOf({ unlock: { percent: 10, exceed: "pace" }, "re-authenticate": half }),
    });
    const { plan } = planned(users, policy, { memory: { ownLocks } });
    expect([done(plan, "unlock"), done(plan, "re-authenticate")]).toEqual([4, 5]);
  });
});

describe("the last 24 hours", () => {
  const ten = limitsOf({ lock: { max: 10 } });
  /** Locks of users who are locked in the inventory or not there any more. */
  const earlier = (n: number, more: Partial<Attempt> = {}) =>
    Array.from({ length: n }, (_, i) => attemptOf("lock", `gone-${i}`, more));

  it("count together with this run", () => {
    expect(done(locking(6, ten, earlier(4)), "lock")).toBe(6);
    const plan = locking(7, ten, earlier(4));
    expect(plan.refusals).toMatchObject([{ wanted: 7, allowed: 6 }]);
    expect(plan.refusals[0]?.message).toContain("4 of it used in the last 24 hours");
    expect(locking(1, ten, earlier(12)).refusals).toMatchObject([{ wanted: 1, allowed: 0 }]);
  });

  it("end after 24 hours, to the millisecond", () => {
    expect(done(locking(7, ten, earlier(4, { at: NOW - DAY + 1 })), "lock")).toBe(0);
    expect(done(locking(7, ten, earlier(4, { at: NOW - DAY })), "lock")).toBe(7);
  });

  it("leave perRun alone", () => {
    const each = limitsOf({ lock: { perRun: 5 } });
    expect(done(locking(5, each, earlier(9)), "lock")).toBe(5);
  });

  it("widen the percentage of sign-outs by the sessions that Curfew ended", () => {
    const ended = Array.from({ length: 100 }, (_, i) =>
      attemptOf("re-authenticate", `gone-${i}`, {
        session: `gone-${i}`,
        counts: i < 90 ? "none" : "limit",
      }),
    );
    // 25% of the 100 active and the 100 ended; 10 of the ended count, the exempt do not.
    const plan = signingOut(
      limitsOf({ "re-authenticate": { percent: 25, exceed: "pace" } }),
      ended,
    );
    expect(done(plan, "re-authenticate")).toBe(40);
  });
});

describe("raises", () => {
  const raised = (until: number, max = 20) =>
    limitsOf(
      { lock: { max: 5, percent: 10 } },
      { raise: [raiseOf("lock", { max, percent: 50, until })] },
    );

  it("widen a limit until they end, to the millisecond", () => {
    expect(done(locking(20, raised(NOW + 1)), "lock")).toBe(20);
    expect(locking(20, raised(NOW)).refusals).toMatchObject([{ allowed: 5 }]);
  });

  it("never narrow, and add no limit that the policy has not", () => {
    expect(done(locking(5, raised(NOW + 1, 1)), "lock")).toBe(5);
    const none = limitsOf({ lock: {} }, { raise: [raiseOf("lock", { max: 1 })] });
    expect(done(locking(20, none), "lock")).toBe(20);
  });

  it("of several the widest holds, and a key not raised still limits", () => {
    const raise = [raiseOf("lock", { max: 20 }), raiseOf("lock", { max: 30 })];
    expect(done(locking(30, limitsOf({ lock: { max: 5 } }, { raise })), "lock")).toBe(30);
    const percent = limitsOf({ lock: { max: 5, percent: 10 } }, { raise });
    expect(locking(30, percent).refusals).toMatchObject([{ limit: "percent", allowed: 10 }]);
  });

  it("are of one type", () => {
    const other = limitsOf({ lock: { max: 5 } }, { raise: [raiseOf("unlock", { max: 50 })] });
    expect(locking(6, other).refusals).toMatchObject([{ allowed: 5 }]);
  });
});

describe("pace", () => {
  const five = limitsOf({ "re-authenticate": { perRun: 5, exceed: "pace" } });
  const users = (): User[] => estateOf(100, (i) => ({ signedInAt: NOW - (100 - i) * DAY }));

  it("takes what fits, holds the rest, and is no refusal", () => {
    const plan = signingOut(five);
    expect([done(plan, "re-authenticate"), waits(plan, "re-authenticate", "pace")]).toEqual([
      5, 95,
    ]);
    expect(plan.refusals).toEqual([]);
  });

  it("takes the oldest sign-in first, the unknown before it", () => {
    const estate = users().reverse();
    const unknown = sessionOf("unknown", { signedInAt: null, createdAt: null });
    estate.splice(50, 1, userOf("x", [unknown]));
    const policy = policyOf({ sessions: { maxAge: written(HOUR) }, limits: five });
    const { plan } = planned(estate, policy);
    expect(plan.actions.map((a) => a.session)).toEqual(["unknown", "s000", "s001", "s002", "s003"]);
  });

  it("of sign-ins at one moment takes the first session, in whatever order they come", () => {
    const limits = limitsOf({ "re-authenticate": { max: 1, exceed: "pace" } });
    const policy = policyOf({ sessions: { maxAge: written(HOUR) }, limits });
    const first = (...ids: string[]) => {
      const { plan } = planned(
        [
          userOf(
            "ann",
            ids.map((id) => sessionOf(id)),
          ),
        ],
        policy,
      );
      return plan.actions.map((a) => a.session);
    };
    expect([first("s1", "s2"), first("s2", "s1")]).toEqual([["s1"], ["s1"]]);
  });

  it("takes notBefore first, then the rest", () => {
    // Only the office must sign in again; everybody else is older and merely too old.
    const estate = estateOf(9, (i) => ({ signedInAt: NOW - (i < 7 ? 40 : 5) * DAY }));
    const office = groupOf("office", {
      members: [written("u007"), written("u008")],
      sessions: { notBefore: written(NOW - DAY) },
    });
    const limits = limitsOf({ "re-authenticate": { max: 3, exceed: "pace" } });
    const policy = { sessions: { maxAge: written(30 * DAY) }, groups: [office], limits };
    const held = (more: Partial<Policy> = {}) =>
      planned(estate, policyOf({ ...policy, ...more })).plan.held.map((a) => a.session);
    expect(held()).toEqual(["s001", "s002", "s003", "s004", "s005", "s006"]);
    const rules = { "sessions.notBefore": "report" } as const;
    expect(held({ enforcement: { default: "enforce", rules } })).toContain("s007");
  });

  it("does not apply to sessions of locked users and of denied devices", () => {
    const estate = users().map((user, i) => ({ ...user, locked: i < 10 }));
    const policy = policyOf({
      users: usersLocked(...estate.slice(0, 10).map((u) => lockedOf(u.id))),
      devices: denying(...Array.from({ length: 10 }, (_, i) => deniedOf(`device-s01${i}`))),
      sessions: { maxAge: written(HOUR) },
      limits: limitsOf({ "re-authenticate": { perRun: 5, max: 5, exceed: "refuse" } }),
    });
    const { plan } = planned(estate, policy);
    expect([done(plan, "re-authenticate"), waits(plan, "re-authenticate", "limit")]).toEqual([
      20, 80,
    ]);
    expect(plan.actions.every((a) => a.exempt)).toBe(true);
  });
});
