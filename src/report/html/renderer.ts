/** `--format html`: one page for all targets. Loaded only when it is asked for, since it draws charts. */
import { printable } from "../../text/safe.ts";
import { number } from "../../text/words.ts";
import type { Renderer, RenderOptions, Reported } from "../renderer.ts";
import type { LinkBase } from "../told/links.ts";
import type { Markup } from "./markup.ts";
import { page } from "./page.ts";
import { applyArticle, driftArticle, missingCallout, planArticle, targetLine } from "./report.ts";

export const htmlRenderer: Renderer = {
  plan: (of, options) => told("Curfew plan for", of, options, planArticle),
  drift: (of, options) => told("Curfew drift report for", of, options, driftArticle),
  apply: (of, options) => told("Curfew apply to", of, options, applyArticle),
};

function told<T extends Reported>(
  title: string,
  of: readonly T[],
  options: RenderOptions,
  article: (id: string, one: T, place: LinkBase) => Markup,
): string {
  const [first] = of;
  const { missing = [] } = options;
  const n = of.length + missing.length;
  const name = first?.plan.target ?? missing[0]?.target ?? "";
  const whom = n === 1 ? printable(name) : `${number(n)} targets`;
  return page(
    `${title} ${whom}`,
    missing.length > 0 ? missingCallout(missing, of.length) : null,
    of.map((one, i) => ({ line: targetLine(one), article: article(`t${i}`, one, options) })),
  );
}
