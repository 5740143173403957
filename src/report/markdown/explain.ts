/** The explanation of one user as Markdown, for a ticket or a chat. */
import type { Reason } from "../../model/plan.ts";
import { moment, sourceOf } from "../../text/words.ts";
import {
  type ExplainReport,
  NO_HISTORY,
  outcomeWords,
  sessionNames,
  timesOf,
  userFacts,
  verdictWords,
} from "../told/explain.ts";
import { type Row, rowOf } from "../told/rows.ts";
import { lineOf, type PastRun } from "../told/runs.ts";
import { code, type Listing, md, mdClip, page, tableHead, tableRow } from "./md.ts";
import { commitOf } from "./parts.ts";

/** `past`: the runs that did something to the user, oldest first; null where no ledger was read. */
export function explainMarkdown(
  report: ExplainReport,
  past: readonly PastRun[] | null,
  maxChars: number,
): string {
  const { user, verdict, target, evaluatedAt, rules } = report;
  const at = Date.parse(evaluatedAt);
  const names = sessionNames(user.sessions);
  const facts = userFacts(report).map(([label, value]) => `- ${label}: ${mdClip(value, 400)}\n`);
  const actions = [...verdict.actions, ...verdict.held].map(rowOf).flatMap(actionRows);
  const notices = verdict.notices.map((n) => `- ${code(n.kind)}: ${md(n.message)}\n`);
  const refusals = verdict.refusals.map((r) => `- refused: ${md(r.message)}\n`);
  const sessions = user.sessions.map(
    (s) => `- ${md(names(s.id))}, ${s.state}: ${md(timesOf(s, at))}\n`,
  );
  const pieces = [
    `### Curfew explains ${mdClip(user.name ?? user.id)} in ${mdClip(target)}\n\n**${md(verdictWords(verdict))}**\n\n`,
    list("", [...actions, ...notices, ...refusals], 0),
    list("", [...facts, ...sessions], 2),
    ...rules.map((rule) =>
      list(
        `**${md(rule.rule)}**: ${md(outcomeWords(rule))}\n\n${rule.statements.length > 0 ? tableHead(["", "Where", "Says", "Why"]) : ""}`,
        [
          ...rule.statements.map((said) =>
            tableRow([
              said.wins ? "**holds**" : "",
              code(sourceOf(said)),
              md(said.says),
              md(said.why),
            ]),
          ),
          ...rule.comparisons.map((one, i) => {
            const who = one.session === null ? "the user" : names(one.session);
            const gap = i === 0 && rule.statements.length > 0 ? "\n" : "";
            return `${gap}- ${md(who)}: ${one.broken ? "**broken**" : "kept"}, ${md(one.found)}\n`;
          }),
        ],
        1,
      ),
    ),
    past === null
      ? `_${md(NO_HISTORY)}_\n`
      : list(
          "**History**\n\n",
          past.length === 0 ? ["nothing was done yet\n"] : past.flatMap(pastRows),
          3,
        ),
  ];
  return page(pieces, maxChars, "`curfew explain`");
}

function list(open: string, rows: readonly string[], rank: number): Listing {
  return { open, close: rows.length > 0 ? "\n" : "", rows, total: rows.length, rank };
}

function actionRows({ type, session, by, cause, reasons }: Row): string[] {
  const held = by === null ? "" : `, held by ${by}`;
  const why = reasons.map((r) => `  - ${reasonWords(r)}\n`);
  return [`- ${type}${sessionWords(session)}${held} (${cause})\n${why.join("")}`];
}

function pastRows(run: PastRun): string[] {
  const { at, rows } = run;
  const when = at === null ? "at an unknown time" : moment(at);
  const commit = lineOf(run, "plan")?.commit ?? lineOf(run, "run-stopped")?.commit ?? null;
  const by = commitOf(commit?.slice(0, 12) ?? null);
  return rows.map(({ type, session, status, reasons }) => {
    const why = reasons.map((r) => `; ${reasonWords(r)}`);
    return `- ${when}, ${by}: ${type}${sessionWords(session)}, ${status}${why.join("")}\n`;
  });
}

function sessionWords(session: string | null): string {
  return session === null ? "" : ` session ${code(session)}`;
}

function reasonWords(reason: Reason): string {
  return `${code(reason.rule)} ${code(sourceOf(reason))}: ${md(reason.message)}`;
}
