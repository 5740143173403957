/** For how long an attempt counts for the limits: docs/contract.md, "Limits". The ledger forgets by the same rule. */
import type { Attempt } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { DAY } from "../time.ts";

/**
 * The moment from which an attempt counts for a day. One from the future counts from when it was first seen, unless
 * it was rather the clock of the seeing run that was behind: the log before the attempt was later, too, and the
 * attempt's own moment has come.
 */
export function countsFrom({ from, seen, before }: Attempt, at: Instant): Instant {
  const wasBehind = seen !== null && before !== null && before > seen && at >= from;
  return seen === null || wasBehind ? from : seen;
}

/** Whether an attempt is one of the last 24 hours. */
export function isRecent(attempt: Attempt, at: Instant): boolean {
  return at < countsFrom(attempt, at) + DAY;
}

/** Whether an attempt came about, or may have, as far as is known. */
export function cameAbout({ status, undone }: Attempt): boolean {
  return !undone && (status === "applied" || status === "intent");
}
