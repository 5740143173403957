/** How long what failed waits before it is tried again: docs/contract.md, "Nobody is starved". */
import type { Attempt, Counts, Failure } from "../../model/run.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { HOUR, MINUTE } from "../../time.ts";
import type { Caused } from "../decide/want.ts";
import { signInKey } from "../key.ts";

const HOURS = [1, 2, 4, 8, 16, 24];
/** A run a little early is in time. */
const EARLY = 10 * MINUTE;

export interface Failed {
  failure: Failure;
  /** When it is due again. */
  next: Instant;
}

/**
 * Wipes that were accepted. One that is wanted again on the same sign-in has failed: no read has shown it, or it
 * would be known as wiped.
 */
export function neverShown(attempts: readonly Attempt[]): Failure[] {
  const accepted = attempts.filter(({ type, status }) => type === "wipe" && status === "applied");
  return [...Map.groupBy(accepted, signInKey).values()].flatMap((all) => {
    const last = all.at(-1);
    return last ? [{ ...last, times: all.length }] : [];
  });
}

/** Finds what is remembered of a want that failed; `now`: nothing waits, as somebody asked for one user. */
export function failuresOf(
  failures: readonly Failure[],
  at: Instant,
  now: boolean,
): (want: Caused) => Failed | null {
  const known = new Map(failures.map((failure) => [signInKey(failure), failure]));
  return (want) => {
    const failure = known.get(signInKey(want));
    if (failure === undefined) return null;
    const waits = !now && failure.line === want.line;
    return { failure, next: waits ? dueAgain(failure, at, want.counts) : at };
  };
}

/** When what failed is tried again, where the line that wants it stays. `counts`: for which limit. */
export function dueAgain({ times, at: last }: Failure, at: Instant, counts: Counts): Instant {
  const often = HOURS[Math.min(times, HOURS.length) - 1] ?? 24;
  const hours = counts === "urgent" ? Math.min(1, often) : often;
  // A run whose clock was ahead tried it no later than now.
  return Math.min(last, at) + hours * HOUR - EARLY;
}
