/** The forecast as Markdown. */
import { bar, shade } from "../../text/bars.ts";
import { count, number, sourceOf } from "../../text/words.ts";
import { CAVEAT, dayName, dueWords, type ForecastReport, totalLine } from "../told/forecast.ts";
import { code, md, mdClip, page, tableHead, tableRow } from "./md.ts";

/** Cells of a bar in Markdown. */
const MARKDOWN_BAR = 20;

/** The forecast as Markdown: a table of the days, at most `maxChars` characters. */
export function forecastMarkdown(report: ForecastReport, maxChars: number): string {
  const { days, now, policy, user } = report;
  const most = Math.max(...days.map((day) => day.total + day.held));
  const about = user === null ? "" : `, user ${mdClip(user)}`;
  const wanted = now.total > 0 ? `Wanted already: ${md(dueWords(now))}.\n\n` : "";
  const rows = days.map((day) => {
    const bars = bar(day.total, most, MARKDOWN_BAR) + shade(day.held, most, MARKDOWN_BAR);
    const rules = day.rules.map((r) => `${number(r.count)} ${code(r.rule)} ${code(sourceOf(r))}`);
    const first = day.first.map(({ name, user: id }) =>
      name === undefined ? code(id) : mdClip(name, 40),
    );
    const more = day.total - day.first.length;
    const who = [...first, ...(more > 0 ? [`${number(more)} more`] : [])].join(", ");
    return tableRow([dayName(day.date), bars, md(dueWords(day)), rules.join("<br>"), who]);
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
