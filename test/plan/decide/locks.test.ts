/** Locks and unlocks at their edges: what waits with them, since when, and what they leave to other rules. */
import { describe, expect, it } from "vitest";
import type { Session } from "../../../src/model/inventory.ts";
import type { Policy } from "../../../src/model/policy.ts";
import {
  DAY,
  decided,
  deniedOf,
  denying,
  HOUR,
  lockedOf,
  NOW,
  policyOf,
  sessionOf,
  userOf,
  usersLocked,
  wanted,
  written,
} from "../../kit/builders.ts";

const OURS = { ownLocks: { ann: NOW - DAY } };
const active = sessionOf("s1");
const lockedAnn = (...sessions: Session[]) => userOf("ann", sessions, { locked: true });
const locking = (...more: Parameters<typeof lockedOf>[1][]) =>
  policyOf({ users: usersLocked(...more.map((entry) => lockedOf("ann", entry))) });
const modes = (
  policy: Policy,
  all: "enforce" | "report",
  rules: Policy["enforcement"]["rules"],
) => ({ ...policy, enforcement: { default: all, rules } });

describe("a lock", () => {
  it("owes nothing and breaks no session rule", () => {
    expect(decided(userOf("ann", [active]), locking({})).wants).toMatchObject([
      { type: "lock", owesWipe: false, notBefore: false, counts: "limit" },
    ]);
  });

  it("leaves nothing to the rules that its user's sessions keep", () => {
    const [lock] = decided(userOf("ann", [active]), locking({})).wants;
    expect(lock).toMatchObject({ otherwise: [] });
  });

  it("has, while it waits, what the session rules want and what they tell, each by itself", () => {
    const devices = denying(deniedOf("device-s1", { action: "wipe" }));
    const policy = policyOf({ users: usersLocked(lockedOf("ann")), devices });
    const wantsOf = (session: Session) => decided(userOf("ann", [session]), policy).wants;
    expect(wantsOf(active)).toMatchObject([{ type: "lock", otherwise: [{ type: "wipe" }] }]);
    const waits = sessionOf("s1", { state: "ended", lastFullSyncAt: null });
    expect(wantsOf(waits)).toMatchObject([
      { type: "lock", otherwise: [] },
      { type: "wipe", unsynced: true },
    ]);
  });

  it("is wanted since the earliest `from` of the entries in force", () => {
    const policy = locking({ from: NOW - HOUR }, { from: NOW - DAY }, {});
    expect(decided(userOf("ann"), policy).wants).toMatchObject([{ since: NOW - DAY }]);
    expect(decided(lockedAnn(active), policy).wants).toMatchObject([{ since: NOW - DAY }]);
  });

  it("covers no wipe of a session that was wiped since it signed in", () => {
    const user = userOf("ann", [active, sessionOf("s2", { state: "ended" })]);
    const covered = (wiped: Record<string, number>) =>
      decided(user, locking({ wipe: true }), { wiped }).wants[0]?.wipes?.map((w) => w.session);
    expect(covered({ s2: NOW - DAY })).toEqual(["s1"]);
    expect(covered({ s2: NOW - DAY - 1 })).toEqual(["s1", "s2"]);
  });

  it("found in place becomes ours where any of several entries says so", () => {
    const decision = decided(lockedAnn(), locking({}, { adopt: true }));
    expect(decision).toMatchObject({ adopt: true, notices: [{ kind: "adopted-lock" }] });
  });

  it("under report holds the sign-out of a session that breaks nothing else", () => {
    const report = modes(locking({}), "enforce", { "users.locked": "report" });
    expect(decided(lockedAnn(active), report).wants).toMatchObject([
      { type: "re-authenticate", session: "s1", hold: "report" },
    ]);
  });
});

describe("an unlock", () => {
  it("is wanted since the end of its entry, and since no known moment where none has ended", () => {
    const since = (entry: Parameters<typeof lockedOf>[1]) =>
      decided(lockedAnn(), locking(entry), OURS).wants.map((want) => want.since);
    expect(since({ until: NOW - HOUR })).toEqual([NOW - HOUR]);
    expect(since({ from: NOW + 1 })).toEqual([null]);
    const [first, last] = [NOW - DAY, NOW - HOUR].map((until) => ({ until }));
    for (const two of [
      [first, last],
      [last, first],
    ]) {
      const [want] = decided(lockedAnn(), locking(...two.map((e) => e ?? {})), OURS).wants;
      expect(want?.since).toBe(NOW - HOUR);
      expect(want?.reasons[0]?.message).toContain("until 2026-11-22T09:00:00Z");
    }
    expect(since({ from: NOW + 1, until: NOW + 2 })).toEqual([null]);
  });

  it("is held by the mode of users.locked, whatever the default", () => {
    const policy = policyOf({ users: usersLocked() });
    const held = (all: "enforce" | "report", mode: "enforce" | "report") =>
      decided(lockedAnn(), modes(policy, all, { "users.locked": mode }), OURS).wants;
    expect(held("enforce", "report")).toMatchObject([{ type: "unlock", hold: "report" }]);
    expect(held("report", "enforce")).toMatchObject([{ type: "unlock", hold: null }]);
  });

  it("waits for no rollout, nor does a lock", () => {
    const outside = { ...policyOf({ users: usersLocked() }), rollout: 0 };
    const free = { type: "unlock", hold: null, otherwise: [] };
    expect(decided(lockedAnn(), outside, OURS).wants).toMatchObject([free]);
    const lock = { ...locking({}), rollout: 0 };
    expect(decided(userOf("ann"), lock).wants).toMatchObject([{ type: "lock", hold: null }]);
    expect(decided(lockedAnn(active), lock).wants).toMatchObject([{ hold: null }]);
  });
});

describe("a rule that holds beside one that acts", () => {
  const idle = { lastConnectedAt: NOW - 2 * HOUR, lastFullSyncAt: NOW - 2 * HOUR };
  const sessions = { maxAge: written(HOUR), maxIdle: written(HOUR) };
  const ann = userOf("ann", [sessionOf("s1", idle)]);

  it("is named before the rollout where the one is reported and the other rolled out", () => {
    const policy = { ...policyOf({ sessions }), rollout: 0 };
    for (const rule of ["sessions.maxAge", "sessions.maxIdle"] as const) {
      const { wants } = decided(ann, modes(policy, "enforce", { [rule]: "report" }));
      expect(wants).toMatchObject([{ type: "re-authenticate", hold: "report" }]);
    }
  });

  it("of sessions.maxPerUser counts no session that an enforced rule ends", () => {
    const rules = { maxAge: written(2 * DAY), maxPerUser: written(1) };
    const policy = policyOf({ sessions: rules });
    const old = sessionOf("old", { signedInAt: NOW - 3 * DAY, lastConnectedAt: NOW });
    const report = modes(policy, "enforce", { "sessions.maxPerUser": "report" });
    expect(wanted(decided(userOf("ann", [old, active]), report))).toEqual(["re-authenticate old"]);
  });

  it("of sessions.notBefore is paced first, whatever else the session breaks", () => {
    const both = policyOf({ sessions: { ...sessions, notBefore: written(NOW) } });
    expect(decided(ann, both).wants).toMatchObject([{ notBefore: true }]);
    expect(decided(ann, policyOf({ sessions })).wants).toMatchObject([{ notBefore: false }]);
  });
});
