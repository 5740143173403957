/** What a list may not hide, what it says of an action that waits, and what it says where it is not whole. */
import { expect, test } from "vitest";
import { planDigest } from "../../../src/plan/digest.ts";
import { FORMATS, RENDERERS, rendererOf } from "../../../src/report/formats.ts";
import { planText } from "../../../src/report/text/plan.ts";
import { heldCounts } from "../../kit/builders.ts";
import * as build from "../builders.ts";

const options = { colour: false, width: 200, all: false, several: false };
const stolen = build.reAuthenticate({
  user: build.id(5_000),
  session: "stolen",
  reasons: [build.reason({ rule: "devices.denied", message: "device 3456 is denied: Stolen" })],
});

test("a denied device comes first and is never folded, held or not", () => {
  const many = build.manySignOuts(47);
  const last = build.plan({ actions: [...many, stolen] });
  const held = build.plan({ held: build.held("pace", [...many, stolen]) });
  for (const plan of [last, held]) {
    const text = planText(plan, options);
    expect(text.indexOf(stolen.user)).toBeGreaterThan(-1);
    expect(text.indexOf(stolen.user)).toBeLessThan(text.indexOf(build.id(0)));
    const markdown = RENDERERS.markdown.plan([{ plan }], options);
    const before = markdown.slice(0, markdown.indexOf(stolen.user));
    expect(before).not.toContain("<details>");
  }
  const stolenOnes = Array.from({ length: 20 }, (_, i) => ({
    ...stolen,
    user: build.id(6_000 + i),
  }));
  const text = planText(build.plan({ actions: [...many, ...stolenOnes] }), options);
  for (const { user } of stolenOnes) expect(text).toContain(user);
  expect(text).toContain("… and 47 more to re-authenticate");
});

test("what failed before says how often and when it is tried again, in every format", async () => {
  const [lock] = build.held("retry", [build.lock()]);
  if (!lock) throw new Error("one is held");
  const waits = { ...lock, failed: 3, next: "2026-11-22T14:00:00Z" };
  const plan = build.plan({ held: [waits] });
  for (const format of ["text", "markdown", "html"] as const) {
    const told = (await rendererOf(format)).plan([{ plan }], options);
    expect(told).toContain("Failed 3 times in a row, tried again from 2026-11-22 14:00:00 UTC.");
  }
  expect(JSON.parse(RENDERERS.json.plan([{ plan }], options)).held[0]).toMatchObject({
    ...{ failed: 3, next: "2026-11-22T14:00:00Z" },
  });
});

test("drift says after which run it came about", async () => {
  const more = { cause: "drift" as const, after: "2026-11-22T09:00:00Z" };
  const plan = build.plan({ actions: [build.lock(more), build.reAuthenticate(more)] });
  for (const format of ["text", "markdown", "html"] as const) {
    const renderer = await rendererOf(format);
    expect(renderer.plan([{ plan }], options)).toContain("Changed after 2026-11-22 09:00:00 UTC.");
    const drift = renderer.drift([{ plan, lastRunAt: null }], options);
    expect(drift).toContain("changed after 2026-11-22 09:00:00 UTC");
    expect(drift).toContain("unlocked this user, after 2026-11-22 09:00:00 UTC");
  }
});

test("of more than 10,000 held the first are listed, all are counted, and every report says so", async () => {
  const all = build.held("pace", build.manySignOuts(12_000));
  const plan = build.plan({ ...heldCounts(all), held: all.slice(0, 10_000) });
  const said = "is not whole: it has the first 10,000 of 12,000.";
  for (const format of FORMATS.filter((one) => one !== "json")) {
    const renderer = await rendererOf(format);
    for (const told of [
      renderer.plan([{ plan }], options),
      renderer.drift([{ plan, lastRunAt: null }], options),
      renderer.apply([{ plan, outcomes: [] }], options),
    ])
      expect(told.replace(/\s+/g, " ")).toContain(said);
  }
  expect(planText(plan, options)).toContain("0 to unlock; 12,000 held.");
  const applied = RENDERERS.text.apply([{ plan, outcomes: [] }], options);
  expect(applied).toContain("all 12,000 are held");
  const reported = build.held("report", build.manySignOuts(12_000));
  const dry = build.plan({ ...heldCounts(reported), held: reported.slice(0, 10_000) });
  expect(RENDERERS.text.apply([{ plan: dry, outcomes: [] }], options)).toContain(
    "It would be 12,000 to re-authenticate.",
  );
  const printed = JSON.parse(RENDERERS.json.plan([{ plan }], options));
  expect(printed.held).toHaveLength(10_000);
  expect(printed.held[0].user).toBe(build.id(0));
  expect(printed.heldSummary).toEqual({ "re-authenticate": { pace: 12_000 } });
  expect(planDigest(printed)).toBe(planDigest(plan));
});

test("GitHub is told of whom nothing is done to: the protected, and foreign locks", () => {
  const log = RENDERERS.github.plan([{ plan: build.busyPlan() }], options);
  expect(log).toMatch(/^::notice .*title=Protected%3A left alone::/m);
  expect(log).toMatch(/^::notice .*title=Locked%2C and not managed by Curfew::.*left as it is/m);
});
