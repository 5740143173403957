/** The numbers and the words of a limit, apart from any plan: docs/contract.md, "Limits". */
import { describe, expect, it } from "vitest";
import type { Limits } from "../../../src/model/policy.ts";
import type { ActionType } from "../../../src/model/vocabulary.ts";
import { allowance, refusalOf } from "../../../src/plan/brakes/allowance.ts";
import { allowedDrop } from "../../../src/policy/raises.ts";
import { limitsOf, NOW, policyOf, raiseOf, source } from "../../kit/builders.ts";

/** 200 users, 70 active sessions, and 30 that Curfew ended in the last 24 hours. */
function contextOf(limits: Limits, used: Partial<Record<ActionType, number>> = {}) {
  return {
    policy: policyOf({ limits }),
    at: NOW,
    inventory: { users: 200, sessions: 300, active: 70, digest: "" },
    usage: {
      types: { lock: 0, unlock: 0, "re-authenticate": 0, wipe: 0, ...used },
      urgent: 0,
      ended: 30,
    },
  };
}
const refused = (type: ActionType, wanted: number, ...of: Parameters<typeof contextOf>) => {
  const context = contextOf(...of);
  return refusalOf(type, wanted, allowance(type, context), context);
};

describe("a percentage", () => {
  it.each([
    ["lock", 20],
    ["unlock", 20],
    ["re-authenticate", 10],
    ["wipe", 10],
  ] as const)("of each type goes by its own base: %s", (type, left) => {
    const allowed = allowance(type, contextOf(limitsOf({ [type]: { percent: 10 } })));
    expect(allowed.left).toBe(left);
  });
});

describe("a refusal", () => {
  const line = (text: string) => text.split("add to limits.raise in policies/production.yaml: ")[1];

  it("of a count names it, and the count that would allow it", () => {
    const { message } = refused("lock", 8, limitsOf({ lock: { max: 7, source: source(88) } }));
    expect(message).toBe(
      "8 lock actions wanted, 7 allowed by limits.lock.max 7 (policies/production.yaml:88): nothing of this type is done. If it is meant, add to limits.raise in policies/production.yaml: { type: lock, max: 8, until: 2026-11-23, reason: … }",
    );
  });

  it("of one action is in the singular", () => {
    expect(refused("wipe", 1, limitsOf()).message).toMatch(/^1 wipe action wanted, 0 allowed by /);
  });

  it.each([
    [
      "unlock",
      41,
      "20% (40 of 200)",
      "{ type: unlock, percent: 21, until: 2026-11-23, reason: … }",
    ],
    [
      "re-authenticate",
      21,
      "20% (20 of 100)",
      "{ type: re-authenticate, percent: 21, until: 2026-11-23, reason: … }",
    ],
  ] as const)("of a percentage says of how many: %s", (type, wanted, size, raise) => {
    const { message } = refused(type, wanted, limitsOf({ [type]: { percent: 20 } }));
    expect(message).toContain(`limits.${type}.percent ${size} (the default): nothing`);
    expect(line(message)).toBe(raise);
  });

  it("counts what the last 24 hours used, and names every key that must be wider, and no other", () => {
    const limits = limitsOf({ lock: { max: 12, percent: 5, perRun: 10 } });
    const { message, limit, allowed } = refused("lock", 11, limits, { lock: 4 });
    expect([limit, allowed]).toEqual(["percent", 6]);
    expect(message).toContain("percent 5% (10 of 200) (the default), 4 of it used in the last 24");
    expect(line(message)).toBe("{ type: lock, max: 15, percent: 8, until: 2026-11-23, reason: … }");
    // Just enough is enough: 8 and the 4 that were used are 12.
    const fewer = refused("lock", 8, limits, { lock: 4 });
    expect(line(fewer.message)).toBe("{ type: lock, percent: 6, until: 2026-11-23, reason: … }");
  });

  it("asks for no more than all, and for all where there is nobody", () => {
    const limits = limitsOf({ "re-authenticate": { percent: 0 } });
    const over = refused("re-authenticate", 150, limits).message;
    expect(line(over)).toContain("percent: 100,");
    const context = contextOf(limits);
    const nobody = { ...context, inventory: { ...context.inventory, active: 0 } };
    nobody.usage.ended = 0;
    const none = refusalOf("re-authenticate", 1, allowance("re-authenticate", nobody), nobody);
    expect(line(none.message)).toContain("percent: 100,");
  });
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
