/** The oracle itself, one user at a time, on examples worked out by hand from docs/contract.md. */
import { describe, expect, test } from "vitest";
import { glob, isAllowed } from "./devices.ts";
import { iso, leaver, NOW, nothing, planned, policy, session, user } from "./hand.ts";
import { DAY, HOUR, isInForce, isOpen, lengthOf, MINUTE } from "./time.ts";
import type { Policy, User } from "./types.ts";

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
