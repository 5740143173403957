/** Names that only look alike, or that a path or an object would read as something else, over the real line. */
import { describe, expect, test } from "vitest";
import { session, user } from "../fault-matrix/estate.ts";
import {
  ALL_LOCKS,
  asked,
  estateOf,
  line,
  locking,
  statuses,
  told,
} from "../fault-matrix/small.ts";

describe("names that only look alike", () => {
  const LOOKS: [string, string, string][] = [
    ["a Cyrillic е", "peter", "p\u0435ter"],
    ["full width", "ann", "\uff41\uff4e\uff4e"],
    ["a composed é", "ren\u00e9", "rene\u0301"],
    ["a zero-width space", "ann", "an\u200bn"],
    ["a Kelvin sign", "kim", "\u212aim"],
    ["a long s", "sam", "\u017fam"],
    ["a ligature", "office", "o\ufb03ce"],
  ];

  test.each(LOOKS)("%s in the policy is nobody, and is told", async (_name, real, looks) => {
    const at = await line({ estate: estateOf(3, user(real, [session("phone", 1)])) });
    const run = await at.apply(await at.policy(locking(JSON.stringify(looks)) + ALL_LOCKS));
    expect([asked(at), told(run.planned.plan)]).toEqual([[], []]);
    expect(run.planned.plan.notices).toMatchObject([{ kind: "unknown-user", user: looks }]);
  });

  test.each(LOOKS)("%s in the backend is another user", async (_name, real, looks) => {
    const twins = [user(looks, [session("theirs", 1)]), user(real, [session("ours", 1)])];
    const at = await line({ estate: estateOf(3, ...twins) });
    const run = await at.apply(await at.policy(locking(real) + ALL_LOCKS));
    expect(statuses(run)).toEqual([`applied lock ${real}`]);
    expect(at.sandbox.user(looks)?.locked).toBe(false);
  });

  test.each(LOOKS)("%s protects nobody, and hides no device", async (_name, real, looks) => {
    const device = { ...session("phone", 60), device: { id: looks } };
    const at = await line({ estate: estateOf(3, user(real, [device])) });
    const policy = await at.policy(`sessions: { maxAge: 30d }
devices: { denied: [{ id: ${JSON.stringify(real)}, reason: Lost, action: wipe, unsynced: lose }] }
protected: [${JSON.stringify(looks)}]
limits: { wipe: { max: 5 } }
`);
    const { plan } = (await at.plan(policy)).planned;
    expect(told(plan)).toEqual(["re-authenticate phone"]);
    expect(plan.notices).toMatchObject([{ kind: "unknown-user", user: looks }]);
  });

  test("ids that a path or an object would read as something else are ids", async () => {
    const ids = ["a/b", "a?b#c", "%2e%2e", "constructor", "valueOf", "a b", "é"];
    const at = await line({
      estate: ["..", ...ids].map((id) => user(id, [session(`s-${id}`, 1)])),
    });
    at.sandbox.fail("404-route@POST /batch");
    const quoted = ["..", ...ids].map((id) => JSON.stringify(id));
    const run = await at.apply(await at.policy(locking(...quoted) + ALL_LOCKS));
    // No address has a segment `..`: whoever is called so is reached by no call, and nobody else is reached instead.
    const wanted = ids.map((id) => `applied lock ${id}`);
    expect(statuses(run).sort()).toEqual([...wanted, "failed lock .."].sort());
    expect(Object.keys((await at.memory()).ownLocks).sort()).toEqual([...ids].sort());
    expect(at.sandbox.counters.operations).toEqual({ "users/lock": ids.length });
  });
});

// docs/contract.md, "What is decided, for one user": a lock that is ours is lifted when it is no longer wanted.
test("a lock of a user called __proto__ is ours like any other", async () => {
  const at = await line({ estate: estateOf(3, user("__proto__", [session("phone", 1)])) });
  await at.apply(await at.policy(locking("__proto__") + ALL_LOCKS));
  const run = await at.apply(
    await at.policy(`users: { locked: [], allowEmpty: true }\n${ALL_LOCKS}`),
  );
  expect(statuses(run)).toEqual(["applied unlock __proto__"]);
});
