/** Why one user is treated as it is: what an apply would do now, every rule with what it was compared with, and the past. */
import type { ReadLine } from "../../ledger/log/audit.ts";
import type { Session } from "../../model/inventory.ts";
import type { Plan } from "../../model/plan.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { describe } from "../../plan/decide/reasons.ts";
import type { Comparison } from "../../plan/explain/compared.ts";
import type { Explanation, RuleExplained, Verdict } from "../../plan/explain/explain.ts";
import type { Statement } from "../../plan/explain/statements.ts";
import { jsonReport } from "../../text/escape.ts";
import { type Cell, columnWidths, labelled, paragraph, row } from "../../text/layout.ts";
import { clip, printable } from "../../text/safe.ts";
import type { Paint } from "../../text/style.ts";
import { count, date, moment, sourceOf } from "../../text/words.ts";
import { iso, span } from "../../time.ts";
import { byHolder } from "../told/groups.ts";
import { RELEASE, typesTally } from "../told/words.ts";
import { actionSections, header, noticeLines, refusalLines } from "./blocks.ts";
import { type Pen, pen, type TextOptions } from "./pen.ts";

/** What `curfew explain --format json` prints of one target. Keys may be added, not changed. */
export interface ExplainReport
  extends Explanation,
    Pick<Plan, "target" | "url" | "evaluatedAt" | "policy" | "inventory"> {
  format: "curfew/explanation/1";
  /** What the audit log tells of the user, as it is stored; null where no ledger was read. */
  history: ReadLine[] | null;
}

/** One report, or `{ "format": "curfew/explanations/1", "explanations": [ … ] }` of several targets. */
export function explanationsJson(of: readonly ExplainReport[], several: boolean): string {
  return jsonReport(several ? { format: "curfew/explanations/1", explanations: of } : of[0]);
}

const LABEL = 40;
const LABEL_COLUMN = 12;

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

export const NO_HISTORY =
  "A saved inventory holds no history: curfew history --user tells what was done and why.";

/** In words, what an apply would do now. */
export function verdictWords({ actions, held }: Verdict): string {
  const now = actions.length === 0 ? "" : `An apply now would do this: ${typesTally(actions)}.`;
  const later = held.length === 0 ? "" : `Wanted and held: ${typesTally(held)}.`;
  return [now, later].filter(Boolean).join(" ") || "An apply now would do nothing to this user.";
}

function verdictLines(verdict: Verdict, p: Pen): string[] {
  const { actions, held, refusals, notices } = verdict;
  const list = { causes: true, fold: Number.POSITIVE_INFINITY, titles: "several" as const };
  return [
    "",
    ...paragraph(verdictWords(verdict), p.width, 0, p.style.title),
    ...actionSections(actions, list, p),
    ...byHolder(held).flatMap(([by, all]) => [
      ...paragraph(`By ${by}: ${typesTally(all)}. ${RELEASE[by]}`, p.width, 2),
      ...actionSections(all, list, p),
    ]),
    ...noticeLines("Notices", notices, p),
    ...refusalLines(refusals, p),
  ];
}

// ---------------------------------------------------------------- the user

/** What the report says of the user itself, with labels. */
export function userFacts(report: ExplainReport): [string, string][] {
  const { user, lockedByUs, groups, rollout } = report;
  const ours = lockedByUs === null ? "by somebody else" : `by Curfew, since ${moment(lockedByUs)}`;
  const facts: [string, string][] = [
    ["id", user.id],
    ["name", user.name === user.id ? "" : (user.name ?? "none in the user model")],
    ["locked", user.locked ? `yes, ${ours}` : "no"],
    [
      "protected",
      report.protected === null
        ? ""
        : `${sourceOf(report.protected)}: never locked, signed out or wiped`,
    ],
    ["groups", groups.map((g) => `${g.name} (by ${g.by}, ${sourceOf(g)})`).join(", ")],
    [
      "rollout",
      rollout.percent >= 100
        ? ""
        : `${rollout.reached ? "reached" : "not reached"}: stands at ${rollout.place}, and the rollout goes to ${rollout.percent}`,
    ],
    [
      "fields",
      Object.entries(user.fields)
        .map(([field, value]) => `${field}: ${value}`)
        .join(", "),
    ],
  ];
  return facts.filter(([, value]) => value !== "");
}

function userLines(report: ExplainReport, p: Pen): string[] {
  const { sessions } = report.user;
  const names = sessionNames(sessions);
  const at = Date.parse(report.evaluatedAt);
  const facts = userFacts(report).flatMap(([label, value]) =>
    labelled(label, clip(value, 400), LABEL_COLUMN, p.width),
  );
  return [
    "",
    p.style.title("The user"),
    ...facts,
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

/** "signed in 41 days ago (2026-10-12), connected 3 hours ago (2026-11-22), never synced". */
export function timesOf(session: Session, at: Instant): string {
  const ago = (what: string, then: Instant | null) =>
    then === null
      ? `${what} at an unknown time`
      : `${what} ${span(at - then)} ago (${date(iso(then))})`;
  const { signedInAt, createdAt, lastConnectedAt, lastFullSyncAt } = session;
  return [
    signedInAt === null && createdAt !== null
      ? ago("created", createdAt)
      : ago("signed in", signedInAt),
    ago("connected", lastConnectedAt),
    ago("synced", lastFullSyncAt),
  ].join(", ");
}

/** A session goes by its label, where that tells it apart from the user's others; else by its id. */
export function sessionNames(sessions: readonly Session[]): (id: string) => string {
  const labels = Map.groupBy(sessions, ({ label }) => label);
  const names = new Map(
    sessions.map(({ id, label }) => {
      const apart = label !== null && label !== "" && labels.get(label)?.length === 1;
      return [id, apart ? clip(label, LABEL) : printable(id)];
    }),
  );
  return (id) => names.get(id) ?? printable(id);
}

// ---------------------------------------------------------------- the rules

const OUTCOME: Record<RuleExplained["outcome"], string> = {
  broken: "broken",
  kept: "kept",
  waived: "waived by an exception",
  none: "the policy says nothing of it for this user",
};

/** "broken, only reported". */
export function outcomeWords({ outcome, hold }: RuleExplained): string {
  const held = { report: "only reported", rollout: "the rollout has not reached this user" };
  return hold === null || outcome === "none"
    ? OUTCOME[outcome]
    : `${OUTCOME[outcome]}, ${held[hold]}`;
}

function ruleLines(rule: RuleExplained, names: (id: string) => string, p: Pen): string[] {
  const { statements, comparisons } = rule;
  const paint: Paint = rule.outcome === "broken" ? p.style.alarm : p.style.good;
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
