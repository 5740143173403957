import { expect, test } from "vitest";
import { FORMATS, RENDERERS, rendererOf } from "../../src/report/formats.ts";
import {
  explanationsJson,
  forecastsJson,
  historiesJson,
  verificationsJson,
} from "../../src/report/machine/json.ts";
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

const LOST = [{ target: "lost", message: "lost: HOST does not accept the credential", code: 5 }];
const REPORTS = ["plan", "drift", "apply"] as const;

test.each(FORMATS)(
  "%s: a target that could not be read stands first, with the reason",
  async (format) => {
    const renderer = await rendererOf(format);
    for (const report of REPORTS) {
      const told = renderer[report]([one("north")], { ...options, missing: LOST });
      const lost = told.indexOf("HOST does not accept the credential");
      expect(lost).toBeGreaterThan(-1);
      expect(lost).toBeLessThan(
        told.replace(/<title>.*?<\/title>/, (t) => " ".repeat(t.length)).indexOf("north"),
      );
      if (format === "json") expect(JSON.parse(told)).toMatchObject({ missing: LOST, codes: [5] });
      else expect(told).toContain("Not whole: 1 of 2 targets is missing.");
    }
  },
);

test.each(FORMATS.filter((format) => format !== "text"))(
  "%s tells the only target that could not be read, too",
  async (format) => {
    const renderer = await rendererOf(format);
    for (const report of REPORTS) {
      const told = renderer[report]([], { ...options, several: false, missing: LOST });
      expect(told).toContain("HOST does not accept the credential");
      expect(told).not.toContain("Nothing to do");
    }
  },
);

test("Markdown keeps to its size with a target that could not be read", () => {
  const plan = build.plan({ actions: build.manyLocks(5_000) });
  const how = { ...options, missing: LOST, maxChars: 20_000 };
  expect(RENDERERS.markdown.plan([{ plan }, { plan }], how).length).toBeLessThanOrEqual(20_000);
});

test("JSON: no list of several targets looks whole when one is missing", () => {
  for (const tell of [explanationsJson, forecastsJson, historiesJson, verificationsJson]) {
    expect(JSON.parse(tell([], true, LOST))).toMatchObject({ missing: LOST, codes: [5] });
  }
});

test("a comment begins with the marker by which it is found, also where a target is missing", () => {
  const missing = [{ target: "lost it", message: "no answer", code: 5 }];
  const options = { colour: false, width: 100, all: false, several: true, missing };
  expect(RENDERERS.markdown.plan([], options)).toMatch(
    /^<!-- curfew:plan:lost%20it -->\n> \[!CAUTION\]\n/,
  );
  const plan = build.plan({ base: { commit: null }, averted: [] });
  const both = RENDERERS.markdown.plan([{ plan }], options);
  expect(both).toMatch(/^<!-- curfew:plan:production -->\n> \[!CAUTION\]\n/);
  expect(both.match(/<!-- curfew:plan:/g)).toHaveLength(1);
});
