import { expect, it } from "vitest";
import { StaleError, UsageError } from "../../src/errors.ts";
import type { Plan } from "../../src/model/plan.ts";
import { planDigest } from "../../src/plan/digest.ts";
import { checkSaved, readSavedPlans } from "../../src/plan/saved.ts";
import { planJson, plansJson } from "../../src/report/machine/json.ts";
import {
  DAY,
  estateOf,
  HOUR,
  lockedOf,
  MINUTE,
  NOW,
  noLimits,
  planned,
  policyOf,
  sessionOf,
  userOf,
  usersLocked,
  written,
} from "../kit/builders.ts";

const policy = policyOf({
  sessions: { maxAge: written(30 * DAY) },
  users: usersLocked(lockedOf("bob")),
  limits: noLimits(),
});
const old = (more = {}) => sessionOf("s1", { signedInAt: NOW - 40 * DAY, ...more });
const estate = [userOf("ann", [old()]), userOf("bob"), ...estateOf(20)];
const saved = planned(estate, policy).plan;
const again = (users: typeof estate, more: Parameters<typeof planned>[2] = {}) =>
  planned(users, policy, { saved, at: NOW + HOUR, ...more });
const told = (plan: Plan) => plan.actions.map((a) => `${a.type} ${a.session ?? a.user}`);

it("a saved plan is read back as it was written, alone or among several", () => {
  expect(readSavedPlans(planJson(saved), "p.json")).toEqual([saved]);
  expect(readSavedPlans(plansJson([saved, saved]), "p.json")).toEqual([saved, saved]);
});

it("an edited plan is refused, whatever was edited", () => {
  const edits: ((plan: Plan) => void)[] = [
    (plan) => plan.actions.push({ ...saved.actions[0], user: "eve" } as never),
    (plan) => plan.actions.pop(),
    (plan) => Object.assign(plan, { expiresAt: "2030-01-01T00:00:00.000Z" }),
    (plan) => Object.assign(plan.policy, { digest: "sha256:other" }),
    (plan) => Object.assign(plan, { extra: 1 }),
  ];
  for (const edit of edits) {
    const plan = structuredClone(saved);
    edit(plan);
    expect(() => readSavedPlans(planJson(plan), "p.json")).toThrow(StaleError);
    expect(() => readSavedPlans(planJson(plan), "p.json")).toThrow(
      "p.json was edited after it was saved (its digest does not fit): make the plan again with `curfew plan --out p.json`",
    );
    // Among several it is found, too: the digest over all of them is over their digests.
    expect(() => readSavedPlans(plansJson([saved, plan]), "p.json")).toThrow(StaleError);
  }
});

it("what is no plan is a sentence, not a stack", () => {
  for (const text of ["", "{}", "[]", "null", '{"format":"curfew/plan/x"}', "\u0000"]) {
    expect(() => readSavedPlans(text, "p.json")).toThrow(UsageError);
    expect(() => readSavedPlans(text, "p.json")).toThrow(
      "p.json is no saved plan: make one with `curfew plan --out plan.json`",
    );
  }
});

it.each(["curfew/plan/1", "curfew/plans/1", "curfew/plan/3", "curfew/plan/22"])(
  "a saved file of the format %s is stale",
  (format) => {
    const text = JSON.stringify({ ...saved, format });
    expect(() => readSavedPlans(text, "p.json")).toThrow(StaleError);
    expect(() => readSavedPlans(text, "p.json")).toThrow(
      /of the format curfew.*make the plan again/,
    );
  },
);

// Who edits a plan can make its digest anew: it must still have what a plan has.
it("a file of no plans, and a plan without what apply reads, are a sentence, though the digest fits", () => {
  const sealed = (change: Record<string, unknown>) => {
    const plan = { ...saved, ...change } as Plan;
    return JSON.stringify({ ...plan, digest: planDigest(plan) });
  };
  expect(readSavedPlans(sealed({}), "p.json")).toHaveLength(1);
  const texts = [
    '{"format":"curfew/plans/2","plans":[]}',
    sealed({ ledger: undefined }),
    sealed({ ledger: { adopt: [1], forget: [] } }),
    sealed({ evaluatedAt: "soon" }),
    sealed({ expiresAt: "+275760-09-13T00:00:00.001Z" }),
    sealed({ actions: [{ type: "lock", user: "bob", session: null, expects: { locked: {} } }] }),
    sealed({ actions: [{ type: "explode", user: "bob", session: null, expects: {} }] }),
  ];
  for (const text of texts) expect(() => readSavedPlans(text, "p.json"), text).toThrow(UsageError);
});

