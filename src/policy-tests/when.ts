/** Moments as policy tests write them: "41 days ago", "now", "unknown", or an instant. */
import type { Instant } from "../model/vocabulary.ts";
import { parseInstant } from "../policy/values/instant.ts";
import { DAY, HOUR, MINUTE } from "../time.ts";

/** A number and a unit, up to four of them, and "ago"; or an instant with an offset, or a date. */
export const WHEN_PATTERN =
  /^(?:now|unknown|(?:\d{1,6} (?:minute|hour|day|week)s? ){1,4}ago|\d{4}-\d{2}-\d{2}(?:[Tt][\d:.]+(?:[Zz]|[+-]\d{2}:\d{2}))?)$/;

const UNITS: Record<string, number> = { minute: MINUTE, hour: HOUR, day: DAY, week: 7 * DAY };

/** The moment that is meant, seen from `at`; null is "the backend does not say", undefined is no moment at all. */
export function parseWhen(text: string, at: Instant): Instant | null | undefined {
  if (!WHEN_PATTERN.test(text)) return undefined;
  if (text === "now") return at;
  if (text === "unknown") return null;
  if (!text.endsWith("ago")) return parseInstant(text, "start") ?? undefined;
  let ago = 0;
  for (const [, count, unit = ""] of text.matchAll(/(\d+) (minute|hour|day|week)/g)) {
    ago += Number(count) * (UNITS[unit] ?? 0);
  }
  return at - ago;
}

/** Why `text` is no moment and what to write instead; to be put behind the value. */
export function whenFault(text: string): string {
  const short = /^(\d{1,6}) ?(m|h|d|w)[a-z]*(?: ago)?$/i.exec(text.trim());
  const unit = { m: "minutes", h: "hours", d: "days", w: "weeks" }[short?.[2]?.toLowerCase() ?? ""];
  const meant = short && unit ? `${short[1]} ${unit} ago` : "41 days ago";
  return `is not a moment: write ${meant}, or now, unknown, or an instant such as 2026-11-22T10:00:00Z`;
}
