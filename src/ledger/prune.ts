/** What of a state is forgotten. */
import type { Attempt } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { actionKey } from "../plan/key.ts";
import { countsFrom, isRecent } from "../policy/counting.ts";
import { DAY } from "../time.ts";
import type { State } from "./state.ts";

/** An attempt without success is kept this long, or until a newer one of the same: it gives the cause `retry`. */
const KEEP_UNSUCCESSFUL = 30 * DAY;
const KEEP_RUNS = 500;
/** Ages are taken at the earliest moment of so many runs, so that one whose clock is ahead forgets nothing. */
export const CLOCKS = 3;

/**
 * Forgets what no later run asks for: attempts older than a day, but for those without success of the last 30 days
 * that no newer attempt of the same action supersedes, failures that nobody tried for as long, and runs before the
 * last 500. Ages are taken at `at`, or at the moment of one of the last runs where that is earlier.
 */
export function prune<T extends Pick<State, "attempts" | "failures" | "runs">>(
  state: T,
  at: Instant,
): T {
  const runs = state.runs.slice(-KEEP_RUNS);
  const now = Math.min(at, ...runs.slice(-CLOCKS).map((run) => run.at));
  const superseded = new Set<string>();
  const attempts: Attempt[] = [];
  for (const attempt of state.attempts.toReversed()) {
    const key = actionKey(attempt);
    const age = now - countsFrom(attempt, now);
    const wanted = age <= KEEP_UNSUCCESSFUL && unsuccessful(attempt) && !superseded.has(key);
    if (isRecent(attempt, now) || wanted) attempts.push(attempt);
    superseded.add(key);
  }
  const failures = state.failures.filter((failed) => now - failed.at <= KEEP_UNSUCCESSFUL);
  return { ...state, attempts: attempts.reverse(), failures, runs };
}

function unsuccessful(attempt: Attempt): boolean {
  return attempt.status === "intent" || attempt.status === "failed";
}
