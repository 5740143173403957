/** The rows of docs/contract.md, "What is decided, for one user", and the sentences around them. */
import { describe, expect, it } from "vitest";
import type { SessionState } from "../../../src/model/inventory.ts";
import type { Policy } from "../../../src/model/policy.ts";
import {
  DAY,
  decided,
  deniedOf,
  denying,
  FILE,
  HOUR,
  lockedOf,
  NOW,
  onlyTizen,
  policyOf,
  sessionOf,
  userOf,
  usersLocked,
  wanted,
  written,
} from "../../kit/builders.ts";

const OURS = { ownLocks: { ann: NOW - DAY } };
const locking = policyOf({ users: usersLocked(lockedOf("ann", { ticket: "HR-812" })) });
const notLocking = policyOf({ users: usersLocked(lockedOf("bob")) });
const active = sessionOf("s1");
const signedOut = sessionOf("s2", { state: "ended" });
const lockedAnn = (...sessions: Parameters<typeof userOf>[1] & object) =>
  userOf("ann", sessions, { locked: true });

describe("locked by the policy", () => {
  it("an unlocked user is locked, and the lock covers the sessions", () => {
    const { wants, notices } = decided(userOf("ann", [active, signedOut]), locking);
    expect(wants).toHaveLength(1);
    expect(wants[0]).toMatchObject({
      type: "lock",
      user: "ann",
      session: null,
      expects: { locked: false },
      wipes: null,
      hold: null,
      reasons: [
        { rule: "users.locked", file: FILE, line: 40, message: "Left the company (HR-812)" },
      ],
    });
    expect(notices).toEqual([]);
  });

  it("every entry in force is a reason; wipe and urgent of any of them hold", () => {
    const entries = [
      lockedOf("ann", { reason: "One", urgent: true }),
      lockedOf("ann", { reason: "Two", wipe: true, from: NOW - HOUR }),
      lockedOf("ann", { reason: "Over", until: NOW }),
    ];
    const { wants } = decided(
      userOf("ann", [active]),
      policyOf({ users: usersLocked(...entries) }),
    );
    expect(wants[0]?.reasons.map((r) => r.message)).toHaveLength(2);
    expect(wants[0]).toMatchObject({ counts: "urgent", since: NOW - HOUR });
    expect(wants[0]?.wipes?.map((w) => w.session)).toEqual(["s1"]);
  });

  it("a locked user's active session is signed out, exempt from the brakes", () => {
    const { wants } = decided(lockedAnn(active, signedOut), locking);
    expect(wants).toHaveLength(1);
    expect(wants[0]).toMatchObject({
      type: "re-authenticate",
      session: "s1",
      counts: "none",
      expects: { state: "active", signedInAt: "2026-11-21T10:00:00Z" },
      reasons: [{ rule: "users.locked" }],
    });
  });

  it("a locked user without active sessions needs nothing, whoever locked it", () => {
    for (const owned of [{}, OURS]) {
      const decision = decided(lockedAnn(signedOut), locking, owned);
      expect(decision).toEqual({
        wants: [],
        notices: [],
        adopt: false,
        forget: false,
        lifted: false,
        owing: new Map(),
        moved: [],
        isProtected: false,
      });
    }
  });

  it("with adopt, a lock found in place becomes ours, and is told once", () => {
    const adopting = policyOf({ users: usersLocked(lockedOf("ann", { adopt: true })) });
    const decision = decided(lockedAnn(), adopting);
    expect(decision).toMatchObject({ adopt: true, wants: [] });
    expect(decision.notices).toMatchObject([{ kind: "adopted-lock", user: "ann", line: 40 }]);
    expect(decided(lockedAnn(), adopting, OURS)).toMatchObject({ adopt: false, notices: [] });
    expect(decided(userOf("ann"), adopting)).toMatchObject({ adopt: false, notices: [] });
    const reporting = { ...adopting, enforcement: { default: "report" as const, rules: {} } };
    expect(decided(lockedAnn(), reporting)).toMatchObject({ adopt: false, notices: [] });
  });

  it("with wipe, a signed-out session that was not wiped since it signed in is wiped", () => {
    const wiping = policyOf({ users: usersLocked(lockedOf("ann", { wipe: true })) });
    const unknown = sessionOf("s3", {
      state: "ended",
      signedInAt: null,
      createdAt: null,
      lastFullSyncAt: null,
    });
    const user = lockedAnn(active, signedOut, unknown);
    const of = (wiped: Record<string, number | null>) => wanted(decided(user, wiping, { wiped }));
    expect(of({})).toEqual(["re-authenticate s1", "wipe s2", "wipe s3"]);
    expect(of({ s2: NOW - DAY, s3: null })).toEqual(["re-authenticate s1"]);
    expect(of({ s2: NOW - DAY - 1, s3: 7 })).toEqual(["re-authenticate s1", "wipe s2", "wipe s3"]);
    const { wants, notices } = decided(user, wiping);
    expect(notices).toEqual([]);
    expect(wants[2]?.reasons[0]?.message).toContain("does not wait for unsynced data");
  });

  it("leaves wiping and unused sessions alone", () => {
    const wiping = policyOf({ users: usersLocked(lockedOf("ann", { wipe: true })) });
    const rest = (["wiping", "unused"] as const).map((state) => sessionOf(state, { state }));
    expect(wanted(decided(lockedAnn(...rest), wiping))).toEqual([]);
    expect(decided(userOf("ann", rest), wiping).wants[0]?.wipes).toBeNull();
  });
});

