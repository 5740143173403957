import type { Duration, Instant } from "../../model/vocabulary.ts";

/** Retrying one call ends within this time (docs/contract.md, "An inventory is trusted only when it is whole"). */
export const RETRY_FOR: Duration = 30_000;
/** So long, in all, a call waits beside it where the backend says for how long. */
export const TOLD_FOR: Duration = 120_000;
/** How often one call is tried. A busy backend (429) bounds the tries by time alone. */
const TRIES = 6;
const FIRST: Duration = 250;
const LONGEST: Duration = 8_000;
/** The vendor asks for a second of patience after 429 (docs/backends/journeyapps.md). */
const BUSY_AT_LEAST: Duration = 1_000;

/** What a try met, as far as the next one is concerned. */
export interface Setback {
  /** The backend said 429: too many requests. */
  busy: boolean;
  /** How long the backend asked us to wait. */
  retryAfter: Duration | null;
}

/**
 * How long to wait after try number `tries`, or null where the call is given up: doubling from a quarter of a
 * second to eight, of which `random` (0 to 1) takes away up to half so that clients do not march in step; never
 * less than the backend asks, and never a wait of its own that ends after RETRY_FOR. `elapsed` counts from the first
 * try, without the `told` time: what was waited because the backend said for how long, which may be TOLD_FOR in all.
 */
export function backoff(
  tries: number,
  setback: Setback,
  elapsed: Duration,
  random: number,
  told: Duration = 0,
): Duration | null {
  const { busy, retryAfter } = setback;
  const says = (retryAfter ?? 0) > 0;
  if (tries >= TRIES && !busy && !says) return null;
  const jittered = Math.min(LONGEST, FIRST * 2 ** (tries - 1)) * (1 - random / 2);
  const delay = Math.max(jittered, busy ? BUSY_AT_LEAST : 0, retryAfter ?? 0);
  if (elapsed >= RETRY_FOR) return null;
  if (says) return told + delay <= TOLD_FOR ? delay : null;
  return elapsed + delay < RETRY_FOR ? delay : null;
}

/** A Retry-After header, in seconds or as an HTTP date, as a time to wait from `now`; null where it is neither. */
export function retryAfter(header: string | undefined, now: Instant): Duration | null {
  if (header === undefined) return null;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000;
  const at = /^\s*[A-Z][a-z]{2},? /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

/** After this many calls in a row that failed for passing faults, retries included, nothing is sent. */
const FAILURES = 5;
/** How long nothing is sent; then one call at a time may find out whether the backend is back. */
const COOL_DOWN: Duration = 30_000;

/** Keeps a backend that is down from being stormed: calls that failed in a row, and since when all are refused. */
export interface Circuit {
  failures: number;
  openedAt: Instant | null;
}

export const CLOSED: Circuit = { failures: 0, openedAt: null };

/** The circuit after a call that failed for a passing fault. */
export function afterFailure(circuit: Circuit, now: Instant): Circuit {
  const failures = circuit.failures + 1;
  return { failures, openedAt: failures >= FAILURES ? now : null };
}

/** Whether a call must be refused now. */
export function isOpen(circuit: Circuit, now: Instant): boolean {
  return circuit.openedAt !== null && now - circuit.openedAt < COOL_DOWN;
}
