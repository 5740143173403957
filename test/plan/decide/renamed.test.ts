/** With `identify`, a name that moves from a locked user to somebody else takes no lock with it. */
import { describe, expect, it } from "vitest";
import type { User } from "../../../src/model/inventory.ts";
import type { Memory } from "../../../src/model/run.ts";
import {
  attemptOf,
  DAY,
  decided,
  HOUR,
  lockedOf,
  MINUTE,
  NOW,
  noLimits,
  planned,
  policyOf,
  sessionOf,
  userOf,
  usersLocked,
  written,
} from "../../kit/builders.ts";

const OLD = "ann@old.example";
const NEW = "ann@new.example";
const target = { ...policyOf().target, identify: "email" };
const limits = noLimits();
const locking = policyOf({ target, limits, users: usersLocked(lockedOf(OLD)) });
const nobody = policyOf({ target, limits, users: usersLocked() });

const ours: Partial<Memory> = { ownLocks: { u1: NOW - DAY }, lockedAs: { u1: OLD } };
const leaver = (name: string | null, more: Partial<User> = {}) =>
  userOf("u1", [], { locked: true, name, ...more });
const heir = (id: string, more: Partial<User> = {}) => userOf(id, [], { name: OLD, ...more });

function plan(users: User[], policy = locking, memory = ours) {
  return planned(users, policy, { memory }).plan;
}
const actions = (of: ReturnType<typeof plan>) => of.actions.map((a) => `${a.type} ${a.user}`);
const orphaned = (of: ReturnType<typeof plan>) =>
  of.notices.filter((n) => n.kind === "orphaned-lock").map((n) => `${n.user}: ${n.message}`);

describe("a locked leaver who was given another name", () => {
  it("stays locked when somebody else has the old one, who is locked; a notice says that it moved", () => {
    const made = plan([leaver(NEW), heir("u2")]);
    expect(actions(made)).toEqual(["lock u2"]);
    expect(orphaned(made)).toEqual([
      `u1: locked by Curfew as ${OLD}, which the policy still locks, but it is ${NEW} now and the name has moved to user u2: if this is still who is meant, correct the name, else remove the entry; left locked`,
    ]);
    expect(made.notices[0]).toMatchObject({ file: "policies/production.yaml", line: 39 });
  });

  it("stays locked when nobody has the old name", () => {
    const made = plan([leaver(NEW), userOf("u2")]);
    expect(actions(made)).toEqual([]);
    expect(orphaned(made)).toEqual([expect.stringContaining("and nobody is called that")]);
  });

  it("stays locked without any name", () => {
    const made = plan([leaver(null), heir("u2")]);
    expect(actions(made)).toEqual(["lock u2"]);
    const [notice, ...others] = orphaned(made);
    expect(notice).toContain("the user model gives it no email and the name has moved to user u2");
    expect(others).toEqual([]);
  });

  it("stays locked also where the new name is protected: two claims are no reason to let in", () => {
    const guarded = { ...locking, protected: [written(NEW)] };
    expect(actions(plan([leaver(NEW), heir("u2", { locked: true })], guarded))).toEqual([]);
  });

  it("is told the same whatever the order of users; of several heirs the lowest id", () => {
    const users = [heir("u3"), leaver(NEW), heir("u2")];
    const made = plan(users);
    expect(plan(users.toReversed()).digest).toBe(made.digest);
    expect(orphaned(made)).toEqual([expect.stringContaining("moved to user u2")]);
  });

  it("is unlocked once the old name is locked no more, and so is whoever has it now", () => {
    const memory = {
      ownLocks: { u1: NOW - DAY, u2: NOW - HOUR },
      lockedAs: { u1: OLD, u2: OLD },
    };
    const made = plan([leaver(NEW), heir("u2", { locked: true })], nobody, memory);
    expect(actions(made)).toEqual(["unlock u1", "unlock u2"]);
    expect(orphaned(made)).toEqual([]);
  });

  it("is unlocked when the entry of the old name has ended, to the millisecond", () => {
    const until = (end: number) =>
      policyOf({ target, limits, users: usersLocked(lockedOf(OLD, { until: end })) });
    const users = [leaver(NEW), heir("u2", { locked: true })];
    expect(actions(plan(users, until(NOW + 1)))).toEqual([]);
    expect(actions(plan(users, until(NOW)))).toEqual(["unlock u1"]);
  });

  it("is locked by the new name once the policy says it, which is remembered when the old one goes", () => {
    const both = policyOf({ target, limits, users: usersLocked(lockedOf(OLD), lockedOf(NEW)) });
    const made = plan([leaver(NEW), heir("u2", { locked: true })], both);
    expect(orphaned(made)).toEqual([]);
    expect(made.ledger.names).toBeUndefined();
    const corrected = policyOf({ target, limits, users: usersLocked(lockedOf(NEW)) });
    expect(plan([leaver(NEW)], corrected).ledger.names).toEqual({ u1: NEW });
  });

  it("is told once where somebody lifted the lock, and forgotten: a lock of later may be somebody else's", () => {
    const made = plan([leaver(NEW, { locked: false }), heir("u2", { locked: true })]);
    expect(actions(made)).toEqual([]);
    expect(made.ledger.forget).toEqual(["u1"]);
    expect(orphaned(made)).toEqual([
      `u1: locked by Curfew as ${OLD}, which the policy still locks, but it is ${NEW} now and the name has moved to user u2: to lock it again, correct the name; somebody lifted the lock: left unlocked`,
    ]);
  });

  it("whose lock may still take effect is no more told than forgotten", () => {
    const open = attemptOf("lock", "u1", { status: "intent", at: NOW - MINUTE });
    const memory = { ...ours, attempts: [open] };
    const made = plan([leaver(NEW, { locked: false }), heir("u2")], locking, memory);
    expect([made.ledger.forget, orphaned(made)]).toEqual([[], []]);
  });

  it("is nobody's business where users are named by id", () => {
    const byId = policyOf({ limits, users: usersLocked(lockedOf("u2")) });
    const memory = { ...ours, lockedAs: { u1: "u2" } };
    const users = [userOf("u1", [], { locked: true }), userOf("u2", [], { locked: true })];
    expect(actions(plan(users, byId, memory))).toEqual(["unlock u1"]);
  });

  it("is unlocked as before where the ledger is of before it kept names", () => {
    const memory = { ownLocks: { u1: NOW - DAY }, lockedAs: {} };
    const { lockedAs: _, ...none } = memory;
    for (const old of [memory, none]) {
      const users = [leaver(NEW), heir("u2", { locked: true })];
      expect(actions(plan(users, locking, old))).toEqual(["unlock u1"]);
    }
  });
});

