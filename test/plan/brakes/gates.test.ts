/** What is held or let through before any limit is asked: urgent locks, freezes, windows, rollouts. docs/contract.md, "Limits". */
import { describe, expect, it } from "vitest";
import type { Plan } from "../../../src/model/plan.ts";
import type { Limits, Policy } from "../../../src/model/policy.ts";
import type { Attempt } from "../../../src/model/run.ts";
import {
  attemptOf,
  deniedOf,
  denying,
  estateOf,
  HOUR,
  limitsOf,
  lockedOf,
  NOW,
  planned,
  policyOf,
  sessionOf,
  source,
  userOf,
  usersLocked,
  written,
} from "../../kit/builders.ts";

const done = (plan: Plan, type: string) => plan.actions.filter((a) => a.type === type).length;
const waits = (plan: Plan, type: string, by: string) =>
  plan.held.filter((a) => a.type === type && a.by === by).length;

/** A hundred users, all with a session that is too old. */
function signingOut(limits: Limits, attempts: Attempt[] = [], more: Partial<Policy> = {}) {
  const policy = policyOf({ sessions: { maxAge: written(HOUR) }, limits, ...more });
  return planned(estateOf(100), policy, { memory: { attempts } }).plan;
}

describe("urgent locks", () => {
  const urgent = (
    n: number,
    limits: Limits,
    attempts: Attempt[] = [],
    more: Partial<Policy> = {},
  ) => {
    const users = estateOf(100);
    const entries = users.slice(0, n).map((u) => lockedOf(u.id, { urgent: true }));
    const policy = policyOf({ users: usersLocked(...entries), limits, ...more });
    return planned(users, policy, { memory: { attempts } }).plan;
  };
  const none = limitsOf({ lock: { max: 0 } });

  it("are outside limits, limits.urgent a day at most", () => {
    expect(done(urgent(5, none), "lock")).toBe(5);
    const plan = urgent(7, none);
    expect([done(plan, "lock"), waits(plan, "lock", "limit")]).toEqual([5, 2]);
    expect(plan.refusals).toMatchObject([{ wanted: 2, allowed: 0 }]);
    expect(plan.actions.every((a) => a.urgent)).toBe(true);
    expect(plan.held.some((a) => a.urgent)).toBe(false);
  });

  it("beyond limits.urgent are locks like any other", () => {
    const plan = urgent(7, limitsOf({ lock: { max: 2 } }));
    expect([done(plan, "lock"), plan.held.length]).toEqual([7, 0]);
    expect(plan.actions.filter((a) => a.urgent)).toHaveLength(5);
  });

  it("count over the last 24 hours by themselves", () => {
    const four = Array.from({ length: 4 }, (_, i) =>
      attemptOf("lock", `g${i}`, { counts: "urgent" }),
    );
    expect(urgent(2, none, four).summary.lock).toBe(1);
    const plain = Array.from({ length: 4 }, (_, i) => attemptOf("lock", `g${i}`));
    expect(urgent(2, none, plain).summary.lock).toBe(2);
    const users = usersLocked(...["u000", "u001", "u002"].map((id) => lockedOf(id)));
    const policy = policyOf({ users, limits: limitsOf({ lock: { max: 3 } }) });
    const { plan } = planned(estateOf(3), policy, { memory: { attempts: four } });
    expect(plan.summary.lock).toBe(3);
  });

  it("are outside a freeze; those beyond limits.urgent are not", () => {
    const freeze = { until: NOW + 1, reason: "Year end", allow: [], source: source(90) };
    const plan = urgent(7, limitsOf(), [], { freeze });
    expect([done(plan, "lock"), waits(plan, "lock", "freeze")]).toEqual([5, 2]);
  });
});