describe("not locked by the policy", () => {
  it("our lock is lifted", () => {
    const { wants } = decided(lockedAnn(), notLocking, OURS);
    expect(wants).toMatchObject([{ type: "unlock", session: null, expects: { locked: true } }]);
    expect(wants[0]?.reasons).toEqual([
      {
        rule: "users.locked",
        file: FILE,
        line: 39,
        message: "no longer listed; Curfew locked it on 2026-11-21T10:00:00Z",
      },
    ]);
  });

  it("says of a lock that ended when it ended, and of one to come when it begins", () => {
    const over = policyOf({ users: usersLocked(lockedOf("ann", { until: NOW })) });
    const [ended] = decided(lockedAnn(), over, OURS).wants;
    expect(ended).toMatchObject({ type: "unlock", since: NOW });
    expect(ended?.reasons[0]?.message).toBe(
      "was locked until 2026-11-22T10:00:00Z: Left the company",
    );
    const future = policyOf({ users: usersLocked(lockedOf("ann", { from: NOW + 1000 })) });
    const [early] = decided(lockedAnn(), future, OURS).wants;
    expect(early?.reasons[0]?.message).toContain("locks it from 2026-11-22T10:00:01Z");
  });

  it("a lock that is not ours is a notice, and never lifted", () => {
    const decision = decided(lockedAnn(), notLocking, { ownLocks: { bob: NOW } });
    expect(decision.wants).toEqual([]);
    expect(decision.notices).toMatchObject([{ kind: "foreign-lock", user: "ann" }]);
  });

  it("a lock of ours that somebody lifted is forgotten", () => {
    expect(decided(userOf("ann"), notLocking, OURS)).toMatchObject({ forget: true, wants: [] });
    expect(decided(userOf("ann"), notLocking).forget).toBe(false);
    expect(decided(userOf("ann"), locking, OURS)).toMatchObject({ forget: false });
  });

  it("where users.locked is absent, our lock stays and is a notice", () => {
    const decision = decided(lockedAnn(), policyOf(), OURS);
    expect(decision.wants).toEqual([]);
    expect(decision.notices).toMatchObject([{ kind: "orphaned-lock", user: "ann" }]);
    expect(decided(lockedAnn(), policyOf()).notices).toMatchObject([{ kind: "foreign-lock" }]);
  });

  it("where users.locked is empty, our lock is lifted", () => {
    expect(wanted(decided(lockedAnn(), policyOf({ users: usersLocked() }), OURS))).toEqual([
      "unlock",
    ]);
  });

  it("an active session that breaks a rule is ended, also of a user whom somebody else locked", () => {
    const strict = { ...notLocking, sessions: { maxAge: written(HOUR) } };
    expect(wanted(decided(userOf("ann", [active]), strict))).toEqual(["re-authenticate s1"]);
    expect(wanted(decided(lockedAnn(active), strict))).toEqual(["re-authenticate s1"]);
    expect(wanted(decided(lockedAnn(active), strict, OURS))).toEqual([
      "unlock",
      "re-authenticate s1",
    ]);
  });

  it("any other session needs nothing: nothing is re-issued to a device that has not connected", () => {
    const strict = policyOf({
      sessions: { maxAge: written(1), maxIdle: written(1), maxPerUser: written(1) },
      devices: onlyTizen({ otherwise: "wipe", denied: [deniedOf("device-ended")] }),
    });
    const states: SessionState[] = ["ended", "wiping", "unused"];
    const sessions = states.map((state) => sessionOf(state, { state }));
    expect(wanted(decided(userOf("ann", sessions), strict))).toEqual([]);
  });
});

