/** What a plan tells of pending wipes, and of users who flap: their conditions, to the millisecond. */
import { describe, expect, it } from "vitest";
import type { Session } from "../../src/model/inventory.ts";
import type { Attempt, Memory } from "../../src/model/run.ts";
import { observer } from "../../src/plan/observe.ts";
import {
  attemptOf,
  DAY,
  decided,
  deniedOf,
  denying,
  HOUR,
  memoryOf,
  NOW,
  onlyTizen,
  policyOf,
  type SessionParts,
  sessionOf,
  userOf,
  written,
} from "../kit/builders.ts";

const open = policyOf();
const denies = policyOf({ devices: denying(deniedOf("device-s1", { action: "wipe" })) });

function observed(sessions: Session[], memory: Partial<Memory>, policy = open) {
  const user = userOf("ann", sessions);
  return observer(memoryOf(memory), NOW)(user, decided(user, policy));
}

describe("a pending wipe", () => {
  const SIGNED_IN = NOW - DAY;
  const ours = { wiped: { s1: SIGNED_IN } };
  const pending = (more: SessionParts = {}) => [sessionOf("s1", { state: "wiping", ...more })];

  it("is told with how long its device has not connected", () => {
    expect(observed(pending({ signedOutAt: NOW - 3 * HOUR, label: "Zebra" }), ours)).toEqual([
      {
        kind: "wipe-pending",
        user: "ann",
        message:
          "the wipe of session s1 (Zebra) has waited 3 hours for its device to connect; it is not sent again",
      },
    ]);
  });

  it("is told without a label and without a time where they are unknown", () => {
    expect(observed(pending(), ours).map((n) => n.message)).toEqual([
      "the wipe of session s1 has waited an unknown time for its device to connect; it is not sent again",
    ]);
  });

  it("is told only where Curfew sent it since the session signed in", () => {
    for (const wiped of [{}, { other: SIGNED_IN }, { s1: SIGNED_IN - 1 }, { s1: null }]) {
      expect(observed(pending(), { wiped })).toEqual([]);
    }
  });

  it("is no longer told of a session in any other state", () => {
    for (const state of ["active", "ended", "unused"] as const) {
      expect(observed([sessionOf("s1", { state })], ours)).toEqual([]);
    }
  });
});

describe("flapping", () => {
  const signOut = (more: Partial<Attempt> = {}) =>
    attemptOf("re-authenticate", "ann", { session: "s1", ...more });
  const wipe = attemptOf("wipe", "ann", { session: "s1" });
  const twice = [signOut(), signOut()];
  const back = [sessionOf("s1")];

  function told(attempts: Attempt[], sessions = back, policy = denies) {
    return observed(sessions, { attempts }, policy).map((n) => n.message);
  }
  const message = (times: number, of = "session s1, device device-s1") =>
    `signed out ${times} times in 24 hours, and back on the same forbidden device each time (${of}): deny the device, or lock the user`;

  it("is told from the third sign-out on, with their number", () => {
    expect(told([])).toEqual([]);
    expect(told(twice)).toEqual([]);
    expect(told([...twice, signOut()])).toEqual([message(3)]);
    expect(told([...twice, ...twice])).toEqual([message(4)]);
    expect(observed(back, { attempts: [...twice, wipe] }, denies)).toEqual([
      { kind: "flapping", user: "ann", message: message(3) },
    ]);
  });

  it("counts sign-outs and wipes that were applied, and nothing else", () => {
    expect(told([wipe, wipe, wipe])).toEqual([message(3)]);
    for (const status of ["failed", "skipped", "intent"] as const) {
      expect(told([...twice, signOut({ status })])).toEqual([]);
    }
    expect(told([...twice, attemptOf("lock", "ann"), attemptOf("unlock", "ann")])).toEqual([]);
  });

  it("counts the last 24 hours, to the millisecond", () => {
    expect(told([...twice, signOut({ at: NOW - DAY })])).toEqual([]);
    expect(told([...twice, signOut({ at: NOW - DAY + 1 })])).toEqual([message(3)]);
  });

  it("counts each session by itself", () => {
    expect(told([...twice, signOut({ session: "s2" })], [...back, sessionOf("s2")])).toEqual([]);
  });

  it("is of a session that is active: one that stayed signed out is not back", () => {
    const out = [sessionOf("s1", { state: "ended" })];
    expect(decided(userOf("ann", out), denies).wants).toMatchObject([{ type: "wipe" }]);
    expect(told([...twice, wipe], out)).toEqual([]);
  });

  it("is of a device that a device rule forbids, whichever, and whatever else the session breaks", () => {
    const often = [...twice, signOut()];
    const sessions = { maxAge: written(HOUR) };
    expect(told(often, back, open)).toEqual([]);
    expect(told(often, back, policyOf({ sessions }))).toEqual([]);
    expect(told(often, back, { ...denies, sessions })).toEqual([message(3)]);
    const unnamed = [sessionOf("s1", { device: null })];
    expect(told(often, unnamed, policyOf({ devices: onlyTizen() }))).toEqual([
      message(3, "session s1"),
    ]);
  });

  it("is of the session on the forbidden device, not of another of the same user", () => {
    const often = [...twice, signOut()];
    const sessions = { maxAge: written(HOUR) };
    const both = [...back, sessionOf("s2")];
    const other = policyOf({ sessions, devices: denying(deniedOf("device-s2")) });
    expect(told(often, both, other)).toEqual([]);
    expect(told(often, both, { ...denies, sessions })).toEqual([message(3)]);
  });
});
