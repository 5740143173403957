/** With `identify`, a name that moves from a locked user to somebody else takes no lock with it. */
import { describe, expect, it } from "vitest";
import type { User } from "../../../src/model/inventory.ts";
import type { Memory } from "../../../src/model/run.ts";
import {
  DAY,
  exceptionOf,
  groupOf,
  HOUR,
  lockedOf,
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

const lineOf = (name: string, ...list: string[]) =>
  JSON.stringify([...(list.length > 0 ? list : ["users.locked"]), name]);
const ours: Partial<Memory> = { ownLocks: { u1: NOW - DAY }, met: { [lineOf(OLD)]: "u1" } };
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
    expect(made.notices[0]).toMatchObject({ file: "policies/production.yaml", line: 40 });
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
      met: { [lineOf(OLD)]: "u1" },
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
    expect(made.ledger.met).toEqual({ [lineOf(NEW)]: "u1" });
    const corrected = policyOf({ target, limits, users: usersLocked(lockedOf(NEW)) });
    expect(plan([leaver(NEW)], corrected).ledger).toMatchObject({
      ...{ met: { [lineOf(NEW)]: "u1" }, gone: [lineOf(OLD)] },
    });
  });

  it("is locked again where somebody lifted the lock: the line still means that user", () => {
    const made = plan([leaver(NEW, { locked: false }), heir("u2", { locked: true })]);
    expect(actions(made)).toEqual(["lock u1"]);
    expect([made.actions[0]?.cause, made.ledger.forget]).toEqual(["drift", []]);
    expect(orphaned(made)).toEqual([expect.stringContaining("to be locked all the same")]);
  });

  it("is nobody's business where users are named by id", () => {
    const byId = policyOf({ limits, users: usersLocked(lockedOf("u2")) });
    const memory = { ...ours, met: { [lineOf("u2")]: "u1" } };
    const users = [userOf("u1", [], { locked: true }), userOf("u2", [], { locked: true })];
    expect(actions(plan(users, byId, memory))).toEqual(["unlock u1"]);
  });
});

describe("who a plan has the ledger remember", () => {
  const met = (users: User[], policy = locking, memory: Partial<Memory> = {}) =>
    plan(users, policy, memory).ledger.met;

  it("is who alone has the name of a line of any list, whatever becomes of it", () => {
    const lists = policyOf({
      target,
      users: usersLocked(lockedOf("Ann@Old.Example ")),
      groups: [groupOf("crew", { members: [written(OLD)] })],
      exceptions: [exceptionOf("sessions.maxAge", { user: OLD })],
      protected: [written("Bo")],
    });
    const all = {
      [lineOf(OLD)]: "u1",
      [lineOf(OLD, "groups", "crew")]: "u1",
      [lineOf(OLD, "exceptions", "sessions.maxAge")]: "u1",
      [lineOf("bo", "protected")]: "u2",
    };
    expect(met([heir("u1"), userOf("u2", [], { name: "BO" })], lists)).toEqual(all);
    expect(met([userOf("u3", [], { name: OLD })], lists, { met: all })).toBeUndefined();
  });

  it("is nobody for a name that several have or nobody has, or for an id", () => {
    expect(met([heir("u1", { ambiguous: true }), heir("u2", { ambiguous: true })])).toBeUndefined();
    expect(met([userOf("u2")])).toBeUndefined();
    const byId = policyOf({ target, limits, users: usersLocked(lockedOf("u1")) });
    expect(met([heir("u1")], byId)).toBeUndefined();
  });

  it("is only that user in a plan for one, in which no line is gone", () => {
    const bo = userOf("u2", [], { name: "bo" });
    const both = policyOf({ target, limits, users: usersLocked(lockedOf(OLD), lockedOf("bo")) });
    const memory = { met: { [lineOf("gone")]: "u3" } };
    const ledgerOf = (only: string, users: User[]) =>
      planned(users, both, { only, memory }).plan.ledger;
    for (const only of ["u1", OLD])
      expect(ledgerOf(only, [heir("u1"), bo])).toEqual({
        ...{ adopt: [], forget: [], none: true },
        met: { [lineOf(OLD)]: "u1" },
      });
    expect(ledgerOf("u1", [heir("u1"), heir("u4"), bo]).met).toBeUndefined();
    const saved = planned([heir("u1"), bo], both, { only: "u1" }).plan;
    expect(planned([heir("u1"), bo], both, { saved }).plan.ledger.met).toEqual(saved.ledger.met);
    const later = planned([leaver(NEW), heir("u5")], locking, {
      memory: { ownLocks: ours.ownLocks ?? {}, met: saved.ledger.met ?? {} },
    }).plan;
    expect(actions(later)).toEqual(["lock u5"]);
    expect(orphaned(later)).toHaveLength(1);
  });

  it("is none where users are named by id, and what was remembered goes", () => {
    const byId = policyOf({ limits, users: usersLocked(lockedOf("u1")) });
    const { ledger } = plan([userOf("u1")], byId, ours);
    expect([ledger.met, ledger.gone]).toEqual([undefined, [lineOf(OLD)]]);
  });

  it("is, of a saved plan, only whom that one names", () => {
    const saved = plan([heir("u1")], locking, {});
    const again = (users: User[]) => planned(users, locking, { saved }).plan.ledger.met;
    expect(again([heir("u1")])).toEqual({ [lineOf(OLD)]: "u1" });
    expect(again([heir("u2")])).toBeUndefined();
  });

  it("may have any id", () => {
    expect(Object.values(met([heir("__proto__")]) ?? {})).toEqual(["__proto__"]);
  });
});