describe("one action a session", () => {
  const all = policyOf({
    sessions: {
      maxAge: written(HOUR, 11),
      maxIdle: written(1, 12),
      notBefore: written(NOW - HOUR, 13),
    },
    devices: onlyTizen({ denied: [deniedOf("device-s1", { action: "wipe" })] }),
  });

  it("is the strongest that a broken rule asks for, and names every broken rule", () => {
    const { wants } = decided(userOf("ann", [active]), all);
    expect(wants).toHaveLength(1);
    expect(wants[0]?.type).toBe("wipe");
    expect(wants[0]?.reasons.map((r) => [r.rule, r.line])).toEqual([
      ["devices.denied", 30],
      ["devices.allowed", 24],
      ["sessions.notBefore", 13],
      ["sessions.maxAge", 11],
      ["sessions.maxIdle", 12],
    ]);
    expect(wants[0]?.otherwise).toMatchObject([{ type: "re-authenticate", counts: "denied" }]);
  });

  it("asks for what the rules in force ask; one under report is named and not acted on", () => {
    const modes = (rules: Policy["enforcement"]["rules"]) => ({
      ...all,
      enforcement: { default: "enforce" as const, rules },
    });
    const [soft] = decided(userOf("ann", [active]), modes({ "devices.denied": "report" })).wants;
    expect(soft).toMatchObject({ type: "re-authenticate", hold: null, counts: "limit" });
    expect(soft?.reasons).toHaveLength(5);
    const [held] = decided(userOf("ann", [active]), {
      ...all,
      enforcement: { default: "report", rules: {} },
    }).wants;
    expect(held).toMatchObject({ type: "wipe", hold: "report" });
  });

  it("is held by the rollout, but not on a denied device", () => {
    const none = { ...all, rollout: 0 };
    const free = decided(userOf("ann", [sessionOf("s9")]), none).wants;
    expect(free).toMatchObject([{ type: "re-authenticate", hold: "rollout" }]);
    const denied = decided(userOf("ann", [active]), none).wants;
    expect(denied).toMatchObject([{ type: "wipe", hold: null }]);
  });
});

describe("a lock that waits", () => {
  const waiting = policyOf({
    users: usersLocked(lockedOf("ann")),
    sessions: { maxAge: written(HOUR) },
    enforcement: { default: "enforce", rules: { "users.locked": "report" } },
    devices: denying(deniedOf("device-s2", { action: "wipe" })),
  });

  it("lets the session rules apply meanwhile", () => {
    const [lock] = decided(userOf("ann", [active]), waiting).wants;
    expect(lock).toMatchObject({ type: "lock", hold: "report" });
    expect(lock?.otherwise).toMatchObject([
      {
        type: "re-authenticate",
        session: "s1",
        hold: null,
        reasons: [{ rule: "sessions.maxAge" }],
      },
    ]);
  });

  // docs/contract.md, "What is decided, for one user", a device that is denied with `wipe`:
  // the row asks nothing of the user, and the lock that would have covered the session is held.
  it("lets a denied device be wiped meanwhile, also where its session is ended", () => {
    const decision = decided(userOf("ann", [signedOut]), waiting);
    expect(wanted(decision)).toEqual(["lock", "wipe s2"]);
  });

  // docs/contract.md, "The policy file": enforcement is by rule. With users.locked under report the other rules are
  // enforced, yet the sessions of a listed user whom somebody locked are only held, whatever else they break.
  it("does not shelter the sessions of a user whom somebody else locked", () => {
    const { wants } = decided(lockedAnn(active), waiting);
    const acted = wants.flatMap((w) => [w, ...w.otherwise]).filter((w) => w.hold === null);
    expect(acted.map((w) => `${w.type} ${w.session}`)).toEqual(["re-authenticate s1"]);
  });
});
