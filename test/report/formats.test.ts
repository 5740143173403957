import { expect, test } from "vitest";
import { FORMATS, RENDERERS, rendererOf } from "../../src/report/formats.ts";
import * as build from "./builders.ts";

const options = { colour: false, width: 100, all: false, several: true };
const one = (target: string) => {
  const plan = build.plan({ target, actions: [build.lock()] });
  return { plan, lastRunAt: null, outcomes: build.outcomesOf(plan.actions), info: null };
};

test.each(FORMATS)("%s tells of every target and ends with a newline", async (format) => {
  const renderer = await rendererOf(format);
  const targets = [one("north"), one("south")];
  for (const text of [
    renderer.plan(targets, options),
    renderer.drift(targets, options),
    renderer.apply(targets, options),
  ]) {
    expect(text).toContain("north");
    expect(text).toContain("south");
    expect(text.endsWith("\n")).toBe(true);
  }
});

test("JSON: one target is an object of its own, several are in a list", () => {
  const formats = (targets: ReturnType<typeof one>[]) =>
    (["plan", "drift", "apply"] as const).map(
      (report) =>
        JSON.parse(RENDERERS.json[report](targets, { ...options, several: targets.length > 1 }))
          .format,
    );
  expect(formats([one("north")])).toEqual(["curfew/plan/2", "curfew/drift/1", "curfew/plan/2"]);
  expect(formats([one("north"), one("south")])).toEqual([
    "curfew/plans/2",
    "curfew/drifts/1",
    "curfew/plans/2",
  ]);
});

test("JSON: a list is asked for also where only one of several targets could be read", () => {
  expect(JSON.parse(RENDERERS.json.plan([one("north")], options)).format).toBe("curfew/plans/2");
});

test("JSON: an apply of several targets carries the outcomes of each", () => {
  const { plans } = JSON.parse(RENDERERS.json.apply([one("north"), one("south")], options));
  expect(plans.map((p: { outcomes: unknown[] }) => p.outcomes.length)).toEqual([1, 1]);
});

test("Markdown: several targets share the room", () => {
  const plan = build.plan({ actions: build.manyLocks(5_000) });
  const text = RENDERERS.markdown.plan([{ plan }, { plan }, { plan }], {
    ...options,
    maxChars: 40_000,
  });
  expect(text.length).toBeLessThanOrEqual(40_000);
});
