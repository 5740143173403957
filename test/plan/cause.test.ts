/** The five causes, in their order: docs/contract.md, "The cause". The first that holds is given. */
import { describe, expect, it } from "vitest";
import type { User } from "../../src/model/inventory.ts";
import type { Policy } from "../../src/model/policy.ts";
import type { Attempt, Memory } from "../../src/model/run.ts";
import {
  attemptOf,
  DAY,
  HOUR,
  lockedOf,
  NOW,
  noLimits,
  onlyTizen,
  planned,
  policyOf,
  type SessionParts,
  sessionOf,
  settledOf,
  userOf,
  usersLocked,
  written,
} from "../kit/builders.ts";

const THEN = NOW - 10 * DAY;
const old = policyOf({ limits: noLimits(), sessions: { maxAge: written(30 * DAY) } });
const last = (policy: Policy, at = THEN): Partial<Memory> => ({ last: settledOf(policy, at) });
const ann = (session: SessionParts, more: Partial<User> = {}) =>
  userOf("ann", [sessionOf("s1", session)], more);
const causes = (user: User, policy: Policy, memory: Partial<Memory>) => {
  const { plan } = planned([user], policy, { memory });
  return [...plan.actions, ...plan.held].map((a) => a.cause);
};
const aged = (days: number) => ann({ signedInAt: NOW - days * DAY });

describe("policy", () => {
  it("is the cause where there is no last policy", () => {
    expect(causes(aged(60), old, {})).toEqual(["policy"]);
  });

  it("is the cause where the last policy does not want it now", () => {
    const shorter = policyOf({ limits: noLimits(), sessions: { maxAge: written(20 * DAY) } });
    expect(causes(aged(25), shorter, last(old))).toEqual(["policy"]);
  });

  it("is not the cause where the last policy wants it too, for whatever reason", () => {
    const devices = policyOf({ limits: noLimits(), devices: onlyTizen() });
    expect(causes(aged(60), devices, last(old))).toEqual(["drift"]);
  });

  it("is the cause of a stronger action than the last policy wants", () => {
    const soft = policyOf({ limits: noLimits(), devices: onlyTizen() });
    const hard = policyOf({ limits: noLimits(), devices: onlyTizen({ otherwise: "wipe" }) });
    expect(causes(ann({}), hard, last(soft))).toEqual(["policy"]);
  });

  it("is the cause of an unlock where the entry was removed", () => {
    const locking = policyOf({ users: usersLocked(lockedOf("ann")), limits: noLimits() });
    const lifting = policyOf({ users: usersLocked(lockedOf("bob")), limits: noLimits() });
    const memory = { ...last(locking), ownLocks: { ann: THEN } };
    expect(causes(userOf("ann", [], { locked: true }), lifting, memory)).toEqual(["policy"]);
  });
});

describe("due", () => {
  it("is the cause where it was not wanted yet at the moment of the last run, to the millisecond", () => {
    const signedIn = (since: number) => ann({ signedInAt: since });
    expect(causes(signedIn(THEN - 30 * DAY), old, last(old))).toEqual(["due"]);
    expect(causes(signedIn(THEN - 30 * DAY - 1), old, last(old))).toEqual(["drift"]);
  });

  it("is the cause of a lock and of an unlock whose moment came", () => {
    const soon = policyOf({
      users: usersLocked(lockedOf("ann", { from: NOW - 1 })),
      limits: noLimits(),
    });
    expect(causes(userOf("ann"), soon, last(soon))).toEqual(["due"]);
    const over = policyOf({
      users: usersLocked(lockedOf("ann", { until: NOW })),
      limits: noLimits(),
    });
    const memory = { ...last(over), ownLocks: { ann: THEN } };
    expect(causes(userOf("ann", [], { locked: true }), over, memory)).toEqual(["due"]);
  });
});

