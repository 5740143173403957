// @module-tag worlds
/** An explanation of one user, against hand-made cases and against the plans of random worlds. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../../src/errors.ts";
import { inventoryMeter } from "../../../src/inventory/meter.ts";
import type { User, UserRecord } from "../../../src/model/inventory.ts";
import type { Plan } from "../../../src/model/plan.ts";
import type { Policy } from "../../../src/model/policy.ts";
import type { Memory } from "../../../src/model/run.ts";
import type { Rule } from "../../../src/model/vocabulary.ts";
import { decide } from "../../../src/plan/decide/decide.ts";
import { type Explanation, explainer } from "../../../src/plan/explain/explain.ts";
import { rulebook } from "../../../src/policy/effective.ts";
import { iso } from "../../../src/time.ts";
import {
  DAY,
  deniedOf,
  exceptionOf,
  groupOf,
  lockedOf,
  memoryOf,
  NOW,
  onlyTizen,
  planned,
  policyOf,
  sessionOf,
  source,
  userOf,
  usersLocked,
  written,
} from "../../kit/builders.ts";
import { RUNS } from "../../kit/runs.ts";
import { worlds } from "../../kit/worlds.ts";

function explained(
  asked: string,
  users: readonly (User | UserRecord)[],
  policy: Policy,
  memory: Partial<Memory> = {},
): { explanation: Explanation; plan: Plan } {
  const sink = explainer({
    policy,
    at: NOW,
    memory: memoryOf(memory),
    version: "0.0.0-test",
    user: asked,
  });
  const meter = inventoryMeter();
  let unreadable = 0;
  for (const one of users) {
    const record = "id" in one ? { user: one } : one;
    if ("user" in record) meter.add(record.user);
    else unreadable++;
    sink.add(record);
  }
  return sink.finish(meter.facts(unreadable));
}

/** `line wins|loses: says; why` of a rule, and its outcome. */
function said(explanation: Explanation, rule: Rule): string[] {
  const found = explanation.rules.find((one) => one.rule === rule);
  if (!found) throw new Error(`${rule} is not explained`);
  return [
    found.outcome,
    ...found.statements.map((s) => `${s.line} ${s.wins ? "wins" : "loses"}: ${s.says}; ${s.why}`),
    ...found.comparisons.map((c) => `${c.session} ${c.broken ? "broken" : "kept"}: ${c.found}`),
  ];
}

const rule = (explanation: Explanation, name: Rule) =>
  explanation.rules.find((one) => one.rule === name);

