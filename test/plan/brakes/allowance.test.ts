/** The numbers and the words of a limit: docs/contract.md, "Limits". */
import { describe, expect, it } from "vitest";
import type { Limits } from "../../../src/model/policy.ts";
import { percentFor } from "../../../src/plan/brakes/allowance.ts";
import { allowedDrop } from "../../../src/policy/raises.ts";
import {
  attemptOf,
  estateOf,
  limitsOf,
  lockedOf,
  NOW,
  planned,
  policyOf,
  raiseOf,
  source,
  usersLocked,
} from "../../kit/builders.ts";

/** Of 200 users the first `n` are to be locked; `before` were, and are gone. */
function refused(n: number, lock: Partial<Limits["types"]["lock"]>, before = 0) {
  const users = estateOf(200);
  const entries = users.slice(0, n).map(({ id }) => lockedOf(id));
  const policy = policyOf({ users: usersLocked(...entries), limits: limitsOf({ lock }) });
  const attempts = Array.from({ length: before }, (_, i) => attemptOf("lock", `gone-${i}`));
  return planned(users, policy, { memory: { attempts } }).plan.refusals[0];
}

describe("a refusal", () => {
  const line = (text = "") => text.split("add to limits.raise in policies/production.yaml: ")[1];

  it("of a count names it, and the count that would allow it", () => {
    expect(refused(8, { max: 7, source: source(88) })?.message).toBe(
      "8 lock actions wanted, 7 allowed by limits.lock.max 7 (policies/production.yaml:88): nothing of this type is done. If it is meant, add to limits.raise in policies/production.yaml: { type: lock, max: 8, until: 2026-11-23, reason: … }",
    );
  });

  it("of one action is in the singular", () => {
    expect(refused(1, { max: 0 })?.message).toMatch(/^1 lock action wanted, 0 allowed by /);
  });

  it("of a percentage says of how many", () => {
    const { message } = refused(41, { percent: 20 }) ?? {};
    expect(message).toContain("limits.lock.percent 20% (40 of 200) (the default): nothing");
    expect(line(message)).toBe("{ type: lock, percent: 21, until: 2026-11-23, reason: … }");
  });

  it("counts what the last 24 hours used, and names every key that must be wider, and no other", () => {
    const limit = { max: 12, percent: 5, perRun: 10 };
    const { message, ...rest } = refused(11, limit, 4) ?? {};
    expect(rest).toMatchObject({ limit: "percent", allowed: 6 });
    expect(message).toContain("percent 5% (10 of 200) (the default), 4 of it used in the last 24");
    expect(line(message)).toBe("{ type: lock, max: 15, percent: 8, until: 2026-11-23, reason: … }");
    expect(line(refused(8, limit, 4)?.message)).toBe(
      "{ type: lock, percent: 6, until: 2026-11-23, reason: … }",
    );
  });
});

it("the percentage that allows so many is the smallest, and all where there is nobody", () => {
  expect([percentFor(1, 200), percentFor(3, 200), percentFor(1, 3)]).toEqual([1, 2, 1]);
  expect([percentFor(200, 200), percentFor(2, 0), percentFor(7, 3)]).toEqual([100, 100, 100]);
});

describe("the share of users that an inventory may lose", () => {
  const drop = (...raise: Limits["raise"]) =>
    allowedDrop(policyOf({ limits: limitsOf({}, { inventoryDrop: 20, raise }) }), NOW);
  const raised = (percent: number, until = NOW + 1) => raiseOf("inventoryDrop", { percent, until });

  it("is the policy's, widened by raises of it that have not ended", () => {
    expect(drop()).toBe(20);
    expect(drop(raised(30), raised(50), raised(40))).toBe(50);
    expect(drop(raised(10))).toBe(20);
    expect(drop(raised(50, NOW))).toBe(20);
    expect(drop(raiseOf("lock", { percent: 50 }))).toBe(20);
  });
});
