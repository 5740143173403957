/** docs/contract.md, "Time". */
import type { Session } from "./types.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
const UNITS: Record<string, number> = { m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };

/** `1d12h` in milliseconds. */
export function lengthOf(text: string): number {
  const parts = [...text.matchAll(/(\d+)([mhdw])/g)];
  return parts.reduce((sum, [, n, unit = ""]) => sum + Number(n) * (UNITS[unit] ?? Number.NaN), 0);
}

/** A date alone is its start; for `until` its end. */
export function momentOf(text: string, key: "from" | "until" | "notBefore"): number {
  const date = /^\d{4}-\d\d-\d\d$/.test(text);
  const start = Date.parse(text);
  return date && key === "until" ? start + DAY : start;
}

export function isInForce(entry: { from?: string; until?: string }, at: number): boolean {
  if (entry.from !== undefined && at < momentOf(entry.from, "from")) return false;
  return entry.until === undefined || at < momentOf(entry.until, "until");
}

/** A moment more than five minutes in the future is unknown. */
export function known(moment: number | null, at: number): number | null {
  return moment !== null && moment > at + 5 * MINUTE ? null : moment;
}

export function isAhead(session: Session, at: number): boolean {
  const moments = [session.signedInAt, session.lastConnectedAt];
  return moments.some((moment) => moment !== null && known(moment, at) === null);
}

/** As the backend tells it, whenever that was: what tells one sign-in from another. */
export function toldSignIn({ signedInAt, createdAt }: Session): number | null {
  return signedInAt ?? createdAt;
}

/** The sign-in; the creation where that is unknown. */
export function signInOf(session: Session, at: number): number | null {
  return known(session.signedInAt, at) ?? known(session.createdAt, at);
}

export function connectedOf(session: Session, at: number): number | null {
  return known(session.lastConnectedAt, at);
}

/** The last connection; the sign-in where that is unknown. The creation tells nothing of it. */
export function lastSeenOf(session: Session, at: number): number | null {
  return connectedOf(session, at) ?? known(session.signedInAt, at);
}

/** Whether a window of the UTC day is open: `from` belongs to it, `to` does not; it may end on the next day. */
export function isOpen(window: { from: string; to: string }, at: number): boolean {
  const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const [from, to, now] = [
    minutes(window.from),
    minutes(window.to),
    Math.floor((at % DAY) / MINUTE),
  ];
  return from < to ? from <= now && now < to : from <= now || now < to;
}
