/** Who is never touched: protected users, and users whose name several have. docs/contract.md, "Precedence" and "Names". */
import { describe, expect, it } from "vitest";
import type { Session } from "../../../src/model/inventory.ts";
import {
  DAY,
  decided,
  deniedOf,
  denying,
  exceptionOf,
  FILE,
  groupOf,
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
const active = sessionOf("s1");
const signedOut = sessionOf("s2", { state: "ended" });
const lockedAnn = (...sessions: Session[]) => userOf("ann", sessions, { locked: true });

describe("protected", () => {
  const policy = policyOf({
    protected: [written("ann", 70)],
    sessions: { maxAge: written(HOUR, 11) },
    users: usersLocked(),
    devices: denying(deniedOf("device-s2", { action: "wipe" })),
  });

  it("nothing is done; what would have happened is one notice", () => {
    const decision = decided(userOf("ann", [active, signedOut]), policy);
    expect(decision.wants).toEqual([]);
    expect(decision.notices).toHaveLength(1);
    const [notice] = decision.notices;
    expect(notice).toMatchObject({ kind: "protected", user: "ann", file: FILE, line: 70 });
    expect(notice?.message).toMatch(/re-authenticate .*s1 .*sessions\.maxAge/);
    expect(notice?.message).toMatch(/wipe .*s2 .*devices\.denied/);
  });

  it("a lock of ours is still lifted", () => {
    const decision = decided(lockedAnn(active), policy, OURS);
    expect(wanted(decision)).toEqual(["unlock"]);
    expect(decision.notices.map((n) => [n.kind, n.message])).toEqual([
      [
        "protected",
        "protected, so not done: re-authenticate session s1 (sessions.maxAge: signed in 1 day ago, 1 hour allowed)",
      ],
    ]);
    const alone = decided(lockedAnn(), policy, OURS);
    expect([wanted(alone), alone.notices]).toEqual([["unlock"], []]);
  });

  it("a lock found in place does not become ours, without a word", () => {
    const adopting = { ...policy, users: usersLocked(lockedOf("ann", { adopt: true })) };
    expect(decided(lockedAnn(), adopting)).toMatchObject({ adopt: false, wants: [], notices: [] });
  });

  it("no wipe is owed any longer", () => {
    const devices = onlyTizen({ otherwise: "wipe" });
    const owed = { owedWipes: { s3: NOW - DAY } };
    const waits = userOf("ann", [sessionOf("s3", { state: "ended", lastFullSyncAt: null })]);
    const unprotected = policyOf({ devices });
    expect(decided(waits, unprotected, owed).owing).toEqual(new Map([["s3", NOW - DAY]]));
    expect(decided(waits, { ...policy, devices }, owed)).toMatchObject({
      owing: new Map(),
      wants: [],
      notices: [{ kind: "protected" }],
    });
  });

  it("a lock that is not ours stays a notice, and one that was lifted is forgotten", () => {
    expect(decided(lockedAnn(), policy).notices).toEqual([
      {
        kind: "foreign-lock",
        user: "ann",
        message:
          "ann is protected, and has a lock that is not managed by Curfew: Curfew does not lift it; unlock it in the backend",
        file: FILE,
        line: 70,
      },
    ]);
    expect(decided(userOf("ann"), policy, OURS).forget).toBe(true);
  });

  it("no notice where nothing would have happened", () => {
    expect(decided(userOf("ann"), policy).notices).toEqual([]);
    const waits = decided(
      userOf("ann", [sessionOf("s2", { lastFullSyncAt: null, signedInAt: NOW })]),
      policy,
    );
    expect(waits.notices.map((n) => n.kind)).toEqual(["protected"]);
  });
});

describe("a name that several users have", () => {
  const NAME = "ann@acme.example";
  const target = { ...policyOf().target, identify: "email" };
  const named = (id: string, more = {}) =>
    userOf(id, [active], { name: NAME, ambiguous: true, ...more });
  const sessions = { maxAge: written(HOUR) };
  const denied = denying(deniedOf("device-s1"));

  it("locks nobody, lifts no lock of ours, and stands in no other rule's way", () => {
    const policy = policyOf({ target, sessions, users: usersLocked(lockedOf(NAME)) });
    expect(wanted(decided(named("u1"), policy))).toEqual(["re-authenticate s1"]);
    const ours = { ownLocks: { u1: NOW } };
    const locked = decided(named("u1", { locked: true, sessions: [] }), policy, ours);
    expect(locked).toMatchObject({ wants: [], notices: [], forget: false });
  });

  it("touches nobody whom it could protect, but for denied devices and notBefore", () => {
    const base = { target, protected: [written(NAME)], users: usersLocked(lockedOf("u1")) };
    const rules = { ...sessions, maxIdle: written(1), maxPerUser: written(0) };
    const spared = policyOf({ ...base, sessions: rules, devices: onlyTizen() });
    expect(wanted(decided(named("u1"), spared))).toEqual([]);
    const urgent = policyOf({ ...base, sessions: { notBefore: written(NOW - 1) } });
    expect(wanted(decided(named("u1"), urgent))).toEqual(["re-authenticate s1"]);
    expect(wanted(decided(named("u1"), policyOf({ ...base, devices: denied })))).toEqual([
      "re-authenticate s1",
    ]);
    const own = decided(named("u1", { locked: true }), spared, { ownLocks: { u1: NOW } });
    expect(own).toMatchObject({ wants: [], forget: false });
  });

  it("touches nobody whom it could except, itself or by a group, but for notBefore", () => {
    const excepting = (rule: "sessions.maxAge" | "sessions.notBefore", by: object) =>
      policyOf({
        target,
        sessions: {
          [rule.slice("sessions.".length)]: written(rule === "sessions.maxAge" ? HOUR : NOW),
        },
        groups: [groupOf("crew", { members: [written(NAME)] })],
        exceptions: [exceptionOf(rule, by)],
      });
    for (const by of [{ user: NAME }, { group: "crew" }]) {
      expect(wanted(decided(named("u1"), excepting("sessions.maxAge", by)))).toEqual([]);
      expect(wanted(decided(named("u1"), excepting("sessions.notBefore", by)))).toEqual([
        "re-authenticate s1",
      ]);
    }
  });

  it("makes nobody a member", () => {
    const crew = groupOf("crew", { members: [written(NAME)], sessions });
    expect(wanted(decided(named("u1"), policyOf({ target, groups: [crew] })))).toEqual([]);
  });

  it("changes nothing where the policy does not use it", () => {
    expect(wanted(decided(named("u1"), policyOf({ target, sessions })))).toEqual([
      "re-authenticate s1",
    ]);
  });
});

describe("a protected id", () => {
  it("is compared without case and spaces, as any name under protected", () => {
    const policy = policyOf({ protected: [written(" ANN ")], sessions: { maxAge: written(HOUR) } });
    expect(wanted(decided(userOf("ann", [active]), policy))).toEqual([]);
    const locks = policyOf({ users: usersLocked(lockedOf("ANN")) });
    expect(wanted(decided(userOf("ann"), locks))).toEqual([]);
  });

  it("protects also where users are named by a field", () => {
    const target = { ...policyOf().target, identify: "email" };
    const policy = policyOf({
      target,
      protected: [written("u1")],
      users: usersLocked(lockedOf("ann@x")),
    });
    const ann = userOf("u1", [active], { name: "ann@x", locked: true });
    expect(wanted(decided(ann, policy, { ownLocks: { u1: NOW } }))).toEqual(["unlock"]);
    expect(wanted(decided({ ...ann, locked: false }, policy))).toEqual([]);
  });
});
