/** The oracle itself, on whole runs: limits, causes and what is remembered, worked out by hand from docs/contract.md. */
import { describe, expect, test } from "vitest";
import { bases, limitOf, share } from "./allowance.ts";
import { planOf } from "./brakes.ts";
import { causes } from "./cause.ts";
import { attempt, iso, leaver, NOW, OPEN, planned, policy, session, user } from "./hand.ts";
import { remember } from "./remember.ts";
import { DAY, HOUR, MINUTE } from "./time.ts";
import { type Attempt, EMPTY, type Memory, type Policy, type User } from "./types.ts";

describe("limits", () => {
  test("shares are rounded down, never below one unless 0, and 100 is no bound", () => {
    expect([share(10, 47), share(10, 3), share(0, 99)]).toEqual([4, 1, 0]);
    expect(share(100, 4)).toBe(Number.POSITIVE_INFINITY);
  });

  test("a raise widens a key that is there, until it ends", () => {
    const raise = [{ type: "lock" as const, max: 500, perRun: 9, until: iso(NOW + 1), reason: "" }];
    const raised = policy({ limits: { raise } });
    expect(limitOf(raised, "lock", NOW)).toEqual({ max: 500, percent: 10, exceed: "refuse" });
    expect(limitOf(raised, "lock", NOW + 1).max).toBe(50);
  });

  test("refuse takes none, pace what fits: the oldest sign-in first, an unknown one before it", () => {
    const users = ["a", "b", "c"].map((id, i) =>
      user(id, [
        session(id, { signedInAt: i === 2 ? null : NOW - (3 + i) * DAY, createdAt: null }),
      ]),
    );
    const aged = { sessions: { maxAge: "1d" } };
    const limit = (exceed: "refuse" | "pace") =>
      policy({
        ...aged,
        limits: { "re-authenticate": { max: 2, percent: 100, perRun: 100, exceed } },
      });
    expect(planned(users, limit("refuse")).refused).toEqual(["re-authenticate"]);
    expect(planned(users, limit("pace")).taken).toEqual(["re-authenticate b", "re-authenticate c"]);
  });

  test("what was seen undone does not count; what may have been done does", () => {
    const two = policy({ ...leaver("ann"), limits: { ...OPEN, lock: { max: 1, percent: 100 } } });
    const lockOfBob = (more: Partial<Attempt>) => ({ attempts: [attempt("lock", "bob", more)] });
    const users = (locked: boolean) => [user("ann"), user("bob", [], { locked })];
    expect(planned(users(true), two, lockOfBob({})).refused).toEqual(["lock"]);
    expect(planned(users(true), two, lockOfBob({ status: "unknown" })).refused).toEqual(["lock"]);
    expect(planned(users(true), two, lockOfBob({ status: "failed" })).taken).toEqual(["lock ann"]);
    expect(planned(users(false), two, lockOfBob({})).taken).toEqual(["lock ann"]);
    expect(planned(users(true), two, lockOfBob({ at: NOW - DAY })).taken).toEqual(["lock ann"]);
  });

  test("the base of sign-outs is who is active, and who was ended by what counts, each once", () => {
    const ended = session("b", { state: "ended" });
    const users = [
      user("ann", [
        session("a"),
        ended,
        session("c", { state: "unused" }),
        session("d", { state: "ended" }),
      ]),
    ];
    const counted = [
      attempt("re-authenticate", "ann", { session: "b", ended: ["b"] }),
      attempt("re-authenticate", "ann", { session: "a", ended: ["a"] }),
    ];
    expect(bases(users, counted)).toEqual({ users: 1, active: 2, others: 1 });
  });

  test("what failed waits an hour less ten minutes, and then longer", () => {
    const failed = (n: number): Partial<Memory> => ({
      attempts: Array.from({ length: n }, () =>
        attempt("lock", "ann", {
          status: "failed",
          lines: JSON.stringify(leaver("ann").users.locked),
        }),
      ),
    });
    const at = (after: number, n: number) =>
      planned([user("ann")], policy(leaver("ann")), failed(n), NOW - HOUR + after);
    expect(at(49 * MINUTE, 1).held).toEqual(["lock ann retry"]);
    expect(at(50 * MINUTE, 1).taken).toEqual(["lock ann"]);
    expect(at(109 * MINUTE, 2).held).toEqual(["lock ann retry"]);
  });

  test("sign-outs of locked users and denied devices pass a freeze; an urgent lock, too; a wipe never", () => {
    const freeze = { until: "2026-12-27", reason: "Year end" };
    const locked = user("ann", [session("a")], { locked: true });
    expect(planned([locked], policy({ ...leaver("ann"), freeze })).taken).toEqual([
      "re-authenticate a",
    ]);
    expect(planned([user("ann")], policy({ ...leaver("ann"), freeze })).held).toEqual([
      "lock ann freeze",
    ]);
    expect(
      planned([user("ann")], policy({ ...leaver("ann", { urgent: true }), freeze })).taken,
    ).toEqual(["lock ann"]);
    const denied = [{ id: "device-a", reason: "", action: "wipe" as const }];
    const stolen = planned([user("ann", [session("a")])], policy({ devices: { denied }, freeze }));
    expect(stolen).toEqual({ taken: ["re-authenticate a"], held: ["wipe a freeze"], refused: [] });
  });
});

