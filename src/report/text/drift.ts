/** The drift report on a terminal: what somebody changed comes first. */
import type { Plan } from "../../model/plan.ts";
import { paragraph } from "../../text/layout.ts";
import { number } from "../../text/words.ts";
import {
  type DriftFacts,
  driftedRows,
  driftOf,
  lastRun,
  PENDING,
  PENDING_TITLES,
  pendingLine,
  pendingRows,
  verdict,
} from "../told/drift.ts";
import { besides, joined } from "../told/ending.ts";
import { actionSections, FOLD, header, noticeLines, refusalLines } from "./blocks.ts";
import { pen, type TextOptions } from "./pen.ts";

/** Drift never folds; the verdict is the last line. Ends with a newline. */
export function driftText(plan: Plan, options: TextOptions & DriftFacts): string {
  const p = pen(options);
  const report = driftOf(plan, options);
  const pending = pendingLine(report);
  const drift = driftedRows(report);
  const { summary } = report;
  const changed = `Changed behind the policy's back: ${number(summary.drift)}`;
  const lines = [
    ...header("Drift report for", plan, p, [["last run", lastRun(report)]]),
    ...(summary.drift === 0 ? [] : ["", p.style.drift(changed)]),
    ...actionSections(drift, { fold: Number.POSITIVE_INFINITY }, p).slice(1),
    ...PENDING.flatMap((cause) => {
      const rows = pendingRows(report, cause);
      if (rows.length === 0) return [];
      const title = `${PENDING_TITLES[cause]}: ${number(summary[cause])}`;
      const sections = actionSections(rows, { since: true, fold: FOLD }, p);
      return ["", p.style.title(title), ...sections.slice(1)];
    }),
    ...noticeLines("Not held by Curfew", report.elsewhere ?? [], p),
    ...noticeLines("Managed by nobody", report.unmanaged, p),
    ...refusalLines(report.refusals, p),
    "",
    ...(pending === null ? [] : paragraph(pending, p.width)),
    ...paragraph(
      joined(verdict(report), ...besides(plan, options)),
      p.width,
      0,
      summary.drift > 0 || report.elsewhere ? p.style.drift : p.style.good,
    ),
  ];
  return `${lines.join("\n")}\n`;
}
