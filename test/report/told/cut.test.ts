// @module-tag worlds
/** Totals said of a plan are the same in every format, whether its list of what is held is whole or cut. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { driftReasons, planReasons } from "../../../src/exit.ts";
import type { Plan } from "../../../src/model/plan.ts";
import { RENDERERS } from "../../../src/report/formats.ts";
import { htmlRenderer } from "../../../src/report/html/renderer.ts";
import { driftOf } from "../../../src/report/told/drift.ts";
import { partsOf } from "../../../src/report/told/parts.ts";
import { heldRows, total } from "../../../src/report/told/rows.ts";
import { lineCounts, shareLines, wipeCount } from "../../../src/report/told/share.ts";
import { typesTally } from "../../../src/report/told/words.ts";
import { planned } from "../../kit/builders.ts";
import { RUNS } from "../../kit/runs.ts";
import { worlds } from "../../kit/worlds.ts";

const OPTIONS = { colour: false, width: 5_000, all: false, several: false, maxChars: 1e9 };
const ALL = { ...RENDERERS, html: htmlRenderer };
const FACTS = { lastRunAt: null, ownLocks: {} };
const CUT = / ?The list of what is held is not whole: [^.]*\./g;

/** What each format says in sums: titles, tallies, tiles; no rows, which the cut leaves out. */
const SUMS: Record<string, RegExp> = {
  text: /^(?:\S.*| {2}(?:By \w+: .*|(?:Lock|Wipe|Re-authenticate|Unlock) \d.*))$/gm,
  markdown: /^(?:#|\*\*|<details>|> \*\*|Now: |With what|\| `[\w.-]+` \| \d).*$/gm,
  html: /<span class="count">.*?<\/span><span class="detail">.*?<\/span>|<h2[^>]*>.*?<\/h2>|<p class="verdict">.*?<\/header>|<li><b>.*?<\/li>/gs,
  github: /title=[^:]*::|^\S+: .*$/gm,
};

/** All that is told of a plan in sums. `base`: as the plan of a pull request. */
function sums(plan: Plan): unknown {
  const { held: _, heldRest: _rest, digest: _digest, ...rest } = plan;
  const formats = Object.entries(SUMS).map(([format, pattern]) => {
    const renderer = ALL[format as keyof typeof ALL];
    const said = (text: string) => text.replace(CUT, "").replaceAll("<p></p>", "").match(pattern);
    const asked = { plan, ...FACTS };
    const withBase = { plan: { ...plan, base: { commit: null } } };
    return [
      format,
      said(renderer.plan([asked], OPTIONS)),
      said(renderer.plan([withBase], OPTIONS)),
      said(renderer.drift([asked], OPTIONS)),
      said(renderer.apply([{ plan, outcomes: [] }], OPTIONS)),
    ].map((one) =>
      // Annotations with as many actions come in the order of the list.
      Array.isArray(one) ? one.filter((line) => !line.includes("sha256")).sort() : one,
    );
  });
  return {
    rest,
    formats,
    shares: shareLines(plan),
    lines: lineCounts(plan),
    parts: partsOf(plan).map(({ tally }) => tally),
    drift: driftOf(plan, FACTS).summary,
    held: [total(heldRows(plan)), wipeCount([...plan.held, ...(plan.heldRest ?? [])])],
    types: typesTally(heldRows(plan)),
    exits: [planReasons(plan), driftReasons(plan)],
  };
}

it("for any plan, wherever the list ends", () => {
  let cut = 0;
  fc.assert(
    fc.property(worlds, fc.nat(4), ({ policy, users, memory }, most) => {
      const listed = most + 1;
      const whole = planned(users, policy, { memory }).plan;
      const { plan } = planned(users, policy, { memory, listed });
      expect(plan.held).toHaveLength(Math.min(listed, whole.held.length));
      expect(plan.heldRest === undefined).toBe(whole.held.length <= listed);
      if (plan.heldRest !== undefined) cut++;
      expect(sums(plan)).toEqual(sums(whole));
    }),
    RUNS,
  );
  expect(cut).toBeGreaterThan(0);
});