describe("causes, and what a run remembers", () => {
  const aged = policy({ sessions: { maxAge: "30d" } });
  const calm = (at: number, of = aged): Partial<Memory> => ({
    policies: [{ policy: of, from: at, calm: true }],
    last: at,
  });
  const causeOf = (users: User[], of: Policy, memory: Partial<Memory>) => {
    const all = { ...EMPTY, ...memory };
    return planOf(users, of, NOW, all).taken.map(causes(users, of, NOW, all));
  };
  const old = (signedInAt: number) => [user("ann", [session("a", { signedInAt })])];

  test("policy, due, sign-in, drift and retry", () => {
    expect(causeOf(old(NOW - 41 * DAY), aged, {})).toEqual(["policy"]);
    expect(causeOf(old(NOW - 41 * DAY), aged, calm(NOW - HOUR))).toEqual(["drift"]);
    expect(causeOf(old(NOW - 30 * DAY - MINUTE), aged, calm(NOW - HOUR))).toEqual(["due"]);
    const denied = policy({ devices: { denied: [{ id: "device-a", reason: "" }] } });
    expect(causeOf(old(NOW - MINUTE), denied, calm(NOW - HOUR, denied))).toEqual(["sign-in"]);
    const failed = attempt("re-authenticate", "ann", {
      session: "a",
      signIn: NOW - 41 * DAY,
      status: "unknown",
    });
    expect(causeOf(old(NOW - 41 * DAY), aged, { attempts: [failed] })).toEqual(["retry"]);
    expect(causeOf([user("ann")], policy(leaver("ann")), { own: ["ann"] })).toEqual(["drift"]);
  });

  test("what was held keeps its cause", () => {
    const eras = [
      { policy: policy(), from: NOW - 2 * DAY, calm: true },
      { policy: aged, from: NOW - DAY, calm: false },
    ];
    expect(causeOf(old(NOW - 41 * DAY), aged, { policies: eras, last: NOW - HOUR })).toEqual([
      "policy",
    ]);
  });

  test("own locks, met names, wiped sessions", () => {
    const of = policy({ target: { identify: "email" }, ...leaver("ann@x", { wipe: true }) });
    const users = [user("1", [session("a")], { profile: { email: "ann@x" } })];
    const answer = planOf(users, of, NOW, EMPTY);
    const after = [user("1", [session("a", { state: "wiping" })], { locked: true })];
    const run = { policy: of, at: NOW, users, answer, after, statusOf: () => "applied" as const };
    const memory = remember(EMPTY, run);
    expect(memory.own).toEqual(["1"]);
    expect(memory.met).toEqual({ "locked::ann@x": "1" });
    expect(memory.wiped).toEqual({ a: NOW - DAY });
    expect(memory.policies).toEqual([{ policy: of, from: NOW, calm: true }]);
  });
});
