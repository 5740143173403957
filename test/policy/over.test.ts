/** docs/contract.md, "Time": what has ended is said, and does nothing. */
import { expect, test } from "vitest";
import { overNotices } from "../../src/policy/over.ts";
import { loadOne, NOW } from "./helpers.ts";

const ENDED = `limits: { raise: [{ type: lock, max: 60, until: 2026-11-21, reason: a }] }
exceptions: [{ user: ann, rule: sessions.maxAge, reason: a, owner: b, until: 2026-11-20 }]
users: { locked: [{ user: bob, reason: a, until: 2026-11-19 }] }
freeze: { until: "2026-11-22T10:00:00Z", reason: a }
`;

test("a raise, an exception, an entry and a freeze, from their end on", async () => {
  const policy = await loadOne(ENDED);
  const found = overNotices(policy, NOW).map(({ kind, user, line }) => [kind, user, line]);
  expect(found).toEqual([
    ["over", null, 7],
    ["over", "ann", 8],
    ["over", "bob", 9],
    ["over", null, 10],
  ]);
  expect(overNotices(policy, NOW - 1).map(({ line }) => line)).toEqual([7, 8, 9]);
  expect(overNotices(policy, Date.parse("2026-11-19T10:00:00Z"))).toEqual([]);
});
