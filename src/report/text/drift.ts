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
  verdict,
} from "../told/drift.ts";
import { besides, joined } from "../told/ending.ts";
import { rowOf } from "../told/rows.ts";
import { actionSections, FOLD, header, noticeLines, refusalLines } from "./blocks.ts";
import { pen, type TextOptions } from "./pen.ts";

/** Drift never folds; the verdict is the last line. Ends with a newline. */
export function driftText(plan: Plan, options: TextOptions & DriftFacts): string {
  const p = pen(options);
  const report = driftOf(plan, options);
  const pending = pendingLine(report);
  const drift = driftedRows(report);
  const changed = `Changed behind the policy's back: ${number(drift.length)}`;
  const lines = [
    ...header("Drift report for", plan, p, [["last run", lastRun(report)]]),
    ...(drift.length === 0 ? [] : ["", p.style.drift(changed)]),
    ...actionSections(drift, { fold: Number.POSITIVE_INFINITY }, p).slice(1),
    ...PENDING.flatMap((cause) => {
      const rows = report.pending[cause].map(rowOf);
      if (rows.length === 0) return [];
      const title = `${PENDING_TITLES[cause]}: ${number(rows.length)}`;
      const sections = actionSections(rows, { since: true, fold: FOLD }, p);
      return ["", p.style.title(title), ...sections.slice(1)];
    }),
    ...noticeLines("Managed by nobody", report.unmanaged, p),
    ...refusalLines(report.refusals, p),
    "",
    ...(pending === null ? [] : paragraph(pending, p.width)),
    ...paragraph(
      joined(verdict(report), ...besides(plan, options)),
      p.width,
      0,
      drift.length > 0 ? p.style.drift : p.style.good,
    ),
  ];
  return `${lines.join("\n")}\n`;
}
