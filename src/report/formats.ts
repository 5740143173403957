/** The formats of a report, chosen in one table: a new format is one more entry. */
import { appliesGitHub, driftsGitHub, plansGitHub } from "./machine/github.ts";
import { appliedPlan, driftsJson, plansJson, reportedPlan, withCodes } from "./machine/json.ts";
import { MAX_CHARS, sizeOf } from "./markdown/md.ts";
import { missingAlert } from "./markdown/parts.ts";
import { driftMarkdown, outcomesMarkdown, planMarkdown } from "./markdown/plan.ts";
import { commentMarker, pullRequestMarkdown } from "./markdown/pull-request.ts";
import type { Renderer, RenderOptions, Reported } from "./renderer.ts";
import { outcomesText } from "./text/apply.ts";
import { missingLines } from "./text/blocks.ts";
import { driftText } from "./text/drift.ts";
import { pen } from "./text/pen.ts";
import { planText } from "./text/plan.ts";
import { driftOf } from "./told/drift.ts";

export const FORMATS = ["text", "json", "markdown", "html", "github"] as const;
export type Format = (typeof FORMATS)[number];

const text: Renderer = {
  plan: (of, options) =>
    told(missingText(of, options), of, (one) => planText(one.plan, { ...options, ...one })),
  drift: (of, options) =>
    told(missingText(of, options), of, (one) => driftText(one.plan, { ...options, ...one })),
  apply: (of, options) =>
    told(missingText(of, options), of, (one) =>
      outcomesText(one.plan, one.outcomes, { ...options, ...one }),
    ),
};

const json: Renderer = {
  plan: (of, { several, missing }) => plansJson(of.map(reportedPlan), several, missing),
  drift: (of, { several, missing }) =>
    driftsJson(
      of.map((one) => withCodes(driftOf(one.plan, one), one)),
      several,
      missing,
    ),
  apply: (of, { several, missing }) => plansJson(of.map(appliedPlan), several, missing),
};

const markdown: Renderer = {
  plan: (of, options) =>
    markerFirst(
      told(missingMarkdown(of, options), of, ({ plan, ...one }) =>
        (plan.base ? pullRequestMarkdown : planMarkdown)(plan, share(of, one, options)),
      ),
      options,
    ),
  drift: (of, options) =>
    told(missingMarkdown(of, options), of, (one) =>
      driftMarkdown(one.plan, { ...one, ...share(of, one, options) }),
    ),
  apply: (of, options) =>
    told(missingMarkdown(of, options), of, (one) =>
      outcomesMarkdown(one.plan, one.outcomes, share(of, one, options)),
    ),
};

const github: Renderer = { plan: plansGitHub, drift: driftsGitHub, apply: appliesGitHub };

/** The renderers that are there at once. */
export const RENDERERS: Record<Exclude<Format, "html">, Renderer> = {
  text,
  json,
  markdown,
  github,
};

/** The renderer of any format; that of HTML is loaded when it is asked for, since it draws charts. */
export async function rendererOf(format: Format): Promise<Renderer> {
  if (format !== "html") return RENDERERS[format];
  const { htmlRenderer } = await import("./html/renderer.ts");
  return htmlRenderer;
}

/** What is missing, then each target, with an empty line between. */
function told<T>(missing: string, of: readonly T[], tell: (one: T) => string): string {
  return [...(missing === "" ? [] : [missing]), ...of.map(tell)].join("\n");
}

/** On a terminal, of one target, its error has said it. */
function missingText(of: readonly unknown[], options: RenderOptions): string {
  const { missing = [], told: n = of.length, several } = options;
  return several && missing.length > 0 ? missingLines(missing, n, pen(options)) : "";
}

function missingMarkdown(of: readonly unknown[], { missing = [] }: RenderOptions): string {
  return missing.length > 0 ? missingAlert(missing, of.length) : "";
}

/** A workflow finds its comment by the first line: what is missing stands behind it, and has one where nothing is told. */
function markerFirst(text: string, { missing = [] }: RenderOptions): string {
  const [first] = missing;
  if (first === undefined) return text;
  const own = MARKER.exec(text)?.[0];
  const marker = own?.trimEnd() ?? commentMarker(first.target);
  return `${marker}\n${own === undefined ? text : text.replace(own, "")}`;
}

const MARKER = /^<!-- curfew:plan:\S* -->\n/m;

/** Several targets share the room evenly. */
function share(
  of: readonly unknown[],
  { info = null, lifted = [], reasons = [], only = null, saved = null }: Omit<Reported, "plan">,
  options: RenderOptions,
) {
  const { maxChars = MAX_CHARS, repository = null, folder = "" } = options;
  const room = maxChars - sizeOf(missingMarkdown(of, options));
  return {
    info,
    lifted,
    repository,
    folder,
    reasons,
    only,
    saved,
    maxChars: Math.floor(room / of.length) - 1,
  };
}
