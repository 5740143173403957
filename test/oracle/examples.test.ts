/** The oracle itself, on examples that were worked out by hand from docs/contract.md. */
import { describe, expect, test } from "vitest";
import { bases, limitOf, share } from "./allowance.ts";
import { planOf } from "./brakes.ts";
import { causes } from "./cause.ts";
import { glob, isAllowed } from "./devices.ts";
import { remember } from "./remember.ts";
import { DAY, HOUR, isInForce, isOpen, lengthOf, MINUTE } from "./time.ts";
import { type Attempt, EMPTY, type Memory, type Policy, type Session, type User } from "./types.ts";

const NOW = Date.parse("2026-11-22T10:00:00Z");
const iso = (moment: number) => new Date(moment).toISOString();

function session(id: string, more: Partial<Session> = {}): Session {
  const device = {
    platform: "IOS",
    container: "20.6",
    runtime: "4.85.0",
    bundleId: "x",
    label: "Sony",
  };
  const times = { signedInAt: NOW - DAY, createdAt: NOW - 9 * DAY, lastConnectedAt: NOW - HOUR };
  const rest = { lastFullSyncAt: NOW - HOUR, device: `device-${id}`, state: "active" as const };
  return { id, ...device, ...times, ...rest, ...more };
}

function user(id: string, sessions: Session[] = [], more: Partial<User> = {}): User {
  return { id, locked: false, sessions, profile: null, ...more };
}

const FREE = { max: 99, percent: 100, exceed: "refuse" as const };
const OPEN = {
  lock: FREE,
  unlock: FREE,
  wipe: FREE,
  "re-authenticate": { percent: 100, perRun: 100 },
};
const policy = (more: Partial<Policy> = {}): Policy => ({
  version: 1,
  target: {},
  limits: OPEN,
  ...more,
});
const leaver = (name: string, more = {}) => ({
  users: { locked: [{ user: name, reason: "Left", ...more }] },
});

function planned(users: User[], of: Policy, memory: Partial<Memory> = {}, at = NOW) {
  const { taken, held, refused } = planOf(users, of, at, { ...EMPTY, ...memory });
  return {
    taken: taken.map((want) => `${want.type} ${want.session ?? want.user}`).sort(),
    held: held.map(({ want, by }) => `${want.type} ${want.session ?? want.user} ${by}`).sort(),
    refused,
  };
}

const nothing = { taken: [], held: [], refused: [] };

function attempt(type: Attempt["type"], of: string, more: Partial<Attempt> = {}): Attempt {
  const base = { session: null, signIn: null, at: NOW - HOUR, status: "applied" as const };
  return { type, user: of, ...base, outside: null, ended: [], undone: false, lines: "", ...more };
}

describe("time, versions and patterns", () => {
  test("durations, entries and windows", () => {
    expect(lengthOf("1d12h")).toBe(36 * HOUR);
    expect(isInForce({ from: iso(NOW), until: "2026-11-22" }, NOW)).toBe(true);
    expect(isInForce({ until: "2026-11-22" }, Date.parse("2026-11-23T00:00:00Z"))).toBe(false);
    expect(isOpen({ from: "22:00", to: "04:00" }, Date.parse("2026-11-22T03:59:00Z"))).toBe(true);
    expect(isOpen({ from: "22:00", to: "04:00" }, Date.parse("2026-11-22T04:00:00Z"))).toBe(false);
  });

  test("patterns", () => {
    expect(glob("zebra*", "Zebra TC52\nB")).toBe(true);
    expect(glob("[!a]?", "b😀")).toBe(true);
    expect(glob("[^b]*", "bx")).toBe(false);
    expect(glob("*", "")).toBe(true);
    expect(glob("\\*", "*")).toBe(true);
    expect(glob("\\*", "x")).toBe(false);
  });

  test("a container's version counts only beside a runtime", () => {
    const allowed = [{ container: ">=20" }];
    expect(isAllowed(session("a"), allowed)).toBe(true);
    expect(isAllowed(session("a", { runtime: null }), allowed)).toBe(false);
    expect(isAllowed(session("a", { container: "x" }), allowed)).toBe(false);
  });
});

