/** Which runs are a last one: docs/contract.md, "The cause". */
import { expect, it } from "vitest";
import { isLeft } from "../../src/apply/execute.ts";
import { endOfRun } from "../../src/apply/summary.ts";
import type { Outcome } from "../../src/model/run.ts";
import { HOUR, lockedOf, NOW, planned, policyOf, userOf, usersLocked } from "../kit/builders.ts";

const policy = policyOf({ users: usersLocked(lockedOf("ann")) });
const ann = userOf("ann");
const lock = { type: "lock", user: "ann", session: null } as const;
const applied: Outcome = { ...lock, status: "applied" };

it("a run for the whole target is, also one that ran out of time: what it left counts as held", () => {
  const whole = planned([ann], policy);
  const end = endOfRun("r", NOW, policy, whole, [applied]);
  expect([end.policy, end.summary.held]).toEqual([policy, 0]);
  const left: Outcome = {
    ...lock,
    status: "skipped",
    error: "no time was left in this run: the next one takes it up",
  };
  expect(isLeft(left)).toBe(true);
  const late = endOfRun("r", NOW, policy, whole, [left]);
  expect([late.policy, late.summary.held]).toEqual([policy, 1]);
});

it("a run for one user or for a saved plan is none, whatever it carries out", () => {
  const saved = planned([ann], policy).plan;
  for (const part of [{ only: "ann" }, { saved, at: NOW + HOUR }]) {
    const run = planned([ann], policy, part);
    expect(run.plan.actions).toHaveLength(1);
    expect(endOfRun("r", NOW, policy, run, [applied]).policy).toBeNull();
  }
});
