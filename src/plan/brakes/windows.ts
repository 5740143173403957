/** Whether a moment lies in a window, by the wall clock of the window's zone. */
import { DAYS, type Day, type Window } from "../../model/policy.ts";
import type { Instant } from "../../model/vocabulary.ts";

/** `from` belongs to the window, `to` does not. A window over midnight belongs to the day on which it begins. */
export function inWindow(window: Window, at: Instant): boolean {
  const { day, minute } = wallClock(window.zone, at);
  const begins = (d: number) => window.days.includes(DAYS[(d + 7) % 7] as Day);
  if (window.from < window.to) return minute >= window.from && minute < window.to && begins(day);
  return (minute >= window.from && begins(day)) || (minute < window.to && begins(day - 1));
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function wallClock(zone: string, at: Instant): { day: number; minute: number } {
  let clock = clocks.get(zone);
  if (!clock) {
    clock = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    clocks.set(zone, clock);
  }
  const parts = Object.fromEntries(clock.formatToParts(at).map((part) => [part.type, part.value]));
  return {
    day: DAYS.indexOf((parts.weekday ?? "").toLowerCase() as Day),
    minute: Number(parts.hour) * 60 + Number(parts.minute),
  };
}
