/** Locks that a run had sent, or may have, when it ended without an answer: they may take effect after a later run has read. */
import type { Memory } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { MINUTE } from "../time.ts";

/**
 * How long a request may be under way after its run has ended. A try takes 35 seconds at most (5 to connect, 15 for
 * the answer to begin, 15 for the rest: providers/http/client.ts), and retries end with their run; the rest is
 * the minute by which the clocks of two machines may differ (docs/threat-model.md, "Assumptions").
 */
const UNDER_WAY = 2 * MINUTE;

/**
 * Users with a lock whose outcome is unknown and that may still take effect. An intent tells when its run began; a run
 * can be long, and one that died left no word of its end. But the run after it held the lease, so the one before had
 * ended by then: a lock is settled once a later run began, and that was UNDER_WAY ago.
 */
export function locksInFlight({ attempts, runs }: Memory, at: Instant): ReadonlySet<string> {
  let ended = Number.NEGATIVE_INFINITY;
  for (const run of [...attempts, ...runs]) {
    if (run.at <= at - UNDER_WAY) ended = Math.max(ended, run.at);
  }
  const open = attempts.filter((a) => a.type === "lock" && a.status === "intent" && a.at >= ended);
  return new Set(open.map(({ user }) => user));
}
