/** Instants and durations as people and plans read them. Pure: no clock is read here. */
import type { Duration, Instant } from "./model/vocabulary.ts";

export const MINUTE: Duration = 60_000;
export const HOUR: Duration = 60 * MINUTE;
export const DAY: Duration = 24 * HOUR;

/** ISO 8601 in UTC; without milliseconds where there are none, as the backends write it. */
export function iso(at: Instant): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}

/** As `iso`, and null stays null. */
export function isoOrNull(at: Instant | null): string | null {
  return at === null ? null : iso(at);
}

/** A duration in its largest whole unit, rounded down: "41 days", "1 hour", "0 minutes". */
export function span(length: Duration): string {
  const ms = Math.max(0, length);
  if (ms >= DAY) return count(Math.floor(ms / DAY), "day");
  if (ms >= HOUR) return count(Math.floor(ms / HOUR), "hour");
  return count(Math.floor(ms / MINUTE), "minute");
}

/** A duration without loss, e.g. "1 day 12 hours", for limits that people wrote. */
export function exactSpan(length: Duration): string {
  const days = Math.floor(length / DAY);
  const hours = Math.floor((length % DAY) / HOUR);
  const minutes = Math.floor((length % HOUR) / MINUTE);
  const parts: [number, string][] = [
    [days, "day"],
    [hours, "hour"],
    [minutes, "minute"],
  ];
  const words = parts.filter(([n]) => n > 0).map(([n, unit]) => count(n, unit));
  return words.length > 0 ? words.join(" ") : "0 minutes";
}

function count(n: number, unit: string): string {
  return `${n} ${unit}${n === 1 ? "" : "s"}`;
}
