/** What falls due, in words: what every format of the forecast tells. */
import { ACTION_TYPES } from "../../model/vocabulary.ts";
import type { Forecast, ForecastDay, Tally } from "../../plan/forecast/forecast.ts";
import { count, number, tally } from "../../text/words.ts";
import type { Headed } from "./head.ts";

/** What `curfew forecast --format json` prints of one target. Keys may be added, not changed. */
export interface ForecastReport extends Forecast, Headed {
  format: "curfew/forecast/1";
  /** The one user that was asked for; null for all. */
  user: string | null;
}

export const CAVEAT =
  "What is due comes unless somebody signs in again. “If idle” are sessions that have been silent for half of `sessions.maxIdle` or longer, and end then only if they stay silent. Limits, windows and a freeze may make either later.";

const WEEKDAY = new Intl.DateTimeFormat("en", { weekday: "short", timeZone: "UTC" });

/** "Mon 2026-11-23". */
export function dayName(date: string): string {
  return `${WEEKDAY.format(Date.parse(date))} ${date}`;
}

/** "8 to re-authenticate, 1 to lock; 2 held", or nothing. */
export function dueWords({ due, held }: Tally): string {
  const types = ACTION_TYPES.filter((type) => due[type] > 0);
  const words = tally(types.map((type) => [`to ${type}`, due[type]]));
  return [words, held > 0 ? `${number(held)} held` : ""].filter(Boolean).join("; ");
}

/** As `dueWords`, with what only silence would bring: "8 to re-authenticate; 3 if idle". */
export function dayWords(day: ForecastDay): string {
  const { total, held } = day.idle;
  const idle = [
    ...(total > 0 ? [`${number(total)} if idle`] : []),
    ...(held > 0 ? [`${number(held)} held if idle`] : []),
  ];
  return [dueWords(day), ...idle].filter(Boolean).join("; ");
}

/** All that a day is drawn with. */
export function heightOf({ total, held, idle }: ForecastDay): number {
  return total + held + idle.total + idle.held;
}

export function totalLine({ days }: Forecast): string {
  const sum = (of: (day: ForecastDay) => number) => days.reduce((n, day) => n + of(day), 0);
  const total = sum((day) => day.total);
  const silent = sum(({ idle }) => idle.total);
  const held = sum((day) => day.held + day.idle.held);
  const kept = [
    ...(silent > 0 ? [`; ${number(silent)} only if they stay idle, and not counted`] : []),
    ...(held > 0 ? [`; ${number(held)} held by report or by the rollout, and not counted`] : []),
  ].join("");
  const [top] = days.toSorted((a, b) => b.total - a.total);
  if (total === 0 || !top) return `Nothing falls due in ${count(days.length, "day")}${kept}.`;
  const most = days.length > 1 ? `, most on ${top.date} (${number(top.total)})` : "";
  return `${number(total)} ${total === 1 ? "falls" : "fall"} due in ${count(days.length, "day")}${most}${kept}.`;
}