describe("the names that a plan has the ledger remember", () => {
  const names = (users: User[], policy = locking, memory: Partial<Memory> = {}) =>
    plan(users, policy, memory).ledger.names;

  it("are of those whom it locks, who are ours, or who become ours", () => {
    expect(names([heir("u1")])).toEqual({ u1: OLD });
    expect(names([leaver(OLD)], locking, { ownLocks: { u1: NOW } })).toEqual({ u1: OLD });
    const adopting = policyOf({
      target,
      limits,
      users: usersLocked(lockedOf(OLD, { adopt: true })),
    });
    expect(names([leaver(OLD)], adopting)).toEqual({ u1: OLD });
  });

  it("are not of somebody else's lock, of one that is held, nor of one that is known", () => {
    expect(names([leaver(OLD)])).toBeUndefined();
    expect(names([leaver(OLD)], locking, ours)).toBeUndefined();
    const report = policyOf({
      target,
      users: usersLocked(lockedOf(OLD)),
      enforcement: { default: "report", rules: {} },
    });
    expect(names([heir("u1")], report)).toBeUndefined();
  });

  it("are none where users are named by id", () => {
    const byId = policyOf({ limits, users: usersLocked(lockedOf("u1")) });
    expect(names([userOf("u1")], byId)).toBeUndefined();
  });

  it("keep any id", () => {
    const made = names([heir("__proto__")]);
    expect(Object.entries(made ?? {})).toEqual([["__proto__", OLD]]);
  });
});

it("a user whose name is known is unlocked when no entry is left, as the decision says", () => {
  const owned = { ownLocks: { u1: NOW }, lockedAs: { u1: OLD } };
  expect(decided(leaver(OLD), nobody, owned)).toMatchObject({
    wants: [{ type: "unlock" }],
    formerName: null,
  });
});

it("a name that the policy does not lock is not noted, and a lock that is not ours has no former name", () => {
  expect(decided(leaver(NEW), nobody)).toMatchObject({ newName: null, formerName: null });
  expect(decided(leaver(NEW), locking, { lockedAs: { u1: OLD } })).toMatchObject({
    formerName: null,
    notices: [{ kind: "foreign-lock" }],
  });
});

describe("while the policy locks a name that nobody has", () => {
  const LOST = "lost@acme.example";
  const person = (id: string, locked = true) =>
    userOf(id, [], { locked, name: `${id}@acme.example` });
  const made = () => {
    const entries = [
      lockedOf(LOST),
      lockedOf("ended@acme.example", { until: NOW }),
      lockedOf("new@acme.example"),
    ];
    const users = [
      ...[person("doubtful"), person("known"), person("ended"), person("new", false)],
      userOf("aged", [sessionOf("s1")], { name: "aged@acme.example" }),
    ];
    const sessions = { maxAge: written(HOUR) };
    const ownLocks = { doubtful: NOW - DAY, known: NOW - DAY, ended: NOW - DAY };
    const memory = { ownLocks, lockedAs: { known: "known@acme.example" } };
    const policy = policyOf({ target, limits, sessions, users: usersLocked(...entries) });
    return plan(users, policy, memory);
  };

  it("whoever is unlisted and known by no name stays locked, and nobody else", () => {
    expect(actions(made())).toEqual([
      "lock new",
      "re-authenticate aged",
      "unlock ended",
      "unlock known",
    ]);
  });

  it("only that user is told of", () => {
    expect(orphaned(made())).toEqual([
      `doubtful: locked by Curfew and no longer listed, but the policy locks ${LOST}, and nobody is called that: if this user was renamed, correct the name, else remove it; left locked`,
    ]);
  });
});
