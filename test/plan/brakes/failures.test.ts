/** One bad record starves nobody: docs/contract.md, "Nobody is starved". */
import { describe, expect, it } from "vitest";
import type { Failure } from "../../../src/model/run.ts";
import { lineOf, unplaced } from "../../../src/plan/decide/line.ts";
import {
  estateOf,
  HOUR,
  limitsOf,
  lockedOf,
  MINUTE,
  NOW,
  planned,
  policyOf,
  usersLocked,
} from "../../kit/builders.ts";

const entry = lockedOf("u000");
const failedLock = (more: Partial<Failure> = {}): Failure => ({
  ...{ type: "lock", user: "u000", session: null, signedInAt: null, times: 1, at: NOW },
  line: lineOf(unplaced([entry])),
  ...more,
});

function locking(failure: Failure, more: { only?: string; urgent?: boolean; max?: number } = {}) {
  const { only, urgent = false, max = 1 } = more;
  const entries = [{ ...entry, urgent }, lockedOf("u001")];
  const policy = policyOf({ users: usersLocked(...entries), limits: limitsOf({ lock: { max } }) });
  const setting = { memory: { failures: [failure] }, ...(only ? { only } : {}) };
  return planned(estateOf(20), policy, setting).plan;
}
const waits = (times: number, since: number, urgent = false) => {
  const line = lineOf(unplaced([lockedOf("u000", { urgent })]));
  const plan = locking(failedLock({ times, at: NOW - since, line }), { urgent, max: 9 });
  return plan.held.some(({ by }) => by === "retry");
};

describe("what failed", () => {
  it.each([
    [1, 1],
    [2, 2],
    [3, 4],
    [4, 8],
    [5, 16],
    [6, 24],
    [60, 24],
  ])("%s times waits %s hours less ten minutes, to the millisecond", (times, hours) => {
    const wait = hours * HOUR - 10 * MINUTE;
    expect([waits(times, wait - 1), waits(times, wait)]).toEqual([true, false]);
  });

  it("and is an urgent lock waits an hour at most", () => {
    expect([waits(6, 50 * MINUTE - 1, true), waits(6, 50 * MINUTE, true)]).toEqual([true, false]);
  });

  it("says how often, and when it is tried next", () => {
    const [held] = locking(failedLock({ times: 2 })).held;
    expect(held).toMatchObject({ by: "retry", failed: 2, next: "2026-11-22T11:50:00Z" });
  });

  it("is not wanted for a limit that refuses, and takes what is left of it", () => {
    for (const at of [NOW, NOW - 30 * HOUR]) {
      const plan = locking(failedLock({ at }));
      expect(plan.refusals).toEqual([]);
      expect(plan.actions.map(({ user }) => user)).toEqual(["u001"]);
      expect(plan.held).toMatchObject([{ user: "u000", by: "retry" }]);
    }
    const plan = locking(failedLock({ at: NOW - 30 * HOUR }), { max: 2 });
    expect(plan.actions.map(({ user }) => user)).toEqual(["u000", "u001"]);
  });

  it("does not wait for another line, nor for who asks for that user alone", () => {
    expect(locking(failedLock({ line: "another" }), { max: 2 }).summary.lock).toBe(2);
    expect(locking(failedLock(), { only: "u000" }).summary.lock).toBe(1);
    expect(locking(failedLock({ at: NOW + 300 * 24 * HOUR })).held[0]?.next).toBe(
      "2026-11-22T10:50:00Z",
    );
  });
});
