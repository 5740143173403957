/** The forecast as Markdown. */

import { bar, MAYBE, shade } from "../../text/bars.ts";
import { count, number, sourceOf } from "../../text/words.ts";
import {
  CAVEAT,
  dayName,
  dayWords,
  dueWords,
  type ForecastReport,
  heightOf,
  totalLine,
} from "../told/forecast.ts";
import { code, md, mdClip, page, tableHead, tableRow } from "./md.ts";

/** What falls due at one time. */
type Tally = ForecastReport["now"];

/** Cells of a bar in Markdown. */
const MARKDOWN_BAR = 20;

function rulesOf({ rules }: Tally): string {
  return rules.map((r) => `${number(r.count)} ${code(r.rule)} ${code(sourceOf(r))}`).join("<br>");
}

function whoOf({ first, total }: Tally): string {
  const named = first.map(({ name, user }) => (name === undefined ? code(user) : mdClip(name, 40)));
  const more = total - first.length;
  return [...named, ...(more > 0 ? [`${number(more)} more`] : [])].join(", ");
}

/** The forecast as Markdown: a table of the days, at most `maxChars` characters. */
export function forecastMarkdown(report: ForecastReport, maxChars: number): string {
  const { days, now, policy, user } = report;
  const most = Math.max(...days.map(heightOf));
  const about = user === null ? "" : `, user ${mdClip(user)}`;
  const wanted = now.total > 0 ? `Wanted already: ${md(dueWords(now))}.\n\n` : "";
  const rows = days.map((day) => {
    const bars = [
      bar(day.total, most, MARKDOWN_BAR),
      shade(day.idle.total, most, MARKDOWN_BAR, MAYBE),
      shade(day.held + day.idle.held, most, MARKDOWN_BAR),
    ].join("");
    const both = [day, ...(day.idle.total > 0 ? [day.idle] : [])];
    const told = (of: (one: Tally) => string) =>
      both
        .map((one) => (one === day.idle ? `_if idle:_ ${of(one)}` : of(one)))
        .filter(Boolean)
        .join("<br>");
    return tableRow([dayName(day.date), bars, md(dayWords(day)), told(rulesOf), told(whoOf)]);
  });
  const table = {
    open: tableHead(["Day (UTC)", "", "Due", "Rules", "First"]),
    close: "\n",
    rows,
    total: rows.length,
    rank: 0,
  };
  const title = `### Curfew forecast for ${mdClip(report.target)}, ${count(days.length, "day")}${about}\n\n`;
  const foot = `_${md(CAVEAT)}_\n\nPolicy ${policy.files.map(code).join(", ")}\n`;
  const pieces = [`${title}**${md(totalLine(report))}**\n\n${wanted}`, table, foot];
  return page(pieces, maxChars, "`curfew forecast`");
}
