/** What falls due, in words: what every format of the forecast tells. */
import { ACTION_TYPES } from "../../model/vocabulary.ts";
import type { Forecast, Tally } from "../../plan/forecast/forecast.ts";
import { count, number, tally } from "../../text/words.ts";
import type { Headed } from "./head.ts";

/** What `curfew forecast --format json` prints of one target. Keys may be added, not changed. */
export interface ForecastReport extends Forecast, Headed {
  format: "curfew/forecast/1";
  /** The one user that was asked for; null for all. */
  user: string | null;
}

export const CAVEAT =
  "It counts what will be wanted if nobody signs in or connects again; limits, windows and a freeze may make it later.";

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

export function totalLine({ days }: Forecast): string {
  const total = days.reduce((sum, day) => sum + day.total, 0);
  const held = days.reduce((sum, day) => sum + day.held, 0);
  const kept =
    held === 0 ? "" : `; ${number(held)} held by report or by the rollout, and not counted`;
  const [top] = days.toSorted((a, b) => b.total - a.total);
  if (total === 0 || !top) return `Nothing falls due in ${count(days.length, "day")}${kept}.`;
  const most = days.length > 1 ? `, most on ${top.date} (${number(top.total)})` : "";
  return `${number(total)} ${total === 1 ? "falls" : "fall"} due in ${count(days.length, "day")}${most}${kept}.`;
}
