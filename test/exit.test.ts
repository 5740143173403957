/** docs/contract.md, "Exit codes". */
import { describe, expect, it, test } from "vitest";
import {
  applyExit,
  codesOf,
  driftExit,
  EXIT,
  planExit,
  strictReasons,
  worst,
} from "../src/exit.ts";
import {
  type Action,
  type Cause,
  NOTICE_KINDS,
  type Notice,
  type Plan,
  type Refusal,
} from "../src/model/plan.ts";
import type { Policy } from "../src/model/policy.ts";
import type { Outcome } from "../src/model/run.ts";
import { heldCounts, planned, policyOf } from "./kit/builders.ts";

const action = (cause: Cause = "policy"): Action => ({
  type: "lock",
  user: "ann",
  session: null,
  cause,
  reasons: [],
  expects: {},
});
const refusal: Refusal = { type: "lock", limit: "max", wanted: 2, allowed: 1, message: "" };
const notice = (kind: Notice["kind"]): Notice => ({ kind, user: null, message: "" });
const LEDGER = { adopt: [], forget: [] };
const planOf = (more: Partial<Plan> = {}): Plan => ({
  ...{ ...planned([], policyOf()).plan, ledger: LEDGER },
  ...heldCounts(more.held ?? []),
  ...more,
});
const outcome = (status: Outcome["status"]): Outcome => ({
  status,
  type: "lock",
  user: "ann",
  session: null,
});

test.each([...NOTICE_KINDS])("--strict and a notice of kind %s", (kind) => {
  const strict = ["unknown-user", "over", "told-elsewhere"].includes(kind);
  expect(codesOf(strictReasons([notice(kind)], true))).toEqual(strict ? [EXIT.error] : []);
  expect(strictReasons([notice(kind)], undefined)).toEqual([]);
});

describe("worst", () => {
  it("gives the first of 5, 4, 1, 6, 3, 2, and else 0", () => {
    const order = [5, 4, 1, 6, 3, 2, 0];
    order.forEach((code, i) => {
      expect(worst(order.slice(i))).toBe(code);
      expect(worst(order.slice(i).reverse())).toBe(code);
    });
    expect(worst([])).toBe(EXIT.done);
  });
});

describe("planExit", () => {
  it("is 0 in sync, 2 where something is wanted, held or not", () => {
    expect(planExit(planOf())).toBe(0);
    expect(planExit(planOf({ actions: [action()] }))).toBe(2);
    expect(planExit(planOf({ held: [{ ...action(), by: "freeze" }] }))).toBe(2);
  });

  it("is 3 where a limit refused", () => {
    expect(planExit(planOf({ actions: [action()], refusals: [refusal] }))).toBe(3);
  });

  it("notices change nothing, but for what could not be judged", () => {
    const codes = NOTICE_KINDS.map((kind) => [kind, planExit(planOf({ notices: [notice(kind)] }))]);
    expect(codes.filter(([, code]) => code !== 0)).toEqual([
      ["unclear", 1],
      ["clock", 1],
    ]);
    const all = planOf({ refusals: [refusal], notices: [notice("unclear")] });
    expect(planExit(all)).toBe(1);
  });
});

describe("what failed before and waits to be tried again", () => {
  const waits = planOf({ held: [{ ...action(), by: "retry" }] });

  it("makes every command end with 1", () => {
    const exits = [planExit(waits), driftExit(waits), applyExit(policyOf(), waits, [])];
    expect(exits).toEqual([1, 1, 1]);
  });
});

describe("driftExit", () => {
  it("is 2 where something has the cause drift, held or not", () => {
    expect(driftExit(planOf({ actions: [action("policy"), action("due")] }))).toBe(0);
    expect(driftExit(planOf({ actions: [action(), action("drift")] }))).toBe(2);
    expect(driftExit(planOf({ held: [{ ...action("drift"), by: "pace" }] }))).toBe(2);
  });

  it("is 1 without a ledger, whatever else there is", () => {
    const none = { ledger: { ...LEDGER, none: true as const } };
    expect(driftExit(planOf(none))).toBe(1);
    expect(driftExit(planOf({ ...none, refusals: [refusal], actions: [action()] }))).toBe(1);
    expect(planExit(planOf(none))).toBe(0);
  });

  it("is 3 where a limit refused, and 1 for users who could not be judged", () => {
    const drifted = { actions: [action("drift")], refusals: [refusal] };
    expect(driftExit(planOf(drifted))).toBe(3);
    expect(driftExit(planOf({ ...drifted, notices: [notice("unclear")] }))).toBe(1);
  });
});

describe("applyExit", () => {
  const exit = (plan: Partial<Plan>, outcomes: Outcome[] = [], more: Partial<Policy> = {}) =>
    applyExit(policyOf(more), planOf(plan), outcomes);
  const held: Plan["held"] = [{ ...action(), by: "pace" }];

  it("is 0 where all was applied or skipped, also where something is held", () => {
    const outcomes = [outcome("applied"), outcome("skipped")];
    expect(exit({ actions: [action()], held }, outcomes)).toBe(0);
  });

  it("is 1 where an action failed, before 3 where a limit refused", () => {
    expect(exit({ refusals: [refusal] }, [outcome("applied")])).toBe(3);
    expect(exit({ refusals: [refusal] }, [outcome("applied"), outcome("failed")])).toBe(1);
    expect(exit({ notices: [notice("unclear")] })).toBe(1);
  });

  it("under enforcement: report is that of a plan", () => {
    const report = { enforcement: { default: "report" as const, rules: {} } };
    expect(exit({ held }, [], report)).toBe(2);
    expect(exit({}, [], report)).toBe(0);
    const rules = { "devices.denied": "enforce" as const };
    expect(exit({ held }, [], { enforcement: { default: "report", rules } })).toBe(0);
  });
});
