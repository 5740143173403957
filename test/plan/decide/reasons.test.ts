/** The sentences of a plan, word for word: people search for them, and the reports show them as they are. */
import { describe, expect, it } from "vitest";
import * as notice from "../../../src/plan/decide/notices.ts";
import * as say from "../../../src/plan/decide/reasons.ts";
import {
  DAY,
  deniedOf,
  exceptionOf,
  FILE,
  HOUR,
  lockedOf,
  NOW,
  onlyTizen,
  policyOf,
  type SessionParts,
  sessionOf,
  source,
  userOf,
  usersLocked,
  written,
} from "../../kit/builders.ts";

const ann = userOf("ann");
const byId = policyOf({ users: usersLocked() });
const byEmail = policyOf({ target: { ...byId.target, identify: "email" }, users: usersLocked() });
const at = (line: number) => ({ file: FILE, line });

describe("the reasons of an action", () => {
  it("sessions.maxPerUser: when the session last connected, where that is known", () => {
    const bound = { ...written(2, 14), group: "crew" };
    const start = "one of 3 sessions, 2 allowed in group crew: it last connected";
    const end = "and the most recently connected stay";
    expect(say.tooMany(bound, 3, NOW)).toEqual({
      rule: "sessions.maxPerUser",
      ...at(14),
      message: `${start} 2026-11-22T10:00:00Z, ${end}`,
    });
    expect(say.tooMany(bound, 3, null).message).toBe(`${start} at an unknown time, ${end}`);
  });

  it("sessions.notBefore: also of a session whose sign-in is unknown", () => {
    expect(say.signedInBefore(written(NOW, 13), null)).toEqual({
      rule: "sessions.notBefore",
      ...at(13),
      message:
        "when it signed in is unknown, whoever signed in before 2026-11-22T10:00:00Z must sign in again",
    });
  });

  it("devices.denied: data may be lost only where the device is wiped without waiting for it", () => {
    const text = (action: "wipe" | "re-authenticate", unsynced: "wait" | "lose") =>
      say.denied(deniedOf("d", { action, unsynced }), sessionOf("s1", { device: "d" })).message;
    const plain = "device d is denied: Lost in Durban";
    expect(text("wipe", "lose")).toBe(`${plain}; unsynced data may be lost`);
    expect(text("wipe", "wait")).toBe(plain);
    expect(text("re-authenticate", "lose")).toBe(plain);
  });

  it("devices.allowed: how many devices are allowed", () => {
    const tizen = { platform: "TIZEN", source: source(25) };
    const message = (n: number) => {
      const allowed = Array.from({ length: n }, () => tizen);
      return say.notAllowed(sessionOf("s1"), onlyTizen({ allowed }), false);
    };
    const device =
      "ANDROID, container 20.6.1, runtime 4.85.0, xyz.appinstall.myapp, device device-s1";
    expect(message(0).message).toBe(`${device}: no device is allowed`);
    expect(message(1)).toEqual({
      rule: "devices.allowed",
      ...at(24),
      message: `${device}: not the one entry of devices.allowed`,
    });
    expect(message(2).message).toBe(`${device}: none of the 2 entries of devices.allowed`);
  });

  it("users.locked: of a lock, and of one that wipes", () => {
    const entry = lockedOf("ann", { ticket: "HR-812" });
    const reason = { rule: "users.locked", ...at(40) };
    const why = "Left the company (HR-812)";
    expect(say.locked(entry)).toEqual({ ...reason, message: why });
    expect(say.lockedWipe(entry)).toEqual({
      ...reason,
      message: `${why}; its wipe does not wait for unsynced data, since a locked device can't sync`,
    });
  });

  it("users.locked: of an unlock, when the lock ended, begins, or was made", () => {
    const why = (...ended: ReturnType<typeof lockedOf>[]) =>
      say.noLongerLocked(byId, ended, NOW - DAY, NOW);
    const reason = (line: number, message: string) => ({
      rule: "users.locked",
      ...at(line),
      message,
    });
    const over = lockedOf("ann", { until: NOW, ticket: "HR-812", source: source(41) });
    const coming = lockedOf("ann", { from: NOW + 1000, until: NOW + DAY, source: source(42) });
    const ended = "was locked until 2026-11-22T10:00:00Z: Left the company (HR-812)";
    const early =
      "Curfew locked it on 2026-11-21T10:00:00Z; the policy locks it from 2026-11-22T10:00:01Z";
    expect(why(over)).toEqual(reason(41, ended));
    expect(why(coming)).toEqual(reason(42, early));
    expect(why(over, coming)).toEqual(reason(41, ended));
    expect(why(lockedOf("ann", { from: NOW + 1000, source: source(43) }))).toEqual(
      reason(43, early),
    );
    expect(why()).toEqual(reason(39, "no longer listed; Curfew locked it on 2026-11-21T10:00:00Z"));
  });
});

describe("the description of a device", () => {
  const of = (more: SessionParts) => say.describe(sessionOf("s1", more));
  const bare = { container: null, runtime: null, bundleId: null, device: null };

  it("leaves out what is unknown or empty", () => {
    expect(of(bare)).toBe("ANDROID");
    expect(of({ ...bare, platform: null })).toBe("unknown platform");
    const empty = { container: "", runtime: "", bundleId: "", device: "" };
    expect(of({ ...empty, platform: "" })).toBe("unknown platform");
  });

  it("cuts what is longer than 80 letters", () => {
    const bundle = (length: number) => of({ ...bare, bundleId: "x".repeat(length) });
    expect(bundle(80)).toBe(`ANDROID, ${"x".repeat(80)}`);
    expect(bundle(81)).toBe(`ANDROID, ${"x".repeat(79)}…`);
  });
});