it("a plan that is nested too deeply to have a digest was edited", () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  const text = planJson(saved).replace("{", `{"deep":${deep},`);
  expect(() => readSavedPlans(text, "p.json")).toThrow(StaleError);
});

it("users and sessions with names that objects have anyway are ids like others", () => {
  const ids = ["__proto__", "constructor"];
  const locks = policyOf({
    users: usersLocked(...ids.map((id) => lockedOf(id))),
    limits: noLimits(),
  });
  const users = ids.map((id) => userOf(id, [sessionOf(id)]));
  const first = planned(users, locks).plan;
  const [read] = readSavedPlans(planJson(first), "p.json");
  expect(read).toEqual(first);
  const { plan, skipped } = planned(users, locks, { saved: first, at: NOW + MINUTE });
  expect([told(plan), skipped]).toEqual([["lock __proto__", "lock constructor"], []]);
});

it("a plan is good for its target, its policy, its version and its time only", () => {
  const check = (change: Partial<Plan>, at = NOW + HOUR, version = saved.version) => {
    const plan = { ...saved, ...change };
    plan.digest = planDigest(plan);
    return () => checkSaved(plan, policy, version, at);
  };
  expect(check({})).not.toThrow();
  expect(check({ target: "other" })).toThrow(/is for other/);
  expect(check({ url: "https://other.example/api/v4/1" })).toThrow(/is for/);
  expect(check({ policy: { ...saved.policy, digest: "sha256:0" } })).toThrow(/another policy/);
  expect(check({}, NOW + HOUR, "9.9.9")).toThrow(/version/);
  const end = Date.parse(saved.expiresAt);
  expect(check({}, end - 1)).not.toThrow();
  expect(check({}, end)).toThrow(/expired/);
  expect(check({}, NOW - 5 * MINUTE)).not.toThrow();
  expect(check({}, NOW - 5 * MINUTE - 1)).toThrow(/later moment/);
});

it("what is in the plan and still true is taken, by the whole of it", () => {
  const { plan, skipped, whole } = again(estate);
  expect(told(plan)).toEqual(["lock bob", "re-authenticate s1"]);
  expect([skipped, whole, plan.reviewed]).toEqual([[], false, saved.digest]);
});

it("nothing that was not reviewed is taken", () => {
  const carl = userOf("carl", [sessionOf("s9", { signedInAt: NOW - 50 * DAY })]);
  const { plan, whole } = again([...estate, carl]);
  expect(told(plan)).toEqual(["lock bob", "re-authenticate s1"]);
  expect(whole).toBe(false);
});

it("what changed since is skipped, and why", () => {
  const changed = [
    userOf("ann", [old({ signedInAt: NOW - 39 * DAY })]),
    userOf("bob", [], { locked: true }),
    ...estateOf(20),
  ];
  const { plan, skipped } = again(changed);
  expect(plan.actions).toEqual([]);
  expect(skipped).toMatchObject([
    { status: "skipped", type: "lock", user: "bob", error: "no longer wanted" },
    { status: "skipped", type: "re-authenticate", session: "s1" },
  ]);
  expect(skipped[1]?.error).toBe(
    "expected state active, signedInAt 2026-10-13T10:00:00Z, found state active, signedInAt 2026-10-14T10:00:00Z",
  );
});

it("the limits of now hold for a saved plan, and say so", () => {
  const frozen = policyOf({
    ...policy,
    freeze: { until: NOW + DAY, reason: "audit", allow: [], source: { file: "x", line: 1 } },
  });
  const { plan, skipped } = planned(estate, frozen, { saved, at: NOW + MINUTE });
  expect(plan.actions).toEqual([]);
  expect(skipped.map((o) => o.error)).toEqual(["held by freeze now", "held by freeze now"]);
});

it("a sign-out that was reviewed never becomes a wipe", () => {
  const stronger = policyOf({
    ...policy,
    devices: {
      allowed: [],
      otherwise: "wipe",
      denied: [],
      source: { file: "x", line: 1 },
    },
  });
  const { plan } = planned([userOf("ann", [old()])], stronger, { saved, at: NOW + MINUTE });
  expect(told(plan)).toEqual(["re-authenticate s1"]);
});

it("a file of several plans is refused where one is left out, doubled, moved or from elsewhere", () => {
  const other = planned(estate, policy, { at: NOW + MINUTE }).plan;
  const file = JSON.parse(plansJson([saved, other]));
  const { digest: _, ...without } = file;
  for (const plans of [[saved], [other, other], [other, saved], [saved, other, saved]]) {
    expect(() => readSavedPlans(JSON.stringify({ ...file, plans }), "p.json")).toThrow(StaleError);
  }
  expect(() => readSavedPlans(JSON.stringify(without), "p.json")).toThrow(UsageError);
});