describe("an explanation", () => {
  it("tells the strictest of the top level and groups, and what each session has", () => {
    const policy = policyOf({
      sessions: { maxAge: written(30 * DAY, 18), maxIdle: written(14 * DAY, 19) },
      groups: [
        groupOf("crew", { members: [written("ann")], sessions: { maxAge: written(7 * DAY, 51) } }),
        groupOf("sea", { where: { team: "sea" }, sessions: { maxAge: written(7 * DAY, 54) } }),
        groupOf("land", { where: { team: "land" }, sessions: { maxAge: written(DAY, 57) } }),
      ],
    });
    const old = sessionOf("old", { signedInAt: NOW - 8 * DAY });
    const gone = sessionOf("gone", { state: "ended" });
    const ann = userOf("ann", [old, sessionOf("new"), gone], { fields: { team: "sea" } });
    const { explanation } = explained("ann", [ann, userOf("bob")], policy);
    expect(said(explanation, "sessions.maxAge")).toEqual([
      "broken",
      "18 loses: 30 days; less strict than policies/production.yaml:51",
      "51 wins: 7 days in group crew; the strictest that applies",
      "54 loses: 7 days in group sea; no stricter than policies/production.yaml:51",
      "old broken: signed in 8 days ago, 7 days allowed in group crew",
      "new kept: signed in 1 day ago, 7 days allowed: due 2026-11-28T10:00:00.001Z",
    ]);
    expect(said(explanation, "sessions.maxIdle")).toEqual([
      "kept",
      "19 wins: 14 days; the only one that applies",
      "old kept: last connected 1 hour ago, 14 days allowed: due 2026-12-06T09:00:00.001Z",
      "new kept: last connected 1 hour ago, 14 days allowed: due 2026-12-06T09:00:00.001Z",
    ]);
    expect(said(explanation, "sessions.notBefore")).toEqual(["none"]);
    expect(explanation).toMatchObject({
      groups: [
        { name: "crew", by: "members" },
        { name: "sea", by: "where" },
      ],
      verdict: { actions: [{ type: "re-authenticate", session: "old" }], held: [] },
      lockedByUs: null,
      protected: null,
    });
  });

  it("tells which exception holds, and why not the others", () => {
    const about = { user: "ann", source: source(60) };
    const exceptions = [
      exceptionOf("sessions.maxAge", { ...about, allow: 60 * DAY }),
      exceptionOf("sessions.maxAge", { ...about, allow: 45 * DAY, source: source(61) }),
      exceptionOf("sessions.maxAge", { ...about, until: NOW, source: source(62) }),
      exceptionOf("sessions.maxIdle", { ...about, allow: DAY, source: source(63) }),
      exceptionOf("devices.allowed", { ...about, source: source(64) }),
      exceptionOf("sessions.maxPerUser", { ...about, source: source(65) }),
      exceptionOf("sessions.notBefore", { ...about, source: source(66) }),
    ];
    const policy = policyOf({
      sessions: {
        maxAge: written(30 * DAY),
        maxIdle: written(2 * DAY),
        maxPerUser: written(1),
      },
      devices: onlyTizen(),
      exceptions,
    });
    const until = "until 2026-12-22T10:00:00Z: Offshore rig, owner jane.doe@acme.example";
    const ann = userOf("ann", [sessionOf("s"), sessionOf("t")]);
    const { explanation } = explained("ann", [ann], policy);
    expect(said(explanation, "sessions.maxAge").slice(0, 5)).toEqual([
      "kept",
      "18 loses: 30 days; relaxed by the exception at policies/production.yaml:60",
      `60 wins: 60 days ${until}; exceptions come before groups and the top level`,
      `61 loses: 45 days ${until}; of several exceptions the laxest holds: policies/production.yaml:60`,
      "62 loses: waived until 2026-11-22T10:00:00Z: Offshore rig, owner jane.doe@acme.example; ended at 2026-11-22T10:00:00Z",
    ]);
    expect(said(explanation, "sessions.maxIdle").slice(1, 3)).toEqual([
      "18 wins: 2 days; the only one that applies",
      `63 loses: 1 day ${until}; not laxer than policies/production.yaml:18`,
    ]);
    expect(said(explanation, "devices.allowed")).toEqual([
      "waived",
      "24 loses: 1 device allowed, else re-authenticate; waived by the exception at policies/production.yaml:64",
      `64 wins: waived ${until}; exceptions come before groups and the top level`,
      expect.stringMatching(
        /^s kept: ANDROID, .*: not among the allowed devices, which is waived: due 2026-12-22T10:00:00Z$/,
      ),
      expect.stringMatching(/^t kept: ANDROID/),
    ]);
    expect(said(explanation, "sessions.maxPerUser").slice(0, 2)).toEqual([
      "waived",
      "18 loses: 1 session; waived by the exception at policies/production.yaml:65",
    ]);
    expect(said(explanation, "sessions.notBefore")).toEqual([
      "kept",
      `66 loses: waived ${until}; there is no rule in force to relax`,
    ]);
  });

  it("tells when a rule will be broken: exceptions end, locks and a notBefore begin", () => {
    const until = NOW + 7 * DAY;
    const about = { user: "ann", until };
    const policy = policyOf({
      sessions: {
        maxAge: written(60 * DAY),
        maxIdle: written(20 * DAY),
        maxPerUser: written(1),
        notBefore: written(NOW + 9 * DAY),
      },
      users: usersLocked(lockedOf("ann", { from: NOW + 8 * DAY })),
      devices: onlyTizen(),
      exceptions: [
        exceptionOf("sessions.maxAge", { ...about, allow: 120 * DAY }),
        exceptionOf("sessions.maxIdle", about),
        exceptionOf("sessions.maxPerUser", about),
        exceptionOf("devices.allowed", about),
      ],
    });
    const old = sessionOf("old", { signedInAt: NOW - 109 * DAY, lastConnectedAt: NOW - 30 * DAY });
    const ann = userOf("ann", [old, sessionOf("new", { lastConnectedAt: NOW })]);
    const { explanation } = explained("ann", [ann], policy);
    const found = (name: Rule) => rule(explanation, name)?.comparisons.map((c) => c.found);
    expect(found("sessions.maxAge")).toEqual([
      `signed in 109 days ago, 120 days allowed: due ${iso(until)}`,
      `signed in 1 day ago, 120 days allowed: due ${iso(NOW + 59 * DAY + 1)}`,
    ]);
    expect(found("sessions.maxIdle")).toEqual([
      `last connected 30 days ago, waived: due ${iso(until)}`,
      `last connected 0 minutes ago, waived: due ${iso(NOW + 20 * DAY + 1)}`,
    ]);
    expect(found("sessions.notBefore")).toEqual([
      `signed in at ${iso(NOW - 109 * DAY)}: due ${iso(NOW + 9 * DAY)}`,
      `signed in at ${iso(NOW - DAY)}: due ${iso(NOW + 9 * DAY)}`,
    ]);
    expect(found("devices.allowed")).toEqual([
      expect.stringMatching(/which is waived: due 2026-11-29T10:00:00Z$/),
      expect.stringMatching(/which is waived: due 2026-11-29T10:00:00Z$/),
    ]);
    expect(found("users.locked")).toEqual([
      `not to be locked, and is not locked: due ${iso(NOW + 8 * DAY)}`,
    ]);
    const others = { ...policy, devices: policyOf().devices };
    const { explanation: few } = explained(
      "ann",
      [userOf("ann", [sessionOf("a"), sessionOf("b")])],
      others,
    );
    expect(rule(few, "sessions.maxPerUser")?.comparisons).toMatchObject([
      { session: "b", found: `waived: due ${iso(until)}` },
    ]);
  });

  it("tells locks, denied devices, protection, a notBefore to come and the rollout", () => {
    const policy = policyOf({
      users: usersLocked(
        lockedOf("ann", { from: NOW + DAY, ticket: "HR-812" }),
        lockedOf("bob", { until: NOW - DAY, wipe: true }),
      ),
      devices: { ...onlyTizen(), denied: [deniedOf("device-s", { action: "wipe" })] },
      sessions: { notBefore: written(NOW + DAY) },
      protected: [written("ann", 70)],
      rollout: 0,
    });
    const users = [
      userOf("ann", [sessionOf("s")], { locked: true }),
      userOf("bob", [sessionOf("t", { platform: "TIZEN" })], { locked: true }),
    ];
    const own = { ownLocks: { bob: NOW - 3 * DAY } };
    const { explanation: ann } = explained("ann", users, policy, own);
    expect(said(ann, "users.locked")).toEqual([
      "kept",
      "40 loses: locked: Left the company (HR-812) from 2026-11-23T10:00:00Z; not in force before 2026-11-23T10:00:00Z",
      "null kept: not to be locked, and is locked by somebody else",
    ]);
    expect(said(ann, "devices.denied")).toEqual([
      "broken",
      "30 wins: device device-s is denied: Lost in Durban, wipe, unsynced: wait; comes before exceptions: devices.denied has none",
      "s broken: device device-s is denied: Lost in Durban",
    ]);
    expect(said(ann, "sessions.notBefore")).toEqual([
      "kept",
      "18 loses: signed in at 2026-11-23T10:00:00Z or later; does nothing before its own moment",
      "s kept: signed in at 2026-11-21T10:00:00Z: due 2026-11-23T10:00:00Z",
    ]);
    expect(rule(ann, "devices.allowed")).toMatchObject({ outcome: "broken", hold: "rollout" });
    expect(ann).toMatchObject({
      protected: { line: 70 },
      rollout: { percent: 0, reached: false },
      verdict: {
        actions: [],
        held: [],
        notices: [{ kind: "foreign-lock" }, { kind: "protected" }],
      },
    });
    const { explanation: bob } = explained("bob", users, policy, own);
    expect(said(bob, "users.locked")).toEqual([
      "broken",
      "40 loses: locked: Left the company until 2026-11-21T10:00:00Z, wipe; ended at 2026-11-21T10:00:00Z",
      "null broken: not to be locked, and is locked by Curfew, since 2026-11-19T10:00:00Z",
    ]);
    expect(said(bob, "devices.allowed").at(-1)).toMatch(
      /^t kept: TIZEN, .*: allowed by policies\/production\.yaml:25$/,
    );
    expect(said(bob, "devices.denied")).toEqual(["none", "t kept: device device-t is not denied"]);
    expect(bob.verdict.actions).toMatchObject([{ type: "unlock" }]);
  });

  it("tells what a limit holds, for the whole estate", () => {
    const policy = policyOf({
      users: usersLocked(...["ann", "bob"].map((name) => lockedOf(name))),
      limits: { ...policyOf().limits, types: { ...policyOf().limits.types } },
    });
    policy.limits.types.lock = { max: 1, exceed: "refuse", source: source(90) };
    const { explanation } = explained("ann", [userOf("ann"), userOf("bob")], policy);
    expect(explanation.verdict).toMatchObject({
      actions: [],
      held: [{ type: "lock", user: "ann", by: "limit" }],
      refusals: [{ type: "lock", wanted: 2, allowed: 1 }],
    });
  });

  it("finds a user by id or name, and says what it takes where it can't", () => {
    const policy = policyOf({ target: { ...policyOf().target, identify: "email" } });
    const named = (id: string, name: string) => userOf(id, [], { name });
    const users = [named("u1", "ann@x.org"), named("u2", "ann@x.org"), named("u3", "bob@x.org")];
    for (const asked of ["u3", "bob@x.org", " Bob@X.org"]) {
      expect(explained(asked, users, policy).explanation.user.id).toBe("u3");
    }
    const fails = (asked: string, all: readonly (User | UserRecord)[] = users) => {
      try {
        explained(asked, all, policy);
      } catch (error) {
        if (error instanceof UsageError) return error.message;
        throw error;
      }
      return null;
    };
    expect(fails("ann@x.org")).toBe(
      "2 users are called ann@x.org: give the id of one, such as u1, u2",
    );
    expect(fails("bobb@x.org")).toBe(
      'production has no user bobb@x.org: did you mean "bob@x.org"? Give the email or id of one user, in the same letters',
    );
    expect(fails("somebody else")).toBe(
      "production has no user somebody else: give the email or id of one user, in the same letters",
    );
    const unreadable = { id: "u9", field: "sessions", message: "sessions: is text" };
    expect(fails("u9", [...users, { unreadable }])).toBe(
      "production: the record of user u9 can't be read, so nothing is done to it: sessions: is text",
    );
  });
});

