/** What the last 24 hours used: "intents count, unless they are known to have failed or a later inventory shows them undone". */
import { describe, expect, it } from "vitest";
import type { User } from "../../../src/model/inventory.ts";
import type { Attempt } from "../../../src/model/run.ts";
import { usageMeter } from "../../../src/plan/brakes/usage.ts";
import { attemptOf, DAY, HOUR, MINUTE, NOW, sessionOf, userOf } from "../../kit/builders.ts";

function used(attempts: Attempt[], ...users: User[]) {
  const meter = usageMeter(attempts, NOW);
  for (const user of users) meter.see(user);
  return meter.total();
}
const SIGNED_IN = NOW - DAY;
const onSession = (type: "lock" | "wipe" | "re-authenticate", more: Partial<Attempt> = {}) =>
  attemptOf(type, "ann", { session: "s1", signedInAt: SIGNED_IN, ...more });
const ann = (state: "active" | "ended" | "wiping", signedInAt = SIGNED_IN) =>
  userOf("ann", [sessionOf("s1", { state, signedInAt })]);

describe("what counts", () => {
  it("is an intent and what was applied, not what failed or was skipped", () => {
    const statuses = ["intent", "applied", "failed", "skipped"] as const;
    const attempts = statuses.map((status) => attemptOf("lock", status, { status }));
    expect(used(attempts).types.lock).toBe(2);
  });

  it("of an intent that was tried again is the later attempt for both", () => {
    const tries = [NOW - 2 * MINUTE, NOW - MINUTE].map((at) =>
      attemptOf("lock", "ann", { at, status: "intent" }),
    );
    expect(used(tries).types.lock).toBe(1);
  });

  it("is each type by itself; urgent and exempt apart", () => {
    const attempts = [
      attemptOf("unlock", "a"),
      attemptOf("lock", "b", { urgent: true }),
      attemptOf("re-authenticate", "c", { session: "sc", exempt: true }),
      attemptOf("re-authenticate", "d", { session: "sd" }),
    ];
    expect(used(attempts)).toEqual({
      types: { lock: 0, unlock: 1, "re-authenticate": 1, wipe: 0 },
      urgent: 1,
      ended: 2,
    });
  });

  it("is counted once, also where the user is not in the inventory", () => {
    const meter = usageMeter([attemptOf("lock", "ann"), attemptOf("lock", "gone")], NOW);
    meter.see(userOf("ann", [], { locked: true }));
    meter.see(userOf("ann", [], { locked: true }));
    expect(meter.total().types.lock).toBe(2);
    expect(meter.total().types.lock).toBe(2);
  });
});