describe("a freeze", () => {
  const frozen = (until: number, allow: Plan["actions"][number]["type"][] = []) => ({
    freeze: { until, reason: "Year end", allow, source: source(90) },
  });

  it("holds everything until it ends, to the millisecond, and is no refusal", () => {
    const plan = signingOut(limitsOf({ "re-authenticate": {} }), [], frozen(NOW + 1));
    expect([plan.actions.length, waits(plan, "re-authenticate", "freeze")]).toEqual([0, 100]);
    expect(plan.refusals).toEqual([]);
    const over = signingOut(limitsOf({ "re-authenticate": {} }), [], frozen(NOW));
    expect(over.actions).toHaveLength(100);
  });

  it("lets go on what it allows, and what signs out locked users and denied devices", () => {
    const estate = estateOf(4);
    const locked = userOf("out", [sessionOf("sx")], { locked: true });
    const policy = policyOf({
      ...frozen(NOW + 1, ["lock"]),
      users: usersLocked(lockedOf("u000"), lockedOf("out")),
      devices: denying(deniedOf("device-s001")),
      sessions: { maxAge: written(HOUR) },
      limits: limitsOf({ lock: {}, "re-authenticate": {} }),
    });
    const { plan } = planned([...estate, locked], policy);
    expect(plan.actions.map((a) => `${a.type} ${a.session ?? a.user}`)).toEqual([
      "lock u000",
      "re-authenticate sx",
      "re-authenticate s001",
    ]);
    expect(waits(plan, "re-authenticate", "freeze")).toBe(2);
  });

  it("comes before a window and a limit, after report and rollout", () => {
    const shut = { from: 0, to: 1, zone: "UTC", days: ["mon" as const], source: source(91) };
    const windows = { "re-authenticate": shut };
    const none = limitsOf({ "re-authenticate": { max: 0, exceed: "refuse" } });
    const by = (more: Partial<Policy>) => new Set(signingOut(none, [], more).held.map((h) => h.by));
    expect(by({})).toEqual(new Set(["limit"]));
    expect(by({ windows })).toEqual(new Set(["window"]));
    expect(by({ windows, ...frozen(NOW + 1) })).toEqual(new Set(["freeze"]));
    expect(by({ windows, ...frozen(NOW + 1), rollout: 0 })).toEqual(new Set(["rollout"]));
    const report = { enforcement: { default: "report" as const, rules: {} } };
    expect(by({ windows, rollout: 0, ...report })).toEqual(new Set(["report"]));
  });
});

it("what a gate holds does not count against a limit", () => {
  const limits = limitsOf({ "re-authenticate": { max: 70, exceed: "refuse" } });
  const plan = signingOut(limits, [], { rollout: 50 });
  const reached = done(plan, "re-authenticate");
  expect(reached).toBeGreaterThan(30);
  expect(waits(plan, "re-authenticate", "rollout")).toBe(100 - reached);
});

it("a held lock lets the session rules apply meanwhile, within their own limits", () => {
  const users = estateOf(10);
  const policy = policyOf({
    users: usersLocked(lockedOf("u000"), lockedOf("u001")),
    sessions: { maxAge: written(HOUR) },
    limits: limitsOf({ lock: { max: 1 }, "re-authenticate": { max: 1, exceed: "pace" } }),
  });
  const { plan } = planned(users.slice(0, 2), policy);
  expect(plan.actions.map((a) => `${a.type} ${a.session}`)).toEqual(["re-authenticate s000"]);
  expect(plan.held.map((a) => `${a.type} ${a.session ?? a.user} ${a.by}`)).toEqual([
    "lock u000 limit",
    "lock u001 limit",
    "re-authenticate s001 pace",
  ]);
});

it("what is only reported is held so, also where no limit would count it", () => {
  const policy = policyOf({
    enforcement: { default: "report", rules: {} },
    users: usersLocked(lockedOf("ann", { urgent: true })),
    devices: denying(deniedOf("device-s2")),
  });
  const { plan } = planned([userOf("ann"), userOf("bob", [sessionOf("s2")])], policy);
  expect(plan.actions).toEqual([]);
  expect(plan.held.map(({ type, by }) => [type, by])).toEqual([
    ["lock", "report"],
    ["re-authenticate", "report"],
  ]);
});