describe("somebody who lost the name of a line", () => {
  const old = [sessionOf("s1", { signedInAt: NOW - 10 * DAY })];
  const lost = userOf("u1", old, { name: NEW });
  const sessions = { maxAge: written(DAY) };
  const wants = (policy: Parameters<typeof plan>[1], met: Record<string, string>, user = lost) => {
    const made = plan([user, heir("u2", { sessions: old })], policy, { met });
    return { does: actions(made), kinds: made.notices.map((n) => `${n.kind} ${n.user}`) };
  };

  it("stays protected, beside whoever has the name now", () => {
    const policy = policyOf({ target, limits, sessions, protected: [written(OLD)] });
    const { does, kinds } = wants(policy, { [lineOf(OLD, "protected")]: "u1" });
    expect(does).toEqual([]);
    expect(kinds).toEqual(["protected u1", "protected u1", "protected u2"]);
    expect(wants(policy, {}).does).toEqual(["re-authenticate u1"]);
  });

  it("stays protected without any name", () => {
    const policy = policyOf({ target, limits, sessions, protected: [written(OLD)] });
    const nameless = userOf("u1", old, { name: null, nameless: "asked" });
    expect(wants(policy, { [lineOf(OLD, "protected")]: "u1" }, nameless).does).toEqual([]);
    expect(wants(policy, {}, nameless).does).toEqual(["re-authenticate u1"]);
  });

  it("stays a member, and keeps an exception", () => {
    const groups = [groupOf("crew", { members: [written(OLD)], sessions })];
    expect(
      wants(policyOf({ target, limits, groups }), { [lineOf(OLD, "groups", "crew")]: "u1" }),
    ).toEqual({
      does: ["re-authenticate u1", "re-authenticate u2"],
      kinds: ["unknown-user u1"],
    });
    const exceptions = [exceptionOf("sessions.maxAge", { user: OLD })];
    const excepted = policyOf({ target, limits, sessions, exceptions });
    const met = { [lineOf(OLD, "exceptions", "sessions.maxAge")]: "u1" };
    expect(wants(excepted, met)).toEqual({ does: [], kinds: ["unknown-user u1"] });
    expect(wants(excepted, {}).does).toEqual(["re-authenticate u1"]);
  });

  it("who has another one of which other things are asked is neither ended nor lifted, and unclear", () => {
    const guarded = { target, limits, sessions, protected: [written(OLD)] };
    const met = { [lineOf(OLD, "protected")]: "u1" };
    const swapped = wants(policyOf({ ...guarded, users: usersLocked(lockedOf(NEW)) }), met);
    expect(swapped.does).toEqual([]);
    expect(swapped.kinds).toContain("unclear u1");
    const groups = [groupOf("crew", { members: [written(NEW)] })];
    const member = wants(policyOf({ ...guarded, groups }), met);
    expect(member.does).toEqual([]);
    expect(member.kinds).toContain("unclear u1");
  });

  it("whom both names lock, or of whom both ask the same, is not unclear", () => {
    const both = policyOf({ target, limits, users: usersLocked(lockedOf(OLD), lockedOf(NEW)) });
    const { does, kinds } = wants(both, { [lineOf(OLD)]: "u1" });
    expect([does, kinds]).toEqual([["lock u1", "lock u2"], []]);
  });

  it("is locked by the stricter name, and wiped only by both", () => {
    const groups = [groupOf("crew", { members: [written(NEW)], sessions })];
    const users = usersLocked(lockedOf(OLD, { wipe: true }));
    const made = plan([lost], policyOf({ target, limits, groups, users }), {
      met: { [lineOf(OLD)]: "u1" },
    });
    expect(made.actions).toMatchObject([{ type: "lock", user: "u1", wipe: false }]);
  });

  it("keeps the lock that the old name put, where the new one says nothing of locks", () => {
    const groups = [groupOf("crew", { members: [written(NEW)] })];
    const policy = policyOf({ target, limits, groups, users: usersLocked(lockedOf(OLD)) });
    const made = plan([leaver(NEW)], policy);
    expect(actions(made)).toEqual([]);
    expect(made.notices.map(({ kind }) => kind)).toContain("unclear");
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
    const memory = { ownLocks, met: { [lineOf("known@acme.example")]: "known" } };
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
