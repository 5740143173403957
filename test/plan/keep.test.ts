/** Of many sign-outs the first are kept in full, in the order of the brakes, and all are counted. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { byPace } from "../../src/plan/brakes/order.ts";
import { type Caused, ofSession } from "../../src/plan/decide/want.ts";
import { keeper } from "../../src/plan/keep.ts";
import { actionKey } from "../../src/plan/key.ts";
import { NOW, sessionOf, userOf } from "../kit/builders.ts";

const KEPT = 7;

function want(n: number, signedInAt: number | null, more: Partial<Caused> = {}): Caused {
  const session = sessionOf(`s-${n}`, { signedInAt });
  const of = ofSession(userOf(`u-${n}`, [session]), session, "re-authenticate", []);
  return { ...of, cause: "due", retryOf: null, after: null, otherwise: [], wipes: null, ...more };
}

it("keeps what the brakes would take first, and counts the rest by what holds it and by cause", () => {
  const each = fc.record({
    at: fc.option(fc.integer({ min: 0, max: 50 }), { nil: null }),
    hold: fc.constantFrom(null, null, "report" as const),
    again: fc.boolean(),
    cause: fc.constantFrom("due" as const, "drift" as const),
  });
  fc.assert(
    fc.property(fc.array(each, { maxLength: 60 }), (made) => {
      const wants = made.map(({ at, again: _, ...more }, n) => want(n, at, more));
      const recent = new Set(wants.filter((_, n) => made[n]?.again).map(actionKey));
      const keep = keeper({ failures: [] }, NOW, recent, KEPT);
      for (const one of wants) keep.add([one]);
      const order = (a: Caused, b: Caused) =>
        Number(a.hold !== null) - Number(b.hold !== null) ||
        Number(recent.has(actionKey(a))) - Number(recent.has(actionKey(b))) ||
        byPace(a, b);
      const [first, rest] = [
        wants.toSorted(order).slice(0, KEPT),
        wants.toSorted(order).slice(KEPT),
      ];
      expect(new Set(keep.wants())).toEqual(new Set(first));
      const { groups, has } = keep.counted;
      const counts = [...groups.values()].map(({ of, by, n }) => [`${by} ${of.cause}`, n]);
      const each = Map.groupBy(rest, ({ hold, cause }) => `${hold} ${cause}`);
      expect(Object.fromEntries(counts)).toEqual(
        Object.fromEntries([...each].map(([key, all]) => [key, all.length])),
      );
      expect(rest.every((one) => has(actionKey(one)))).toBe(true);
      expect(first.some((one) => has(actionKey(one)))).toBe(false);
    }),
    { seed: 11, numRuns: 300 },
  );
});

it("keeps all that is not one of many: what failed, what is outside the brakes, what stands in for a wipe", () => {
  const failure = { type: "re-authenticate", user: "u-0", session: "s-0", signedInAt: 5 } as const;
  const failures = [{ ...failure, times: 1, at: NOW, line: "" }];
  const keep = keeper({ failures }, NOW, new Set(), 1);
  const special = [
    want(0, 5),
    want(1, 6, { counts: "denied" }),
    want(2, 7, { owesWipe: true }),
    want(3, 8, { type: "lock" }),
  ];
  const many = Array.from({ length: 9 }, (_, n) => want(10 + n, 100 + n));
  keep.add([...many, ...special]);
  expect(new Set(keep.wants())).toEqual(new Set([...special, many[0]]));
  expect([...keep.counted.groups.values()]).toMatchObject([{ by: null, n: 8, sessions: 8 }]);
});
