/** The formats of a report, chosen in one table: a new format is one more entry. */

import type { EstateFacts } from "../estate/facts.ts";
import type { Plan } from "../model/plan.ts";
import type { Outcome, RunSummary, TargetInfo } from "../model/run.ts";
import type { Repository } from "./html/links.ts";
import { appliesGitHub, driftsGitHub, plansGitHub } from "./machine/github.ts";
import { applyJson, auditOf, driftJson, driftsJson, planJson, plansJson } from "./machine/json.ts";
import { MAX_CHARS } from "./markdown/md.ts";
import { driftMarkdown, outcomesMarkdown, planMarkdown } from "./markdown/plan.ts";
import { pullRequestMarkdown } from "./markdown/pull-request.ts";
import { type AuditHead, outcomesText } from "./text/apply.ts";
import type { DriftFacts } from "./text/drift.ts";
import { driftText } from "./text/drift.ts";
import { planText } from "./text/plan.ts";

export const FORMATS = ["text", "json", "markdown", "html", "github"] as const;
export type Format = (typeof FORMATS)[number];

/** One target's plan, and what is known beside it. */
export interface Reported {
  plan: Plan;
  info?: TargetInfo | null;
  /** For charts: what the inventory says, and recent runs, oldest first. */
  facts?: EstateFacts | null;
  runs?: readonly RunSummary[];
}
interface Checked extends Reported, DriftFacts {}
export interface Applied extends Reported {
  outcomes: readonly Outcome[];
  audit?: AuditHead | null;
}

/** What the doors know and a renderer may not ask: the terminal, and how much room there is. */
export interface RenderOptions {
  colour: boolean;
  width: number;
  all: boolean;
  /** Several targets were asked for, so JSON is a list also where only one of them worked. */
  several: boolean;
  /** Markdown: characters at most for all targets together; MAX_CHARS where absent. */
  maxChars?: number;
  /** HTML: where the policies are kept, for links to their lines. */
  repository?: Repository | null;
  /** GitHub: leads from the repository's top to where file names start from; "" or with a slash at its end. */
  folder?: string;
}

/** How one format tells of one or several targets; every string ends with a newline. */
export interface Renderer {
  plan(of: readonly Reported[], options: RenderOptions): string;
  drift(of: readonly Checked[], options: RenderOptions): string;
  apply(of: readonly Applied[], options: RenderOptions): string;
}

const text: Renderer = {
  plan: (of, options) => each(of, (one) => planText(one.plan, { ...options, ...one })),
  drift: (of, options) => each(of, (one) => driftText(one.plan, { ...options, ...one })),
  apply: (of, options) =>
    each(of, (one) => outcomesText(one.plan, one.outcomes, { ...options, ...one })),
};

const json: Renderer = {
  plan: (of, options) =>
    alone(of, options, (one) => planJson(one.plan)) ?? plansJson(of.map((one) => one.plan)),
  drift: (of, options) =>
    alone(of, options, (one) => driftJson(one.plan, one)) ??
    driftsJson(of.map((one) => ({ plan: one.plan, facts: one }))),
  apply: (of, options) =>
    alone(of, options, (one) => applyJson(one.plan, one.outcomes, one.audit)) ??
    plansJson(of.map((one) => ({ ...one.plan, outcomes: one.outcomes, ...auditOf(one.audit) }))),
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

const github: Renderer = {
  plan: (of, { folder = "" }) =>
    plansGitHub(
      of.map(({ plan }) => plan),
      folder,
    ),
  drift: (of, { folder = "" }) =>
    driftsGitHub(
      of.map(({ plan }) => plan),
      folder,
    ),
  apply: (of, { folder = "" }) => appliesGitHub(of, folder),
};

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

function alone<T>(
  of: readonly T[],
  { several }: RenderOptions,
  tell: (one: T) => string,
): string | null {
  const [one] = of;
  return !several && one !== undefined ? tell(one) : null;
}

/** Several targets share the room evenly. */
function share(
  of: readonly unknown[],
  one: Pick<Reported, "info">,
  { maxChars = MAX_CHARS }: RenderOptions,
) {
  return { info: one.info ?? null, maxChars: Math.floor(maxChars / of.length) - 1 };
}
