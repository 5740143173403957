/** Instants as a policy writes them: docs/contract.md, "Time". */
import type { Instant } from "../../model/vocabulary.ts";
import { DAY } from "../../time.ts";

/** What a date alone means: the start of that day in UTC (`from`, `notBefore`) or its end (`until`). */
export type Edge = "start" | "end";

/** A date, or a date and a time with an offset. */
export const INSTANT_PATTERN =
  /^\d{4}-\d{2}-\d{2}(?:[Tt]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/;

/** Milliseconds since the epoch, or null where the text is not an instant or no such date or time exists. */
export function parseInstant(text: string, edge: Edge): Instant | null {
  if (!INSTANT_PATTERN.test(text)) return null;
  const date = text.slice(0, 10);
  const day = Date.parse(`${date}T00:00:00Z`);
  // Date.parse may roll 30 February over into March.
  if (Number.isNaN(day) || new Date(day).toISOString().slice(0, 10) !== date) return null;
  if (text.length === 10) return edge === "start" ? day : day + DAY;
  if (Number(text.slice(11, 13)) > 23) return null;
  const instant = Date.parse(text.toUpperCase());
  return Number.isNaN(instant) ? null : instant;
}

/** Why `text` is no instant and what to write instead; to be put behind the value. */
export function instantFault(text: string): string {
  if (INSTANT_PATTERN.test(text)) return "does not exist in the calendar or on the clock";
  const local = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2})(:\d{2})?(?:\.\d+)?$/.exec(text);
  if (local) {
    const time = `${local[1]}T${local[2]}${local[3] ?? ":00"}`;
    return `has no offset: write ${time}Z for UTC, or another offset such as ${time}+02:00`;
  }
  return "is not an instant: write a date such as 2027-01-31, or 2027-01-31T17:00:00+02:00";
}
