/** Every format tells before all else what earlier runs left. */
import { describe, expect, it } from "vitest";
import { FORMATS, rendererOf } from "../../src/report/formats.ts";
import { leftLines } from "../../src/report/told/head.ts";
import * as build from "./builders.ts";

const options = { colour: false, width: 400, all: false, several: false };
const began = "2026-11-22T09:00:00Z";
const left = [
  { run: "run-1", began, end: "ended" as const, done: 1, undone: 0, unknown: 0 },
  { run: "run-2", began, end: "died" as const, done: 1200, undone: 2, unknown: 1 },
  { run: "run-3", began, end: "open" as const, done: 0, undone: 0, unknown: 0 },
];
const plan = build.plan({ ledger: { adopt: [], forget: [], left } });

it("in a sentence or two for each", () => {
  expect(leftLines(plan)).toEqual([
    "Run run-1, begun on 2026-11-22 09:00:00 UTC, ended. 1 of its actions had no outcome: 1 done.",
    "Run run-2, begun on 2026-11-22 09:00:00 UTC, died. 1,203 of its actions had no outcome: 1,200 done, 2 not done, 1 still unknown.",
    "Run run-3, begun on 2026-11-22 09:00:00 UTC, has not ended: it died, or is still at work.",
  ]);
});

describe.each(FORMATS)("%s", (format) => {
  it("tells it of a plan and of an apply, and nothing where nothing is left", async () => {
    const renderer = await rendererOf(format);
    const told = [
      renderer.plan([{ plan }], options),
      // What an apply writes as text stands below the plan.
      ...(format === "text" ? [] : [renderer.apply([{ plan, outcomes: [] }], options)]),
    ];
    for (const text of told) {
      expect(text).toContain("run-2");
      expect(text.indexOf("run-1")).toBeLessThan(text.indexOf("run-3"));
    }
    expect(renderer.plan([{ plan: build.plan() }], options)).not.toContain("run-");
  });
});
