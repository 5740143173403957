/** What a read shows of actions that an earlier run left without an outcome. */
import { describe, expect, it } from "vitest";
import type { User } from "../../src/model/inventory.ts";
import type { Attempt } from "../../src/model/run.ts";
import { leftMeter } from "../../src/plan/left.ts";
import {
  attemptOf,
  HOUR,
  memoryOf,
  NOW,
  planned,
  policyOf,
  sessionOf,
  userOf,
} from "../kit/builders.ts";
import { end } from "../ledger/samples.ts";

const SIGNED_IN = NOW - 40 * 24 * HOUR;
const at = { run: "dead", at: NOW - HOUR, status: "intent" } as const;
const lock = (more: Partial<Attempt> = {}) => attemptOf("lock", "ann", { ...at, ...more });
const signOut = (more: Partial<Attempt> = {}) =>
  attemptOf("re-authenticate", "ann", { ...at, session: "s", signedInAt: SIGNED_IN, ...more });
const unlock = attemptOf("unlock", "ann", at);
const wipe = signOut({ type: "wipe" });
const withSession = (more: Parameters<typeof sessionOf>[1]) =>
  userOf("ann", [sessionOf("s", { signedInAt: SIGNED_IN, createdAt: SIGNED_IN, ...more })]);

/** What is found of an attempt; null where the user tells nothing. */
function seen(attempts: Attempt | Attempt[], user: User, inFlight: string[] = []) {
  const memory = memoryOf({ attempts: [attempts].flat() });
  const meter = leftMeter(memory, new Set(inFlight));
  meter.see(user);
  return meter.found().map(({ run, done }) => [run, done]);
}

describe("an action without an outcome", () => {
  const locked = userOf("ann", [], { locked: true });
  const free = userOf("ann");
  it.each<[string, Attempt, User, boolean | null]>([
    ["a lock by a locked user", lock(), locked, true],
    ["a lock by one who is not", lock(), free, false],
    ["an unlock by a user who is not locked", unlock, free, true],
    ["an unlock by one who is", unlock, locked, false],
    ["a sign-out by a session that ended", signOut(), withSession({ state: "ended" }), true],
    ["a sign-out by one that is active", signOut(), withSession({ state: "active" }), false],
    [
      "a sign-out by a later sign-in",
      signOut(),
      withSession({ state: "active", signedInAt: NOW }),
      true,
    ],
    ["a wipe by a session that is wiping", wipe, withSession({ state: "wiping" }), true],
    ["a wipe by one that is active", wipe, withSession({ state: "active" }), false],
    ["no wipe by one that ended", wipe, withSession({ state: "ended" }), null],
    ["none by a session that is gone", signOut(), free, null],
    [
      "none by an active one whose sign-in is told no more, or lies in the future",
      signOut(),
      withSession({ state: "active", signedInAt: null }),
      null,
    ],
    [
      "none by an active one of which only the creation is known",
      signOut({ signedInAt: SIGNED_IN }),
      withSession({ state: "active", signedInAt: null, createdAt: SIGNED_IN }),
      null,
    ],
    [
      "none by an active one of which no sign-in is known",
      signOut({ signedInAt: null }),
      withSession({ state: "active", signedInAt: null, createdAt: null }),
      null,
    ],
    ["none by another user", lock(), userOf("bob", [], { locked: true }), null],
  ])("is told of %s", (_, attempt, user, done) => {
    expect(seen(attempt, user)).toEqual(done === null ? [] : [["dead", done]]);
  });

  it("is no lock that may still take effect, unless that is there", () => {
    expect(seen(lock(), free, ["ann"])).toEqual([]);
    expect(seen(lock(), locked, ["ann"])).toEqual([["dead", true]]);
  });

  it("is none that has an outcome, was told before, or was tried again", () => {
    expect(seen(lock({ status: "applied" }), locked)).toEqual([]);
    expect(seen(lock({ found: true }), locked)).toEqual([]);
    expect(seen(lock({ undone: true }), free)).toEqual([]);
    expect(seen([lock(), lock({ run: "next", status: "failed" })], locked)).toEqual([]);
    expect(seen([lock(), lock({ run: "next" })], locked)).toEqual([["next", true]]);
  });
});

describe("a plan tells", () => {
  const runs = [{ ...end("ended", NOW - 3 * HOUR).summary }];
  const open = [
    { id: "dead", at: NOW - HOUR, died: true as const },
    { id: "other", at: NOW },
  ];
  const bob = attemptOf("lock", "bob", { ...at, run: "ended", at: NOW - 3 * HOUR });
  const gone = attemptOf("lock", "gone", at);

  it("of runs that did not end, and of those that ended without an answer, what became of how many", () => {
    const users = [userOf("ann", [], { locked: true }), userOf("bob")];
    const memory = memoryOf({ runs, open, attempts: [bob, lock(), signOut(), gone] });
    const { plan, found } = planned(users, policyOf(), { memory });
    expect(plan.ledger.left).toEqual([
      {
        run: "ended",
        began: "2026-11-22T07:00:00Z",
        end: "ended",
        done: 0,
        undone: 1,
        unknown: 0,
      },
      {
        run: "dead",
        began: "2026-11-22T09:00:00Z",
        end: "died",
        done: 1,
        undone: 0,
        unknown: 2,
      },
      {
        run: "other",
        began: "2026-11-22T10:00:00Z",
        end: "open",
        done: 0,
        undone: 0,
        unknown: 0,
      },
    ]);
    expect(found.map(({ user, done }) => [user, done])).toEqual([
      ["ann", true],
      ["bob", false],
    ]);
  });

  it("nothing of a run that ended and of which nothing is seen", () => {
    const memory = memoryOf({ runs, attempts: [bob] });
    const { plan, found } = planned([userOf("ann")], policyOf(), { memory });
    expect(plan.ledger.left).toBeUndefined();
    expect(found).toEqual([]);
  });
});
