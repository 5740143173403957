/** The forecast for people and programs: a chart of the days, and of each day the rules and the first users. */
import type { Plan } from "../../model/plan.ts";
import { ACTION_TYPES } from "../../model/vocabulary.ts";
import type { Due, Forecast, ForecastDay, Tally } from "../../plan/forecast/forecast.ts";
import { bar, shade } from "../../text/bars.ts";
import { jsonReport } from "../../text/escape.ts";
import { type Cell, columnWidths, paragraph, row } from "../../text/layout.ts";
import { cells, clip, printable } from "../../text/safe.ts";
import type { Paint } from "../../text/style.ts";
import { count, number, sourceOf, tally } from "../../text/words.ts";
import { code, md, mdClip, page, tableHead, tableRow } from "../markdown/md.ts";
import { header } from "./blocks.ts";
import { type Pen, pen, type TextOptions } from "./pen.ts";

/** What `curfew forecast --format json` prints of one target. Keys may be added, not changed. */
export interface ForecastReport
  extends Forecast,
    Pick<Plan, "target" | "url" | "evaluatedAt" | "policy" | "inventory"> {
  format: "curfew/forecast/1";
  /** The one user that was asked for; null for all. */
  user: string | null;
}

/** One report, or `{ "format": "curfew/forecasts/1", "forecasts": [ … ] }` of several targets. */
export function forecastsJson(of: readonly ForecastReport[], several: boolean): string {
  return jsonReport(several ? { format: "curfew/forecasts/1", forecasts: of } : of[0]);
}

const NAME = 40;
const LABEL = 40;
/** The widest bar; more cells tell no more. */
const WIDEST = 48;
const NARROWEST = 8;

/** The forecast as text; ends with a newline. */
export function forecastText(report: ForecastReport, options: TextOptions): string {
  const p = pen(options);
  const asked: [string, string][] = [
    ["days", `${number(report.days.length)}, of UTC`],
    ["user", report.user === null ? "" : printable(report.user)],
  ];
  const busy = report.days.filter((day) => day.total > 0);
  const lines = [
    ...header("Forecast for", report, p, asked),
    "",
    ...nowLines(report, p),
    ...report.days.map(chartLine(report, p)),
    ...(busy.length > 0 ? ["", p.style.title("Day by day")] : []),
    ...busy.flatMap((day) => dayLines(day, p)),
    "",
    ...paragraph(totalLine(report), p.width, 0, p.style.title),
    ...paragraph(CAVEAT, p.width, 0, p.style.dim),
  ];
  return `${lines.join("\n")}\n`;
}

const CAVEAT =
  "It counts what will be wanted if nobody signs in or connects again; limits, windows and a freeze may make it later.";

function nowLines({ now, unreadable }: Forecast, p: Pen): string[] {
  const sentences = [
    now.total > 0 ? `Wanted already: ${dueWords(now)} (see curfew plan).` : "",
    unreadable > 0
      ? `${count(unreadable, "user")} can't be read, so nothing is known of ${unreadable === 1 ? "it" : "them"}.`
      : "",
  ].filter(Boolean);
  if (sentences.length === 0) return [];
  return [...sentences.flatMap((s) => paragraph(s, p.width, 2, p.style.warn)), ""];
}

function chartLine({ days }: Forecast, p: Pen): (day: ForecastDay) => string {
  const most = Math.max(...days.map((day) => day.total + day.held));
  const words = Math.max(...days.map((day) => cells(dueWords(day))));
  const width = Math.min(WIDEST, Math.max(NARROWEST, p.width - 20 - words));
  return (day) => {
    const full = bar(day.total, most, width);
    const light = shade(day.held, most, Math.max(1, width - cells(full)));
    const filled = " ".repeat(Math.max(0, width - cells(full + light)));
    const bars = `${paintOf(day, p)(full)}${p.style.dim(light)}${filled}`;
    return `  ${dayName(day.date)}  ${bars}  ${dueWords(day)}`.trimEnd();
  };
}

/** The colour of the most destructive type of the day. */
function paintOf({ due }: Tally, p: Pen): Paint {
  const type = ACTION_TYPES.find((t) => t !== "re-authenticate" && due[t] > 0);
  return p.style.kind[type ?? "re-authenticate"];
}

const WEEKDAY = new Intl.DateTimeFormat("en", { weekday: "short", timeZone: "UTC" });

/** "Mon 2026-11-23". */
function dayName(date: string): string {
  return `${WEEKDAY.format(Date.parse(date))} ${date}`;
}

/** "8 to re-authenticate, 1 to lock; 2 held", or nothing. */
function dueWords({ due, held }: Tally): string {
  const types = ACTION_TYPES.filter((type) => due[type] > 0);
  const words = tally(types.map((type) => [`to ${type}`, due[type]]));
  return [words, held > 0 ? `${number(held)} held` : ""].filter(Boolean).join("; ");
}

function dayLines(day: ForecastDay, p: Pen): string[] {
  const rules = day.rules.map((rule): Cell[] => [
    { text: number(rule.count).padStart(5) },
    { text: rule.rule },
    { text: sourceOf(rule), paint: p.style.dim },
  ]);
  const types = new Set(day.first.map(({ type }) => type)).size > 1;
  const first = day.first.map((due): Cell[] => [
    { text: time(due), paint: p.style.dim },
    { text: types ? due.type : "", paint: p.style.kind[due.type] },
    { text: due.name === undefined ? "" : clip(due.name, NAME) },
    { text: printable(due.user), ...(due.name === undefined ? {} : { paint: p.style.dim }) },
    { text: due.label === undefined ? "" : clip(due.label, LABEL) },
    { text: due.label === undefined ? printable(due.session ?? "") : "", paint: p.style.dim },
  ]);
  const more = day.total - day.first.length;
  return [
    "",
    `  ${p.style.title(dayName(day.date))}  ${dueWords(day)}`,
    ...indented(rules, 2, p),
    ...indented(first, 4, p),
    ...(more > 0 ? [p.style.dim(`    … and ${number(more)} more`)] : []),
  ];
}

function indented(rows: readonly Cell[][], indent: number, p: Pen): string[] {
  const widths = columnWidths(rows);
  const margin = " ".repeat(indent);
  return rows.flatMap((cellsOf) => row(cellsOf, widths, p.width - indent).map((l) => margin + l));
}

/** "10:00", in UTC. */
function time({ at }: Due): string {
  return at.slice(11, 16);
}

function totalLine({ days }: Forecast): string {
  const total = days.reduce((sum, day) => sum + day.total, 0);
  const held = days.reduce((sum, day) => sum + day.held, 0);
  const kept =
    held === 0 ? "" : `; ${number(held)} held by report or by the rollout, and not counted`;
  const [top] = days.toSorted((a, b) => b.total - a.total);
  if (total === 0 || !top) return `Nothing falls due in ${count(days.length, "day")}${kept}.`;
  const most = days.length > 1 ? `, most on ${top.date} (${number(top.total)})` : "";
  return `${number(total)} ${total === 1 ? "falls" : "fall"} due in ${count(days.length, "day")}${most}${kept}.`;
}

// ---------------------------------------------------------------- markdown

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
      name === undefined ? code(id) : mdClip(name, NAME),
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