describe("for any policy, estate and ledger", () => {
  it("the verdict is the plan's, and what is broken is what the plan gives as its reasons", () =>
    fc.assert(
      fc.property(worlds, ({ policy, users, memory }) => {
        const { plan } = planned(users, policy, { memory });
        for (const user of users) {
          const { explanation, plan: same } = explained(user.id, users, policy, memory);
          expect(same).toEqual(plan);
          const { actions, held, notices } = explanation.verdict;
          const of = <T extends { user: string | null }>(all: readonly T[]) =>
            all.filter((one) => one.user === user.id);
          expect(actions).toEqual(of(plan.actions));
          expect(held).toEqual(of(plan.held));
          expect(notices).toEqual(of(plan.notices));
          const broken = explanation.rules.flatMap(({ rule: name, comparisons }) =>
            comparisons.filter((c) => c.broken).map((c) => `${name} ${c.session}`),
          );
          const wanted = [...actions, ...held];
          for (const { session, reasons } of wanted) {
            for (const reason of reasons) {
              const key = reason.rule === "users.locked" ? null : session;
              expect(broken).toContain(`${reason.rule} ${key}`);
              const lines = explanation.rules.find((r) => r.rule === reason.rule)?.statements;
              expect(
                lines?.filter((s) => s.wins || reason.rule === "users.locked").map((s) => s.line),
              ).toContain(reason.line);
            }
          }
          // A lock covers the sessions, and nothing is done to who is protected.
          const covered = wanted.some(({ type }) => type === "lock") || explanation.protected;
          const sessions = new Set(wanted.map(({ session }) => session));
          for (const key of broken) {
            if (!covered)
              expect(sessions).toContain(
                key.endsWith(" null") ? expectUser(wanted) : key.split(" ")[1],
              );
          }
        }
      }),
      { ...RUNS, numRuns: Math.ceil(RUNS.numRuns / 2) },
    ));

  it("a rule is due when a plan first wants what it asks for, and not before", () => {
    let due = 0;
    fc.assert(
      fc.property(worlds, ({ policy, users, memory }) => {
        const book = rulebook(policy);
        const days = Array.from({ length: 70 }, (_, day) => NOW + day * DAY);
        for (const user of users) {
          const { explanation } = explained(user.id, users, policy, memory);
          // Nothing is done to who is protected, and a lock covers the sessions.
          if (explanation.protected) continue;
          const lockable = book.lockedEntries(user.id).length > 0 || user.locked;
          for (const { rule: name, comparisons } of explanation.rules) {
            if (lockable && name !== "users.locked") continue;
            for (const { session, broken, found } of comparisons) {
              if (broken) continue;
              const wanted = (at: number) =>
                decide(user, book, at, memoryOf(memory)).wants.some(
                  (want) =>
                    (session === null || want.session === session) &&
                    want.reasons.some((reason) => reason.rule === name),
                );
              const told = /: due (\S+)$/.exec(found)?.[1];
              const first = told === undefined ? Number.POSITIVE_INFINITY : Date.parse(told);
              for (const at of days) if (at < first) expect(wanted(at)).toBe(false);
              if (told === undefined) continue;
              due++;
              expect([wanted(first - 1), wanted(first)]).toEqual([false, true]);
            }
          }
        }
      }),
      { ...RUNS, numRuns: Math.ceil(RUNS.numRuns / 4) },
    );
    expect(due).toBeGreaterThan(0);
  });

  /** What a rule about the user itself is carried out on: the user, or its sessions. */
  const expectUser = (wanted: readonly { session: string | null }[]) => wanted[0]?.session ?? null;

  it("one statement of a rule wins at most, but for locks and denied devices", () =>
    fc.assert(
      fc.property(worlds, ({ policy, users, memory }) => {
        for (const user of users) {
          const { explanation } = explained(user.id, users, policy, memory);
          for (const { rule: name, statements, outcome } of explanation.rules) {
            if (name === "users.locked" || name === "devices.denied") continue;
            const winners = statements.filter(({ wins }) => wins);
            expect(winners.length).toBeLessThanOrEqual(1);
            if (outcome === "broken" || outcome === "waived") expect(winners).toHaveLength(1);
          }
        }
      }),
      { ...RUNS, numRuns: Math.ceil(RUNS.numRuns / 2) },
    ));
});