describe("sign-in", () => {
  const allowed = policyOf({ limits: noLimits(), devices: onlyTizen() });

  it("is the cause where the user signed in since the last run", () => {
    expect(causes(ann({ signedInAt: THEN + 1 }), allowed, last(allowed))).toEqual(["sign-in"]);
    expect(causes(ann({ signedInAt: THEN }), allowed, last(allowed))).toEqual(["drift"]);
  });

  it("is the moment from which a device rule is broken", () => {
    const user = userOf("ann", [
      sessionOf("s1", { signedInAt: THEN + 2_000 }),
      sessionOf("s2", { signedInAt: THEN + 1_000 }),
    ]);
    const { plan } = planned([user], allowed, { memory: last(allowed) });
    expect(plan.actions).toMatchObject([
      { session: "s2", cause: "sign-in" },
      { session: "s1", cause: "sign-in" },
    ]);
    expect(plan.actions.map(({ since }) => since)).toEqual([
      new Date(THEN + 1_000).toISOString().replace(".000Z", "Z"),
      new Date(THEN + 2_000).toISOString().replace(".000Z", "Z"),
    ]);
  });

  it("takes the creation where the sign-in is unknown, and drift where both are", () => {
    const fresh = ann({ signedInAt: null, createdAt: THEN + 1 });
    expect(causes(fresh, allowed, last(allowed))).toEqual(["sign-in"]);
    const unknown = ann({ signedInAt: null, createdAt: null });
    expect(causes(unknown, allowed, last(allowed))).toEqual(["drift"]);
  });

  // docs/contract.md, "The cause" 5: a sign-in on one more device ends the oldest session,
  // whose own sign-in is old; called drift, it says that somebody changed the backend, and `drift` exits with 2.
  it("is the cause where the user's sign-in on another device ends the oldest session", () => {
    const one = policyOf({ limits: noLimits(), sessions: { maxPerUser: written(1) } });
    const user = userOf("ann", [
      sessionOf("new", { signedInAt: NOW - HOUR, lastConnectedAt: NOW - HOUR }),
      sessionOf("old", { signedInAt: THEN - DAY, lastConnectedAt: NOW - 2 * HOUR }),
    ]);
    expect(causes(user, one, last(one))).toEqual(["sign-in"]);
  });
});

describe("drift", () => {
  it("is the cause where somebody unlocked a locked user", () => {
    const locking = policyOf({ users: usersLocked(lockedOf("ann")), limits: noLimits() });
    const memory = { ...last(locking), ownLocks: { ann: THEN } };
    const { plan } = planned([userOf("ann")], locking, { memory });
    expect(plan.actions).toMatchObject([
      { type: "lock", cause: "drift", after: new Date(THEN).toISOString().replace(".000Z", "Z") },
    ]);
  });

  it("is the cause of a lock of ours that is gone, also where no run held nothing back", () => {
    const locking = policyOf({ users: usersLocked(lockedOf("ann")), limits: noLimits() });
    const memory = { ownLocks: { ann: THEN } };
    const { plan } = planned([userOf("ann")], locking, { memory });
    expect(plan.actions).toMatchObject([{ type: "lock", cause: "drift" }]);
    expect(plan.actions[0]?.after).toBeUndefined();
  });

  it("is of the last run, also where our lock is older", () => {
    const locking = policyOf({ users: usersLocked(lockedOf("ann")), limits: noLimits() });
    const memory = { ...last(locking), ownLocks: { ann: THEN - DAY } };
    const { plan } = planned([userOf("ann")], locking, { memory });
    const after = new Date(THEN).toISOString().replace(".000Z", "Z");
    expect(plan.actions).toMatchObject([{ after }]);
  });

  it("is no cause of a sign-out by a lock of ours that is there", () => {
    const memory = { ownLocks: { ann: THEN } };
    expect(causes(aged(60), old, memory)).toEqual(["policy"]);
  });

  it("is the cause of a lock also where the user came back since", () => {
    const locking = policyOf({ users: usersLocked(lockedOf("ann")), limits: noLimits() });
    expect(causes(ann({ signedInAt: NOW }), locking, last(locking))).toEqual(["drift"]);
  });
});

