/** The last line of a report: what is said, of what, and the reason of the exit code, in every format. */
import { describe, expect, test } from "vitest";
import { applyReasons, driftReasons, planReasons, strictReasons } from "../../../src/exit.ts";
import type { Notice, Plan } from "../../../src/model/plan.ts";
import { FORMATS, type Format, RENDERERS, rendererOf } from "../../../src/report/formats.ts";
import type { Applied } from "../../../src/report/renderer.ts";
import { exitLine, planEnding } from "../../../src/report/told/ending.ts";
import { policyOf } from "../../kit/builders.ts";
import * as build from "../builders.ts";

const options = { colour: false, width: 400, all: false, several: false };
const unknown = (user: string): Notice => ({
  kind: "unknown-user",
  user,
  message: `the policy names ${user}, and the target has no such user`,
});
const unclear: Notice = { kind: "unclear", user: "abe", message: "abe: sessions is no list" };
const over: Notice = { kind: "over", user: null, message: "a raise has ended" };

/** The report of an apply of this plan in one format. */
async function applied(format: Format, plan: Plan, more: Partial<Applied> = {}): Promise<string> {
  const outcomes = more.outcomes ?? build.outcomesOf(plan.actions);
  const reasons = applyReasons(policyOf(), plan, outcomes);
  return (await rendererOf(format)).apply([{ plan, reasons, ...more, outcomes }], options);
}

describe("nothing to do", () => {
  test("is said of the target, of a user, of a saved plan", () => {
    const plan = build.plan();
    expect(planEnding(plan)).toBe("Nothing to do: production is as the policy says.");
    expect(planEnding(plan, { only: "ann" })).toBe("Nothing to do for ann on production.");
    expect(planEnding({ ...plan, reviewed: "sha256:ab" }, { saved: { held: 0 } })).toBe(
      "Nothing to do of the saved plan for production: none of it is wanted now.",
    );
  });

  test("is not said where something is held, unclear or refused, or held in the saved plan", async () => {
    const quiet = build.plan();
    const refused = build.plan({ refusals: build.busyPlan().refusals });
    const cases: [Plan, Partial<Applied>][] = [
      [build.plan({ held: build.held("pace", [build.lock()]) }), {}],
      [build.plan({ notices: [unclear] }), {}],
      [refused, {}],
      [quiet, { saved: { held: 10 } }],
    ];
    for (const [plan, more] of cases) {
      expect(planEnding(plan, more)).not.toContain("Nothing to do");
      for (const format of FORMATS) {
        expect(await applied(format, plan, more)).not.toContain("Nothing to do");
      }
    }
    expect(await applied("text", quiet, { saved: { held: 10 } })).toContain(
      "Nothing was written: the saved plan takes no action, and 10 are held in it.",
    );
  });

  test("is followed by what is unknown and over", () => {
    const plan = build.plan({ notices: [unknown("Cem"), unknown("zoe"), over] });
    expect(planEnding(plan)).toBe(
      "Nothing to do: production is as the policy says. 2 users that the policy names are unknown: Cem, zoe; 1 line is over.",
    );
  });
});

test("50,000 unknown users are counted in one sentence and folded in every list", async () => {
  const notices = Array.from({ length: 50_000 }, (_, i) => unknown(`id-${i}`));
  const plan = build.plan({ notices });
  for (const format of ["text", "markdown", "html", "github"] as const) {
    const renderer = await rendererOf(format);
    for (const told of [
      renderer.plan([{ plan }], options),
      renderer.drift([{ plan, lastRunAt: null }], options),
      renderer.apply([{ plan, outcomes: [] }], options),
    ]) {
      expect(told).toContain("50,000 users that the policy names are unknown: id-0, id-1");
      expect(told.match(/id-\d+/g)?.length).toBeLessThan(2_000);
    }
  }
});

describe("the exit code", () => {
  test("has its reason in the last line", () => {
    const refused = build.busyPlan();
    expect(exitLine(planReasons(refused))).toBe("Exit code 3: 1 type was refused by a limit.");
    const failed = applyReasons(policyOf(), refused, build.outcomesOf(refused.actions, "failed"));
    expect(exitLine(failed)).toBe("Exit code 1: actions failed.");
    const waits = build.plan({ held: build.held("retry", [build.lock()]) });
    expect(exitLine(planReasons(waits))).toBe(
      "Exit code 1: 1 failed before and waits to be tried again.",
    );
    const none = build.plan({ ledger: { adopt: [], forget: [], none: true } });
    expect(exitLine(driftReasons(none))).toBe("Exit code 1: without a ledger drift can't be told.");
    expect(exitLine(planReasons(build.plan({ actions: [build.lock()] })))).toBeNull();
    const strict = (...kinds: string[]) =>
      exitLine(
        strictReasons(
          kinds.map((kind) => ({ kind })),
          true,
        ),
      );
    expect(strict("over")).toBe("Exit code 1: 1 line is over, and --strict was given.");
    expect(strict("unknown-user")).toBe("Exit code 1: 1 unknown user, and --strict was given.");
    expect(strict("over", "unknown-user", "over")).toBe(
      "Exit code 1: 1 unknown user and 2 lines are over, and --strict was given.",
    );
  });

  test("JSON has all that apply, first the one that is given", () => {
    const plan = build.plan({
      notices: [unclear],
      refusals: build.busyPlan().refusals,
      actions: [build.lock({ cause: "drift" })],
    });
    const reasons = planReasons(plan);
    expect(JSON.parse(RENDERERS.json.plan([{ plan, reasons }], options)).codes).toEqual([1, 3, 2]);
    const drift = { plan, reasons: driftReasons(plan), lastRunAt: null };
    expect(JSON.parse(RENDERERS.json.drift([drift], options)).codes).toEqual([1, 3, 2]);
    const outcomes = build.outcomesOf(plan.actions, "failed");
    const apply = { plan, outcomes, reasons: applyReasons(policyOf(), plan, outcomes) };
    expect(JSON.parse(RENDERERS.json.apply([apply], options)).codes).toEqual([1, 3]);
  });

  test.each(FORMATS.filter((format) => format !== "json"))(
    "an apply in %s says that a user is unclear",
    async (format) => {
      const told = await applied(
        format,
        build.plan({ actions: [build.lock()], notices: [unclear] }),
      );
      expect(told).toContain("1 unclear: abe. Exit code 1: 1 unclear.");
    },
  );
});