describe("notices of locks", () => {
  it("tell whose lock it is, and how to take it over or lift it", () => {
    expect(notice.foreignLock(ann)).toEqual({
      kind: "foreign-lock",
      user: "ann",
      message:
        "locked in the backend, not managed by Curfew and not locked by the policy: left as it is (an entry in users.locked with `adopt: true` takes it over)",
    });
    expect(notice.orphanedLock(ann)).toEqual({
      kind: "orphaned-lock",
      user: "ann",
      message:
        "locked by Curfew, and the policy has no users.locked any more: left locked (`locked: []` with `allowEmpty: true` lifts it)",
    });
  });

  it("tell of a user whom the policy may still mean", () => {
    expect(notice.namelessLock(ann, byEmail)).toEqual({
      kind: "orphaned-lock",
      user: "ann",
      ...at(39),
      message:
        "locked by Curfew, and the user model gives it no email to tell whether the policy still locks it: left locked",
    });
    expect(notice.perhapsRenamed("ann", "bob", byEmail)).toEqual({
      kind: "orphaned-lock",
      user: "ann",
      ...at(39),
      message:
        "locked by Curfew and no longer listed, but the policy locks bob, and nobody is called that: if this user was renamed, correct the name, else remove it; left locked",
    });
  });
});

describe("a wipe that waits", () => {
  it("tells what is known of the data that it waits for", () => {
    const of = { rule: "devices.denied", ...at(11), message: "lost" } as const;
    const told = (more: SessionParts) => say.waiting(of, sessionOf("s1", more)).message;
    expect(told({ lastFullSyncAt: NOW - HOUR, lastConnectedAt: NOW })).toBe(
      "lost; the wipe waits: last synced 2026-11-22T09:00:00Z, last connected 2026-11-22T10:00:00Z, so data may not have been uploaded",
    );
    for (const unknown of [{ lastFullSyncAt: null }, { lastConnectedAt: null }]) {
      expect(told(unknown)).toBe(
        "lost; the wipe waits: when it last synced is unknown, so data may not have been uploaded",
      );
    }
  });
});

describe("the notice of a protected user", () => {
  it("lists what would have been done, and every reason", () => {
    const reason = (message: string) => ({ rule: "sessions.maxAge", ...at(11), message }) as const;
    const spared = [
      { type: "lock", session: null, reasons: [reason("left")] },
      { type: "wipe", session: "s1", reasons: [reason("old"), reason("very old")] },
    ];
    expect(notice.isProtected(ann, spared, source(70))).toEqual({
      kind: "protected",
      user: "ann",
      ...at(70),
      message:
        "protected, so not done: lock (sessions.maxAge: left), wipe session s1 (sessions.maxAge: old; sessions.maxAge: very old)",
    });
  });
});

describe("notices of the policy", () => {
  it("tell whose exception ends, and when", () => {
    const until = NOW + 2 * DAY;
    const end =
      "from sessions.maxAge ends in 2 days, at 2026-11-24T10:00:00Z (owner jane.doe@acme.example)";
    const ending = { kind: "expiring-exception", ...at(60) };
    const of = (whom: { user: string } | { group: string }) =>
      notice.expiringException(exceptionOf("sessions.maxAge", { ...whom, until }), NOW);
    expect(of({ user: "ann" })).toEqual({
      ...ending,
      user: "ann",
      message: `the exception of ann ${end}`,
    });
    expect(of({ group: "crew" })).toEqual({
      ...ending,
      user: null,
      message: `the exception of group crew ${end}`,
    });
  });

  it("tell of a name that nobody has, by what users are named, and of one that is like it", () => {
    const message = (similar: string | null, identify: string | null) =>
      notice.unknownUser("ann", similar, source(40), identify).message;
    const start = "the policy names ann, and the target has no such user";
    expect(message(null, null)).toBe(start);
    expect(message(null, "email")).toBe(`${start} (users are named by their email)`);
    expect(message("Ann", null)).toBe(`${start}; did you mean Ann?`);
    expect(message("Ann", "email")).toBe(
      `${start} (users are named by their email); did you mean Ann?`,
    );
  });

  it("tell of a name that several have", () => {
    expect(notice.ambiguousName("ann", source(40))).toEqual({
      kind: "unclear",
      user: "ann",
      ...at(40),
      message:
        "several users are called ann, so nothing is done that rests on the name, and a lock of ours stays: give each a name of its own in the user model",
    });
  });
});

describe("what can't be acted on", () => {
  it("is a record that can't be read, whether or not it says whose it is", () => {
    const record = { id: "ann", field: "locked", message: "locked must be true or false" };
    expect(notice.unreadable(record, true)).toEqual({
      kind: "unclear",
      user: "ann",
      message:
        "the record of user ann can't be read, so nothing is done to it, although the policy locks it: locked must be true or false",
    });
    expect(notice.unreadable({ ...record, id: null }, false).message).toBe(
      "the record of user (no id) can't be read, so nothing is done to it: locked must be true or false",
    );
  });

  it("is a user who is not there, by what --user takes", () => {
    const end = "of one user, in the same letters";
    expect(notice.noSuchUser(byId, "ann")).toBe(
      `production has no user ann: --user takes the id ${end}`,
    );
    expect(notice.noSuchUser(byEmail, "ann")).toBe(
      `production has no user ann: --user takes the email or id ${end}`,
    );
  });
});