describe("retry", () => {
  const tried = (more: Partial<Attempt>) =>
    attemptOf("re-authenticate", "ann", {
      session: "s1",
      signedInAt: NOW - 60 * DAY,
      ...more,
    });

  it("comes first where the last attempt failed or has no outcome", () => {
    for (const status of ["failed", "intent"] as const) {
      expect(causes(aged(60), old, { attempts: [tried({ status })] })).toEqual(["retry"]);
      expect(causes(aged(60), old, { ...last(old), attempts: [tried({ status })] })).toEqual([
        "retry",
      ]);
    }
  });

  it("is not the cause where the last attempt was applied or skipped", () => {
    for (const status of ["applied", "skipped"] as const) {
      expect(causes(aged(60), old, { attempts: [tried({ status })] })).toEqual(["policy"]);
    }
  });

  it("goes by the last attempt of the same action of the same user and session", () => {
    const failed = tried({ at: NOW - 2 * HOUR, status: "failed" });
    expect(causes(aged(60), old, { attempts: [failed, tried({})] })).toEqual(["policy"]);
    expect(causes(aged(60), old, { attempts: [tried({ at: 0 }), failed] })).toEqual(["retry"]);
    for (const more of [
      { type: "wipe" },
      { user: "bob" },
      { session: "s2" },
      { signedInAt: NOW - 61 * DAY },
    ] as const) {
      expect(causes(aged(60), old, { attempts: [{ ...failed, ...more }] })).toEqual(["policy"]);
    }
  });
});

it("a wipe that is held and the sign-out instead of it each have a cause", () => {
  const hard = policyOf({ devices: onlyTizen({ otherwise: "wipe" }) });
  expect(causes(ann({}), hard, last(hard))).toEqual(["sign-in", "sign-in"]);
  const wipe = attemptOf("wipe", "ann", {
    session: "s1",
    signedInAt: NOW - DAY,
    status: "failed",
    cause: "drift",
  });
  const { plan } = planned([ann({})], hard, { memory: { ...last(hard), attempts: [wipe] } });
  expect(plan.held).toMatchObject([{ type: "wipe", cause: "retry", retryOf: "drift" }]);
  expect(plan.actions).toMatchObject([{ type: "re-authenticate", cause: "sign-in" }]);
});

it("the wipes that a lock covers have the lock's cause", () => {
  const users = usersLocked(lockedOf("ann", { wipe: true }));
  const locking = policyOf({ users });
  const { plan } = planned([ann({})], locking, { memory: last(policyOf()) });
  expect(plan.held).toMatchObject([{ type: "wipe", cause: "policy" }]);
  expect(plan.actions).toMatchObject([{ type: "lock", cause: "policy" }]);
});

describe("what a run held", () => {
  const reported = policyOf({
    sessions: { maxAge: written(30 * DAY) },
    enforcement: { default: "report", rules: {} },
  });
  const held = (policy: Policy, settledAt: number | null = null): Partial<Memory> => ({
    last: { at: NOW - HOUR, settledAt, policies: [{ policy, from: THEN }] },
  });

  it("keeps its cause, and an unchanged policy is not the cause of what came later", () => {
    expect(causes(aged(60), reported, held(reported))).toEqual(["policy"]);
    expect(causes(aged(35), reported, held(reported))).toEqual(["due"]);
    expect(causes(aged(60), reported, held(reported, THEN))).toEqual(["drift"]);
  });

  it("is a sign-in where the session signed in since, also before the last run", () => {
    const tizen = policyOf({ devices: onlyTizen(), rollout: 0 });
    const came = ann({ signedInAt: THEN + DAY });
    expect(causes(came, tizen, held(tizen))).toEqual(["sign-in"]);
  });

  it("is a change of the policy where a later policy was the first to want it", () => {
    const shorter = policyOf({ limits: noLimits(), sessions: { maxAge: written(20 * DAY) } });
    const policies = [
      { policy: old, from: THEN },
      { policy: shorter, from: NOW - DAY },
    ];
    const memory = { last: { at: NOW - HOUR, settledAt: THEN, policies } };
    expect(causes(aged(25), shorter, memory)).toEqual(["policy"]);
    expect(causes(aged(32), shorter, memory)).toEqual(["due"]);
    expect(causes(aged(60), shorter, memory)).toEqual(["drift"]);
  });
});
