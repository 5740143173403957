/** Durations as a policy writes them: docs/contract.md, "Time". */
import type { Duration } from "../../model/vocabulary.ts";
import { DAY, HOUR, MINUTE } from "../../time.ts";

/** One or more of a whole number and a unit, e.g. `30d` or `1d12h`; at least one digit is not 0. */
export const DURATION_PATTERN = /^(?=.*[1-9])(?:\d{1,6}[mhdw])+$/;

/** Longer ones are mistakes, and would leave the range of dates. */
const LONGEST_DURATION: Duration = 36_500 * DAY;

const UNITS: Record<string, Duration> = { m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };

/** Milliseconds, or null where the text is not a duration between a minute and 100 years. */
export function parseDuration(text: string): Duration | null {
  if (!DURATION_PATTERN.test(text)) return null;
  let total = 0;
  for (const [, count, unit = ""] of text.matchAll(/(\d+)([mhdw])/g)) {
    total += Number(count) * (UNITS[unit] ?? 0);
  }
  return total <= LONGEST_DURATION ? total : null;
}

/** Why `text` is no duration and what to write instead; to be put behind the value. */
export function durationFault(text: string): string {
  if (DURATION_PATTERN.test(text)) return "is longer than 100 years";
  if (/^(?:\d+[mhdw])+$/.test(text) && !/[1-9]/.test(text)) {
    return "is no time at all: write more than zero, such as 30d";
  }
  const words = /^(\d{1,6})\s*(m|min|mins|minutes?|h|hours?|d|days?|w|weeks?)?$/i.exec(text.trim());
  // Minutes to one, months to another: no hint may choose.
  if (/^\d+\s*M$/.test(text.trim())) {
    return "is not a duration: m is minutes, and months are written in days, such as 30d (units m, h, d, w)";
  }
  const meant = words ? `${words[1]}${(words[2] ?? "d").charAt(0).toLowerCase()}` : "30d";
  return `is not a duration: write ${parseDuration(meant) === null ? "30d" : meant} (units m, h, d, w)`;
}
