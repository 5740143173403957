/** What counts for the limits is what came about, once: docs/contract.md, "Limits". */
import { describe, expect, it } from "vitest";
import type { User } from "../../../src/model/inventory.ts";
import type { Attempt } from "../../../src/model/run.ts";
import { usageMeter } from "../../../src/plan/brakes/usage.ts";
import { attemptOf, DAY, estateOf, HOUR, NOW, sessionOf, userOf } from "../../kit/builders.ts";

function used(attempts: Attempt[], ...users: User[]) {
  const meter = usageMeter(attempts, NOW);
  for (const user of users) meter.see(user);
  const { counted, active, others, undone } = meter.total();
  const of = (type: string) => [...counted.values()].filter((one) => one.type === type).length;
  return { of, active, others, undone, counted: [...counted.values()] };
}
const SIGNED_IN = NOW - DAY;
const onSession = (type: "wipe" | "re-authenticate", more: Partial<Attempt> = {}) =>
  attemptOf(type, "ann", { session: "s1", signedInAt: SIGNED_IN, ...more });
const ann = (state: "active" | "ended" | "wiping", signedInAt: number | null = SIGNED_IN) =>
  userOf("ann", [sessionOf("s1", { state, signedInAt })]);

describe("what counts", () => {
  it("is an intent and what was applied, not what failed or was skipped", () => {
    const statuses = ["intent", "applied", "failed", "skipped"] as const;
    const attempts = statuses.map((status) => attemptOf("lock", status, { status }));
    expect(used(attempts).of("lock")).toBe(2);
  });

  it("is each action on each sign-in once, however often it was tried", () => {
    const locks = [1, 2, 3].map((n) => attemptOf("lock", "ann", { at: NOW - n, status: "intent" }));
    expect(used(locks).of("lock")).toBe(1);
    const signOuts = [SIGNED_IN, SIGNED_IN, NOW - HOUR].map((signedInAt) =>
      onSession("re-authenticate", { signedInAt }),
    );
    expect(used(signOuts).of("re-authenticate")).toBe(2);
  });

  it("is nothing that was once seen undone, whatever is seen now", () => {
    const locked = userOf("ann", [], { locked: true });
    expect(used([attemptOf("lock", "ann", { undone: true })], locked).of("lock")).toBe(0);
  });

  it("is a lock and each of its wipes, by itself", () => {
    const wipes = { s1: SIGNED_IN, s2: SIGNED_IN };
    const attempt = attemptOf("lock", "ann", { wipe: true, wipes, ends: { s1: SIGNED_IN } });
    const { of, counted } = used([attempt], ann("active"));
    expect([of("lock"), of("wipe")]).toEqual([0, 1]);
    expect(counted).toEqual([{ type: "wipe", counts: "limit", pool: "ended" }]);
  });
});

describe("for a day", () => {
  const counts = (more: Partial<Attempt>) => used([attemptOf("lock", "ann", more)]).of("lock");

  it("from its own moment, to the millisecond", () => {
    expect(counts({ at: NOW - DAY + 1 })).toBe(1);
    expect(counts({ at: NOW - DAY })).toBe(0);
  });

  it("from that of the log before it, where its own clock was behind", () => {
    expect(counts({ at: NOW - 300 * DAY, from: NOW - HOUR, before: NOW - HOUR })).toBe(1);
  });

  it("of one from the future: until a day after it was first seen", () => {
    const ahead = { at: NOW + DAY, before: NOW - 2 * DAY };
    expect(counts(ahead)).toBe(1);
    expect(counts({ ...ahead, seen: NOW - DAY + 1 })).toBe(1);
    expect(counts({ ...ahead, seen: NOW - DAY })).toBe(0);
    expect(counts({ ...ahead, at: NOW + 65 * DAY, seen: NOW - DAY })).toBe(0);
  });

  it("also where one run that was a year behind took it for the future", () => {
    const real = { at: NOW - HOUR, before: NOW - 2 * HOUR, seen: NOW - 365 * DAY };
    expect(counts(real)).toBe(1);
  });
});

describe("what an inventory shows undone", () => {
  it("is a lock of an unlocked user, and an unlock of a locked one", () => {
    const locked = userOf("ann", [], { locked: true });
    expect(used([attemptOf("lock", "ann")], userOf("ann"))).toMatchObject({
      undone: [{ type: "lock", user: "ann", session: null, signedInAt: null }],
    });
    expect(used([attemptOf("lock", "ann")], locked).of("lock")).toBe(1);
    expect(used([attemptOf("unlock", "ann")], userOf("ann")).of("unlock")).toBe(1);
    expect(used([attemptOf("unlock", "ann")], locked).of("unlock")).toBe(0);
  });

  it("is a sign-out or a wipe of a session active with the same known sign-in, and no other", () => {
    for (const type of ["re-authenticate", "wipe"] as const) {
      const count = (...users: User[]) => used([onSession(type)], ...users).of(type);
      expect(count(ann("active"))).toBe(0);
      expect(count(ann("active", NOW))).toBe(1);
      expect(count(ann("ended"))).toBe(1);
      expect(count(userOf("ann"))).toBe(1);
      const undated = sessionOf("s1", { signedInAt: null, createdAt: null });
      const unknown = onSession(type, { signedInAt: null });
      expect(used([unknown], userOf("ann", [undated])).of(type)).toBe(1);
    }
  });

  it("is no sign-out of a session whose sign-in is unknown, or in the future", () => {
    const created = SIGNED_IN - DAY;
    const unknown = sessionOf("s1", { signedInAt: null, createdAt: created });
    const future = sessionOf("s1", { signedInAt: NOW + DAY, knownUntil: NOW });
    for (const session of [unknown, future]) {
      const done = onSession("re-authenticate", { signedInAt: session.signedInAt ?? created });
      expect(used([done], userOf("ann", [session])).of("re-authenticate")).toBe(1);
    }
  });

  it("is no lock that may still take effect", () => {
    const meter = usageMeter(
      [attemptOf("lock", "ann", { status: "intent" })],
      NOW,
      new Set(["ann"]),
    );
    meter.see(userOf("ann"));
    expect(meter.total().undone).toEqual([]);
  });
});

describe("what percentages are of", () => {
  it("is what is active or was ended by what counts, each once; and all others that are not unused", () => {
    const states = ["active", "ended", "wiping", "unused"] as const;
    const estate = estateOf(8, (i) => ({ state: states[i % 4] ?? "active" }));
    expect(used([], ...estate)).toMatchObject({ active: 2, others: 4 });
    const signOut = attemptOf("re-authenticate", "u001", {
      session: "s001",
      signedInAt: SIGNED_IN,
    });
    const wipe = { ...signOut, type: "wipe" as const };
    expect(used([signOut, wipe], ...estate)).toMatchObject({ active: 3, others: 3 });
  });

  it("is widened by what a lock ended, and not by a wipe of what was ended long before", () => {
    const ends = { s1: SIGNED_IN };
    const locked = userOf("ann", [...ann("ended").sessions], { locked: true });
    expect(used([attemptOf("lock", "ann", { ends })], locked)).toMatchObject({
      active: 1,
      others: 0,
    });
    const long = onSession("wipe", { was: "ended" });
    expect(used([long], ann("wiping"))).toMatchObject({ active: 0, others: 1 });
  });
});