describe("what an inventory shows undone", () => {
  it("is a lock of an unlocked user, and an unlock of a locked one", () => {
    const locked = userOf("ann", [], { locked: true });
    expect(used([attemptOf("lock", "ann")], userOf("ann")).types.lock).toBe(0);
    expect(used([attemptOf("lock", "ann")], locked).types.lock).toBe(1);
    expect(used([attemptOf("unlock", "ann")], userOf("ann")).types.unlock).toBe(1);
    expect(used([attemptOf("unlock", "ann")], locked).types.unlock).toBe(0);
    expect(used([attemptOf("lock", "ann", { urgent: true })], userOf("ann")).urgent).toBe(0);
  });

  it("is a sign-out of a session still active with the same sign-in", () => {
    const count = (...users: User[]) =>
      used([onSession("re-authenticate")], ...users).types["re-authenticate"];
    expect(count(ann("active"))).toBe(0);
    expect(count(ann("active", NOW))).toBe(1);
    expect(count(ann("ended"))).toBe(1);
    expect(count(userOf("ann"))).toBe(1);
  });

  it("of a sign-out is told by that session, and by no outcome that is missing", () => {
    const other = sessionOf("s0", { state: "active", signedInAt: SIGNED_IN });
    const ended = sessionOf("s1", { state: "ended", signedInAt: SIGNED_IN });
    const intent = onSession("re-authenticate", { status: "intent" });
    const { types, ended: sessions } = used([intent], userOf("ann", [other, ended]));
    expect([types["re-authenticate"], sessions]).toEqual([1, 1]);
  });

  it("is a wipe of a session still active; ended only where its outcome is unknown", () => {
    const count = (status: Attempt["status"], user: User) =>
      used([onSession("wipe", { status })], user).types.wipe;
    expect(count("applied", ann("active"))).toBe(0);
    expect(count("applied", ann("ended"))).toBe(1);
    expect(count("intent", ann("ended"))).toBe(0);
    expect(count("intent", ann("wiping"))).toBe(1);
    expect(count("intent", ann("ended", NOW))).toBe(1);
  });

  it("is each wipe of a lock by itself", () => {
    const wipes = { s1: SIGNED_IN, s2: SIGNED_IN };
    const attempt = attemptOf("lock", "ann", { wipe: true, wipes });
    const sessions = (a: "wiping" | "active", b: "wiping" | "active") => [
      sessionOf("s1", { state: a }),
      sessionOf("s2", { state: b }),
    ];
    const count = (user: User) => used([attempt], user).types;
    expect(count(userOf("ann", sessions("wiping", "wiping"), { locked: true }))).toMatchObject({
      lock: 1,
      wipe: 2,
    });
    expect(count(userOf("ann", sessions("wiping", "active")))).toMatchObject({ lock: 0, wipe: 1 });
    expect(count(userOf("ann", [], { locked: true }))).toMatchObject({ lock: 1, wipe: 2 });
    expect(used([attempt]).types).toMatchObject({ lock: 1, wipe: 2 });
    const one = attemptOf("lock", "ann", { wipe: true, wipes: { s2: SIGNED_IN } });
    const both = userOf("ann", sessions("active", "wiping"), { locked: true });
    expect(used([one], both).types).toMatchObject({ lock: 1, wipe: 1 });
  });
});

it("sessions that Curfew ended are those not active now, each once", () => {
  const twice = [onSession("re-authenticate"), onSession("wipe")];
  expect(used(twice, ann("ended")).ended).toBe(1);
  expect(used(twice, ann("active", NOW)).ended).toBe(0);
  expect(used(twice).ended).toBe(1);
});

// docs/contract.md, "Limits": percentages are of what is active and of what Curfew ended in 24 hours. A wipe of a
// session that was signed out long before ended nothing, and a lock ended its user's sessions.
it("a wipe of a session that was ended long before did not end it", () => {
  const before = onSession("re-authenticate", { at: NOW - 9 * DAY });
  expect(used([before, onSession("wipe")], ann("wiping")).ended).toBe(0);
});

// The backend's clock says when a session ended, and Curfew's when it asked: they may be five minutes apart.
it("a lock and a wipe ended what the backend says ended up to five minutes before them", () => {
  const at = NOW - DAY + 1;
  const ended = (type: "lock" | "wipe", signedOutAt: number) => {
    const attempt = onSession(type, { at, ...(type === "lock" ? { session: null } : {}) });
    const sessions = [sessionOf("s1", { state: "ended", signedInAt: SIGNED_IN, signedOutAt })];
    return used([attempt], userOf("ann", sessions, { locked: true })).ended;
  };
  expect(used([attemptOf("lock", "ann", { at })]).ended).toBe(0);
  for (const type of ["lock", "wipe"] as const) {
    expect(ended(type, at - 5 * MINUTE)).toBe(1);
    expect(ended(type, at - 5 * MINUTE - 1)).toBe(0);
  }
});

it("a lock ended each session that the backend ended after it, and none that is active again or never ended", () => {
  const signedOutAt = NOW - HOUR;
  const sessions = [
    sessionOf("s1", { state: "ended", signedOutAt }),
    sessionOf("s2", { state: "wiping", signedOutAt }),
    sessionOf("s3", { state: "active", signedOutAt }),
    sessionOf("s4", { state: "ended", signedOutAt: null }),
  ];
  const locked = userOf("ann", sessions, { locked: true });
  expect(used([attemptOf("lock", "ann", { at: NOW - HOUR })], locked).ended).toBe(2);
  // A wipe is of one session, whatever became of the others.
  const wipe = onSession("wipe", { session: "s2", at: NOW - HOUR });
  expect(used([wipe], locked).ended).toBe(1);
  expect(used([{ ...wipe, session: "s9" }], locked).ended).toBe(0);
});
