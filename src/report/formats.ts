/** The formats of a report, chosen in one table: a new format is one more entry. */
import { appliesGitHub, driftsGitHub, plansGitHub } from "./machine/github.ts";
import { appliedPlan, driftsJson, plansJson } from "./machine/json.ts";
import { MAX_CHARS } from "./markdown/md.ts";
import { driftMarkdown, outcomesMarkdown, planMarkdown } from "./markdown/plan.ts";
import { pullRequestMarkdown } from "./markdown/pull-request.ts";
import type { Renderer, RenderOptions, Reported } from "./renderer.ts";
import { outcomesText } from "./text/apply.ts";
import { driftText } from "./text/drift.ts";
import { planText } from "./text/plan.ts";
import { driftOf } from "./told/drift.ts";

export const FORMATS = ["text", "json", "markdown", "html", "github"] as const;
export type Format = (typeof FORMATS)[number];

const text: Renderer = {
  plan: (of, options) => each(of, (one) => planText(one.plan, { ...options, ...one })),
  drift: (of, options) => each(of, (one) => driftText(one.plan, { ...options, ...one })),
  apply: (of, options) =>
    each(of, (one) => outcomesText(one.plan, one.outcomes, { ...options, ...one })),
};

const json: Renderer = {
  plan: (of, { several }) =>
    plansJson(
      of.map(({ plan }) => plan),
      several,
    ),
  drift: (of, { several }) =>
    driftsJson(
      of.map((one) => driftOf(one.plan, one)),
      several,
    ),
  apply: (of, { several }) => plansJson(of.map(appliedPlan), several),
};

const markdown: Renderer = {
  plan: (of, options) =>
    each(of, ({ plan, ...one }) =>
      (plan.base ? pullRequestMarkdown : planMarkdown)(plan, share(of, one, options)),
    ),
  drift: (of, options) =>
    each(of, (one) => driftMarkdown(one.plan, { ...one, ...share(of, one, options) })),
  apply: (of, options) =>
    each(of, (one) => outcomesMarkdown(one.plan, one.outcomes, share(of, one, options))),
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

function each<T>(of: readonly T[], tell: (one: T) => string): string {
  return of.map(tell).join("\n");
}

/** Several targets share the room evenly. */
function share(
  of: readonly unknown[],
  { info = null, lifted = [] }: Pick<Reported, "info" | "lifted">,
  { maxChars = MAX_CHARS, repository = null, folder = "" }: RenderOptions,
) {
  return { info, lifted, repository, folder, maxChars: Math.floor(maxChars / of.length) - 1 };
}