describe("one user", () => {
  test("the rows about locks", () => {
    const own = { own: ["ann"] };
    const locked = { locked: true };
    expect(planned([user("ann", [session("a")])], policy(leaver("ann"))).taken).toEqual([
      "lock ann",
    ]);
    expect(planned([user("ann", [session("a")], locked)], policy(leaver("ann"))).taken).toEqual([
      "re-authenticate a",
    ]);
    expect(planned([user("ann", [], locked)], policy(leaver("bob")), own).taken).toEqual([
      "unlock ann",
    ]);
    expect(planned([user("ann", [], locked)], policy(leaver("bob")))).toEqual(nothing);
    expect(planned([user("ann", [], locked)], policy(), own)).toEqual(nothing);
    const ended = session("a", { state: "ended" });
    const wipe = policy(leaver("ann", { wipe: true }));
    expect(planned([user("ann", [ended], locked)], wipe).taken).toEqual(["wipe a"]);
    expect(planned([user("ann", [ended], locked)], wipe, { wiped: { a: NOW - DAY } })).toEqual(
      nothing,
    );
  });

  test("a limit of time is broken when it is passed, and what can't be told breaks it", () => {
    const aged = policy({ sessions: { maxAge: "1d" } });
    expect(planned([user("ann", [session("a")])], aged)).toEqual(nothing);
    expect(planned([user("ann", [session("a")])], aged, {}, NOW + 1).taken).toEqual([
      "re-authenticate a",
    ]);
    const future = session("a", { signedInAt: NOW + 6 * MINUTE, createdAt: null });
    expect(planned([user("ann", [future])], aged).taken).toEqual(["re-authenticate a"]);
    const soon = session("a", { signedInAt: NOW + 5 * MINUTE, createdAt: null });
    expect(planned([user("ann", [soon])], aged)).toEqual(nothing);
  });

  test("many sign-ins in the future are this machine's clock", () => {
    const ahead = (id: string) => session(id, { signedInAt: NOW + DAY, createdAt: null });
    const users = ["a", "b", "c", "d"].map((id) => user(id, [ahead(id)]));
    const aged = policy({ sessions: { maxAge: "1d" } });
    expect(planned(users, aged).held).toHaveLength(4);
    expect(planned(users.slice(1), aged).taken).toHaveLength(3);
  });

  test("of too many sessions the most recently connected stay; protected and excepted users are spared", () => {
    const three = ["a", "b", "c"].map((id, i) =>
      session(id, { lastConnectedAt: i === 1 ? null : NOW - i * HOUR }),
    );
    const surplus = policy({ sessions: { maxPerUser: 2 } });
    expect(planned([user("u2", three)], surplus).taken).toEqual(["re-authenticate b"]);
    expect(planned([user("u2", three)], { ...surplus, protected: ["U2 "] })).toEqual(nothing);
    const waived = {
      rule: "sessions.maxPerUser",
      user: "u2",
      reason: "",
      owner: "",
      until: "2026-12-01",
    };
    expect(planned([user("u2", three)], { ...surplus, exceptions: [waived] })).toEqual(nothing);
  });

  test("a wipe waits for data, and the session is signed out meanwhile", () => {
    const lost = (unsynced: "wait" | "lose") =>
      policy({
        devices: { denied: [{ id: "device-a", reason: "Lost", action: "wipe", unsynced }] },
      });
    const unsynced = user("ann", [session("a", { lastFullSyncAt: NOW - 3 * HOUR })]);
    expect(planned([unsynced], lost("wait"))).toEqual({
      taken: ["re-authenticate a"],
      held: ["wipe a unsynced"],
      refused: [],
    });
    expect(planned([unsynced], lost("lose")).taken).toEqual(["wipe a"]);
  });
});

describe("names", () => {
  const named = (id: string, email: string | null, more: Partial<User> = {}) =>
    user(id, [session(id, { signedInAt: NOW - 40 * DAY })], {
      profile: email === null ? null : { email },
      ...more,
    });
  const by = (more: Partial<Policy>) => policy({ target: { identify: "email" }, ...more });

  test("letters of another case are the same name where it holds an @", () => {
    expect(planned([named("1", "ann@x")], by(leaver("ANN@X "))).taken).toEqual(["lock 1"]);
    expect(planned([named("1", "ann")], by(leaver("Ann")))).toEqual(nothing);
  });

  test("a name that several have touches nobody, and spares who it could protect", () => {
    const two = [named("1", "ann@x"), named("2", "Ann@X")];
    expect(planned(two, by(leaver("ann@x")))).toEqual(nothing);
    const aged = by({
      protected: ["ann@x"],
      sessions: { maxAge: "30d", notBefore: iso(NOW - 50 * DAY) },
    });
    expect(planned(two, aged)).toEqual(nothing);
    const before = by({ protected: ["ann@x"], sessions: { notBefore: iso(NOW - DAY) } });
    expect(planned(two, before).taken).toEqual(["re-authenticate 1", "re-authenticate 2"]);
  });

  test("who had a name when its line was met keeps what the line says, beside who has it now", () => {
    const met = { "protected::ann@x": "1" };
    const moved = [named("1", null), named("2", "ann@x"), named("3", "bob@x")];
    const aged = by({ protected: ["ann@x"], sessions: { maxAge: "30d" } });
    expect(planned(moved, aged, { met }).taken).toEqual(["re-authenticate 3"]);
  });
});

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
