import { expect, test } from "vitest";
import type { Policy } from "../../../src/model/policy.ts";
import { rendererOf } from "../../../src/report/formats.ts";
import { liftedOf } from "../../../src/report/told/lifted.ts";
import { DAY, NOW, policyOf, source } from "../../kit/builders.ts";
import * as build from "../builders.ts";

const raise = (until: number) =>
  ({
    type: "lock",
    max: 500,
    percent: 100,
    until,
    reason: "Plant closure",
    source: source(80),
  }) as const;

function limited(more: Partial<Policy["limits"]>, rest: Partial<Policy> = {}): Policy {
  const policy = policyOf(rest);
  return { ...policy, limits: { ...policy.limits, ...more } };
}
const told = (...of: Parameters<typeof liftedOf>) => liftedOf(...of).map(({ what }) => what);

test("a raise is told while it is in force", () => {
  const policy = limited({ raise: [raise(NOW + DAY), raise(NOW)] });
  expect(liftedOf(policy, NOW)).toEqual([
    {
      what: "limits.raise, until 2026-11-23T10:00:00Z: lock max 500, percent 100 (Plant closure)",
      source: source(80),
    },
  ]);
});

test("what a change does to a brake is told, and what stays is not", () => {
  const base = limited(
    { urgent: 5 },
    {
      enforcement: { default: "report", rules: {} },
      rollout: 10,
      freeze: { until: NOW + DAY, reason: "x", allow: ["lock"], source: source(90) },
    },
  );
  const { types } = base.limits;
  const wider = { max: 10, exceed: "refuse" as const, source: source(70) };
  const now = limited({ urgent: 50, types: { ...types, wipe: wider } });
  const before = base.limits.types.wipe.max;
  expect(told(now, NOW, base)).toEqual([
    "enforcement: report before this change, enforce after it",
    "rollout: 10 % before this change, 100 % after it",
    `limits.wipe: ${before === undefined ? "" : `max ${before}, `}exceed refuse before this change, max 10, exceed refuse after it`,
    "limits.urgent: 5 before this change, 50 after it",
    "freeze: until 2026-11-23T10:00:00Z, allows lock before this change, none after it",
  ]);
  expect(told(base, NOW, base)).toEqual([]);
});

test.each(["text", "markdown", "html"] as const)("%s tells a raise in force", async (format) => {
  const plan = build.plan();
  const lifted = [
    {
      what: "limits.raise, until 2026-12-01: lock percent 15 (Plant closure)",
      source: { file: "p/a.yaml", line: 9 },
    },
  ];
  const options = { colour: false, width: 200, all: false, several: false };
  const { plan: plans, apply } = await rendererOf(format);
  for (const of of [plan, { ...plan, base: { commit: null } }]) {
    const told = plans([{ plan: of, lifted }], options);
    expect(told).toContain("Brakes that are lifted or changed");
    expect(told).toMatch(/lock percent 15 .*p\/a\.yaml:9/);
    expect(plans([{ plan: of }], options)).not.toContain("Brakes that are");
  }
  expect(apply([{ plan, lifted, outcomes: [] }], options)).toContain("lock percent 15");
});
