/** A plan for people, on a terminal: what would be done, to whom, why, and where the rule is written. */
import type { Held, HeldBy, Plan } from "../../model/plan.ts";
import { paragraph } from "../../text/layout.ts";
import { printable } from "../../text/safe.ts";
import { moment, number } from "../../text/words.ts";
import { byHolder, type Wanted } from "../told/groups.ts";
import { addedErrors, partsOf, partTally } from "../told/parts.ts";
import { ledgerLine, RELEASE, summaryLine, typesTally } from "../told/words.ts";
import { actionSections, FOLD, header, noticeLines, refusalLines } from "./blocks.ts";
import { PENDING_TITLES } from "./drift.ts";
import { type Pen, pen, type TextOptions } from "./pen.ts";

/** What is held is context, but under `report` it is the plan. */
const HELD_FOLD: Record<HeldBy, number> = {
  limit: FOLD,
  pace: 3,
  window: 3,
  freeze: 3,
  report: FOLD,
  rollout: 3,
};

/**
 * The plan as text; ends with a newline. The destructive actions come first and are never folded; the
 * summary line and the digest stand at the foot, where a terminal stops scrolling.
 */
export function planText(plan: Plan, options: TextOptions): string {
  const p = pen(options);
  const ledger = ledgerLine(plan);
  const lines = [
    ...header("Plan for", plan, p, [["good until", moment(plan.expiresAt)]]),
    ...(plan.base
      ? partLines(plan, p)
      : actionSections(plan.actions, { causes: true, fold: FOLD }, p)),
    ...noticeLines(
      "Notices",
      plan.notices.filter(({ added }) => !added),
      p,
    ),
    ...(plan.base ? [] : heldLines(plan.held, p)),
    ...refusalLines(plan.refusals, p),
    ...(ledger === null ? [] : ["", ...paragraph(ledger, p.width), ...ledgerIds(plan, p)]),
    "",
    ...paragraph(summaryLine(plan), p.width, 0, p.style.title),
    ...paragraph(`Digest ${printable(plan.digest)}`, p.width, 0, p.style.dim),
  ];
  return `${lines.join("\n")}\n`;
}

/** With `--base`: what this change causes, what was pending anyway, what falls due. */
function partLines(plan: Plan, p: Pen): string[] {
  const averted = plan.averted ?? [];
  const quiet = { causes: false, fold: FOLD };
  const lines = partsOf(plan).map((part) => {
    const list = part.name === "pending" ? { ...quiet, sentence: whyPending } : quiet;
    return [
      "",
      p.style.title(`${part.title}: ${partTally(part)}`),
      ...actionSections([...part.actions, ...part.held], list, p).slice(1),
    ];
  });
  const [change = [], ...others] = lines;
  return [
    ...change,
    ...noticeLines("Errors, added by this change", addedErrors(plan), p),
    ...(averted.length > 0
      ? [
          "",
          p.style.title(`No longer, by this change: ${typesTally(averted)}`),
          ...actionSections(averted, { ...quiet, titles: "several" }, p),
        ]
      : []),
    ...others.flat(),
  ];
}

function whyPending({ cause }: Wanted): string {
  return cause === "drift" ? "Changed behind the policy's back." : `${PENDING_TITLES[cause]}.`;
}

function heldLines(held: readonly Held[], p: Pen): string[] {
  if (held.length === 0) return [];
  const groups = byHolder(held).flatMap(([by, all]) => [
    ...paragraph(`By ${by}: ${typesTally(all)}. ${RELEASE[by]}`, p.width, 2),
    ...actionSections(all, { causes: true, fold: HELD_FOLD[by], titles: "several" }, p),
    "",
  ]);
  return ["", p.style.title(`Held, not done now: ${number(held.length)}`), ...groups.slice(0, -1)];
}

function ledgerIds(plan: Plan, p: Pen): string[] {
  const lines: [string, readonly string[]][] = [
    ["adopt", plan.ledger.adopt],
    ["forget", plan.ledger.forget],
  ];
  return lines.flatMap(([verb, ids]) => {
    const shown = p.all ? ids : ids.slice(0, FOLD);
    const more = ids.length - shown.length;
    return [
      ...shown.map((id) => `  ${verb.padEnd(6)}  ${printable(id)}`),
      ...(more > 0 ? [`  … and ${number(more)} more to ${verb} (--all shows them)`] : []),
    ];
  });
}
