/** A lock without an outcome may take effect after a later run has read: it is not forgotten before it can't. */
import { describe, expect, it } from "vitest";
import type { Attempt, Memory, RunSummary } from "../../src/model/run.ts";
import { locksInFlight } from "../../src/plan/in-flight.ts";
import {
  attemptOf,
  DAY,
  HOUR,
  MINUTE,
  memoryOf,
  NOW,
  planned,
  policyOf,
  userOf,
  usersLocked,
} from "../kit/builders.ts";
import { end } from "../ledger/samples.ts";

const open = (age: number, more: Partial<Attempt> = {}) =>
  attemptOf("lock", "ann", { run: "died", at: NOW - age, status: "intent", ...more });
const ended = (age: number): RunSummary => end(`run-${age}`, NOW - age).summary;
const inFlight = (memory: Partial<Memory>) => [...locksInFlight(memoryOf(memory), NOW)];

describe("a lock without an outcome may still take effect", () => {
  it("while no later run is known, however long ago its run began: that may have been at work until now", () => {
    expect(inFlight({ attempts: [open(MINUTE)] })).toEqual(["ann"]);
    expect(inFlight({ attempts: [open(DAY)], runs: [ended(2 * DAY)] })).toEqual(["ann"]);
  });

  it("until two minutes after a later run began, which ended or died", () => {
    for (const [age, users] of [
      [2 * MINUTE - 1, ["ann"]],
      [2 * MINUTE, []],
    ] as const) {
      expect(inFlight({ attempts: [open(HOUR)], runs: [ended(age)] }), `${age}`).toEqual(users);
      const died = attemptOf("wipe", "bob", { run: "later", at: NOW - age });
      expect(inFlight({ attempts: [open(HOUR), died] }), `${age}`).toEqual(users);
    }
  });

  it("whatever its own run says of itself", () => {
    const own = { ...ended(HOUR), id: "died" };
    expect(inFlight({ attempts: [open(HOUR), open(HOUR, { user: "bob" })], runs: [own] })).toEqual([
      "ann",
      "bob",
    ]);
  });

  it("where the clock went back", () => {
    expect(inFlight({ attempts: [open(-HOUR)], runs: [ended(3 * HOUR)] })).toEqual(["ann"]);
  });

  it("and no other action, nor one whose outcome is known", () => {
    const others = (["applied", "failed", "skipped"] as const).map((status) =>
      open(MINUTE, { status, user: status }),
    );
    expect(inFlight({ attempts: [...others, open(MINUTE, { type: "unlock" })] })).toEqual([]);
  });
});

describe("in a plan that does not want the lock", () => {
  const nobody = policyOf({ users: usersLocked() });
  const memory = { ownLocks: { ann: NOW - HOUR }, attempts: [open(HOUR)] };
  const ledger = (more: Partial<Memory> = {}) =>
    planned([userOf("ann")], nobody, { memory: { ...memory, ...more } }).plan;

  it("the user stays ours without a word, and is forgotten once nothing can come", () => {
    expect(ledger()).toMatchObject({ actions: [], notices: [], ledger: { forget: [] } });
    expect(ledger({ runs: [ended(5 * MINUTE)] }).ledger.forget).toEqual(["ann"]);
  });

  it("the user is unlocked when it did take effect", () => {
    const { plan } = planned([userOf("ann", [], { locked: true })], nobody, { memory });
    expect(plan.actions).toMatchObject([{ type: "unlock", user: "ann" }]);
  });
});
