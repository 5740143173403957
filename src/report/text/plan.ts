/** A plan for people, on a terminal: what would be done, to whom, why, and where the rule is written. */
import { heldCount } from "../../exit.ts";
import type { HeldBy, Plan } from "../../model/plan.ts";
import { paragraph } from "../../text/layout.ts";
import { printable } from "../../text/safe.ts";
import { moment, number } from "../../text/words.ts";
import { planEnding } from "../told/ending.ts";
import { addedErrors, partsOf } from "../told/parts.ts";
import { heldRows, rowOf } from "../told/rows.ts";
import { ledgerLine, typesTally } from "../told/words.ts";
import {
  actionSections,
  FOLD,
  folded,
  header,
  noticeLines,
  refusalLines,
  waitingLines,
} from "./blocks.ts";
import { type Pen, pen, type TextOptions } from "./pen.ts";

/** What is held is context, but under `report` it is the plan. */
const HELD_FOLD: Record<HeldBy, number> = {
  limit: FOLD,
  pace: 3,
  window: 3,
  freeze: 3,
  report: FOLD,
  rollout: 3,
  retry: 3,
  clock: 3,
  unsynced: 3,
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
      : actionSections(plan.actions.map(rowOf), { causes: true, fold: FOLD }, p)),
    ...noticeLines(
      "Notices",
      plan.notices.filter(({ added }) => !added),
      p,
    ),
    ...(plan.base ? [] : heldLines(plan, p)),
    ...refusalLines(plan.refusals, p),
    ...(ledger === null ? [] : ["", ...paragraph(ledger, p.width), ...ledgerIds(plan, p)]),
    "",
    ...paragraph(planEnding(plan, options), p.width, 0, p.style.title),
    ...paragraph(`Digest ${printable(plan.reviewed ?? plan.digest)}`, p.width, 0, p.style.dim),
  ];
  return `${lines.join("\n")}\n`;
}

/** With `--base`: what this change causes, what was pending anyway, what falls due. */
function partLines(plan: Plan, p: Pen): string[] {
  const averted = (plan.averted ?? []).map(rowOf);
  const lines = partsOf(plan).map(({ title, tally, actions, held }) => {
    const sections = actionSections([...actions, ...held], { fold: FOLD }, p);
    return ["", p.style.title(`${title}: ${tally}`), ...sections.slice(1)];
  });
  const [change = [], ...others] = lines;
  const gone = `No longer, by this change: ${typesTally(averted)}`;
  return [
    ...change,
    ...noticeLines("Errors, added by this change", addedErrors(plan), p),
    ...(averted.length > 0 ? ["", p.style.title(gone)] : []),
    ...actionSections(averted, { fold: FOLD, titles: "several" }, p),
    ...others.flat(),
  ];
}

function heldLines(plan: Plan, p: Pen): string[] {
  const all = heldCount(plan);
  if (all === 0) return [];
  const groups = waitingLines(heldRows(plan), (by) => HELD_FOLD[by], p).flatMap((lines) => [
    ...lines,
    "",
  ]);
  return ["", p.style.title(`Held, not done now: ${number(all)}`), ...groups.slice(0, -1)];
}

function ledgerIds({ ledger }: Plan, p: Pen): string[] {
  return (["adopt", "forget"] as const).flatMap((verb) => {
    const lines = (ids: readonly string[]) =>
      ids.map((id) => `  ${verb.padEnd(6)}  ${printable(id)}`);
    return folded(ledger[verb], FOLD, p, lines, { more: `more to ${verb}` });
  });
}
