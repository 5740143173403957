import { expect, test } from "vitest";
import { plansDigest } from "../../../src/plan/digest.ts";
import * as json from "../../../src/report/machine/json.ts";
import { driftOf } from "../../../src/report/told/drift.ts";
import * as build from "../builders.ts";

const facts = { lastRunAt: null };

test("a plan is the plan, with two spaces and a newline at the end", () => {
  const plan = build.busyPlan();
  const text = json.planJson(plan);
  expect(JSON.parse(text)).toEqual(plan);
  expect(text).toMatch(/^\{\n {2}"format": "curfew\/plan\/2",\n/);
  expect(text.endsWith("}\n")).toBe(true);
});

test("several plans, and a plan with its outcomes", () => {
  const plan = build.plan({ actions: [build.lock()] });
  const outcomes = build.outcomesOf(plan.actions);
  expect(JSON.parse(json.plansJson([plan, plan]))).toEqual({
    format: "curfew/plans/2",
    digest: plansDigest([plan, plan]),
    plans: [plan, plan],
  });
  expect(json.appliedPlan({ plan, outcomes })).toEqual({ ...plan, outcomes });
});

test("drift reports, one and several", () => {
  const plan = build.busyPlan();
  const report = driftOf(plan, facts);
  expect(JSON.parse(json.driftsJson([report], false))).toEqual(report);
  expect(JSON.parse(json.driftsJson([report], true))).toEqual({
    format: "curfew/drifts/1",
    drifts: [report],
  });
});

test("no character that a terminal acts on is raw, and the value is the same", () => {
  const label = "\x1b[2J\x9b\u202e\u200b\u{e0041}\u2028\n";
  const plan = build.plan({ actions: [build.reAuthenticate({ label })] });
  const text = json.planJson(plan);
  expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
  expect(JSON.parse(text)).toEqual(plan);
});
