/** The forecast for people and programs: a chart of the days, and of each day the rules and the first users. */
import { ACTION_TYPES } from "../../model/vocabulary.ts";
import type { Due, Forecast, ForecastDay, Tally } from "../../plan/forecast/forecast.ts";
import { bar, MAYBE, shade } from "../../text/bars.ts";
import { type Cell, columnWidths, paragraph, row } from "../../text/layout.ts";
import { cells, clip, printable } from "../../text/safe.ts";
import type { Paint } from "../../text/style.ts";
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
import type { Fact } from "../told/head.ts";
import { header, NAME } from "./blocks.ts";
import { type Pen, pen, type TextOptions } from "./pen.ts";

/** The widest bar; more cells tell no more. */
const WIDEST = 48;
const NARROWEST = 8;

/** The forecast as text; ends with a newline. */
export function forecastText(report: ForecastReport, options: TextOptions): string {
  const p = pen(options);
  const asked: Fact[] = [
    ["days", `${number(report.days.length)}, of UTC`],
    ["user", printable(report.user ?? "")],
  ];
  const busy = report.days.filter((day) => day.total + day.idle.total > 0);
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
  const most = Math.max(...days.map(heightOf));
  const words = Math.max(...days.map((day) => cells(dayWords(day))));
  const width = Math.min(WIDEST, Math.max(NARROWEST, p.width - 20 - words));
  return (day) => {
    const full = bar(day.total, most, width);
    const light =
      shade(day.idle.total, most, width, MAYBE) + shade(day.held + day.idle.held, most, width);
    const after = light.slice(0, Math.max(1, width - cells(full)));
    const filled = " ".repeat(Math.max(0, width - cells(full + after)));
    const bars = `${paintOf(day, p)(full)}${p.style.dim(after)}${filled}`;
    return `  ${dayName(day.date)}  ${bars}  ${dayWords(day)}`.trimEnd();
  };
}

/** The colour of the most destructive type of the day. */
function paintOf({ due }: Tally, p: Pen): Paint {
  const type = ACTION_TYPES.find((t) => t !== "re-authenticate" && due[t] > 0);
  return p.style.kind[type ?? "re-authenticate"];
}

function dayLines(day: ForecastDay, p: Pen): string[] {
  const { idle } = day;
  return [
    "",
    `  ${p.style.title(dayName(day.date))}  ${dayWords(day)}`,
    ...tallyLines(day, p),
    ...(idle.total > 0 ? [p.style.dim("    if idle:")] : []),
    ...tallyLines(idle, p),
  ];
}

/** The rules and the first users of what falls due at one time. */
function tallyLines(day: Tally, p: Pen): string[] {
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
    { text: due.label === undefined ? "" : clip(due.label, NAME) },
    { text: due.label === undefined ? printable(due.session ?? "") : "", paint: p.style.dim },
  ]);
  const more = day.total - day.first.length;
  return [
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
