/** Why one user is treated as it is: what an apply would do now, every rule with what it was compared with, and the past. */
import { describe } from "../../plan/decide/reasons.ts";
import type { Comparison } from "../../plan/explain/compared.ts";
import type { RuleExplained, Verdict } from "../../plan/explain/explain.ts";
import type { Statement } from "../../plan/explain/statements.ts";
import { type Cell, columnWidths, paragraph, row } from "../../text/layout.ts";
import { clip, printable } from "../../text/safe.ts";
import { count, sourceOf } from "../../text/words.ts";
import {
  type ExplainReport,
  NO_HISTORY,
  outcomeWords,
  sessionNames,
  timesOf,
  userFacts,
  verdictWords,
} from "../told/explain.ts";
import type { Fact } from "../told/head.ts";
import { rowOf } from "../told/rows.ts";
import {
  actionSections,
  factLines,
  header,
  noticeLines,
  refusalLines,
  waitingLines,
} from "./blocks.ts";
import { type Pen, pen, type TextOptions } from "./pen.ts";

/** The explanation as text; `history` is the user's past as text, the last part. */
export function explainText(
  report: ExplainReport,
  history: string | null,
  options: TextOptions,
): string {
  const p = pen(options);
  const names = sessionNames(report.user.sessions);
  const lines = [
    ...header(`${printable(report.user.name ?? report.user.id)} in`, report, p),
    ...verdictLines(report.verdict, p),
    ...userLines(report, p),
    "",
    p.style.title("Rules, in the order of precedence"),
    ...report.rules.flatMap((rule) => ruleLines(rule, names, p)),
    "",
    ...(history === null ? paragraph(NO_HISTORY, p.width, 0, p.style.dim) : []),
  ];
  return `${lines.join("\n")}${history === null ? "\n" : `\n${history}`}`;
}

function verdictLines(verdict: Verdict, p: Pen): string[] {
  const { actions, held, refusals, notices } = verdict;
  const list = { causes: true, fold: Number.POSITIVE_INFINITY, titles: "several" as const };
  return [
    "",
    ...paragraph(verdictWords(verdict), p.width, 0, p.style.title),
    ...actionSections(actions.map(rowOf), list, p),
    ...waitingLines(held.map(rowOf), () => list.fold, p).flat(),
    ...noticeLines("Notices", notices, p),
    ...refusalLines(refusals, p),
  ];
}

function userLines(report: ExplainReport, p: Pen): string[] {
  const { sessions } = report.user;
  const names = sessionNames(sessions);
  const at = Date.parse(report.evaluatedAt);
  const facts = userFacts(report).map(([label, value]): Fact => [label, clip(value, 400)]);
  return [
    "",
    p.style.title("The user"),
    ...factLines(facts, p),
    "",
    p.style.title(sessions.length === 0 ? "No session" : count(sessions.length, "session")),
    ...sessions.flatMap((session) => {
      const name = names(session.id);
      const id = name === printable(session.id) ? "" : `  ${p.style.dim(printable(session.id))}`;
      return [
        `  ${name}${id}  ${session.state}`,
        ...paragraph(timesOf(session, at), p.width, 4),
        ...paragraph(printable(describe(session)), p.width, 4, p.style.dim),
      ];
    }),
  ];
}

function ruleLines(rule: RuleExplained, names: (id: string) => string, p: Pen): string[] {
  const { statements, comparisons } = rule;
  const paint = rule.outcome === "broken" ? p.style.alarm : p.style.good;
  const outcome = rule.outcome === "none" ? p.style.dim : paint;
  const cells = comparisons.map((one) => comparisonCells(one, names, p));
  const widths = columnWidths(cells);
  return [
    "",
    `  ${p.style.title(rule.rule)}  ${outcome(outcomeWords(rule))}`,
    ...statementLines(statements, p),
    ...cells.flatMap((of) => indented(row(of, widths, p.width - 8), "    ")),
    ...(statements.some(({ wins }) => wins) && rule.outcome === "kept" && comparisons.length === 0
      ? [p.style.dim("    no session that could break it")]
      : []),
  ];
}

/** `>` stands before what wins; why stands beside, where there is room for all, else below. */
function statementLines(statements: readonly Statement[], p: Pen): string[] {
  const room = p.width - 4;
  const cells = statements.map((said): Cell[] => {
    const paint = said.wins ? {} : { paint: p.style.dim };
    return [
      { text: sourceOf(said), ...paint },
      { text: printable(said.says), ...paint },
      { text: printable(said.why), paint: p.style.dim },
    ];
  });
  const widths = columnWidths(cells);
  const beside = widths.reduce((sum, width) => sum + width + 2, -2) <= room;
  return statements.flatMap(({ wins, why }, i) => {
    const shown = cells[i] ?? [];
    const lines = row(beside ? shown : shown.slice(0, 2), widths.slice(0, beside ? 3 : 2), room);
    return [
      ...indented(lines, wins ? `  ${p.style.good(">")} ` : "    "),
      ...(beside ? [] : paragraph(printable(why), p.width, 8, p.style.dim)),
    ];
  });
}

function indented(lines: readonly string[], margin: string): string[] {
  return lines.map((line, i) => (i === 0 ? margin + line : `        ${line}`));
}

function comparisonCells(one: Comparison, names: (id: string) => string, p: Pen): Cell[] {
  return [
    { text: one.session === null ? "the user" : names(one.session) },
    { text: one.broken ? "broken" : "kept", paint: one.broken ? p.style.alarm : p.style.good },
    { text: printable(one.found) },
  ];
}
