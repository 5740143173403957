/** docs/contract.md, "Nobody is starved": what was tried before, found by the action. Built once a run. */
import { keyOf } from "./cause.ts";
import { DAY } from "./time.ts";
import type { Attempt, Want } from "./types.ts";

interface Failed {
  /** How often since it last succeeded. */
  times: number;
  last: Attempt;
}

export interface Tried {
  /** What failed and has not succeeded since; null where it did not. */
  failed(want: Want): Failed | null;
  /** Whether its session was ended in the last 24 hours. */
  ended(want: Want): boolean;
}

export function triedBefore(attempts: readonly Attempt[], at: number): Tried {
  const failures = new Map<string, Failed>();
  const ended = new Set<string>();
  for (const attempt of attempts) {
    const key = keyOf(attempt);
    if (attempt.status === "failed")
      failures.set(key, { times: (failures.get(key)?.times ?? 0) + 1, last: attempt });
    if (attempt.status !== "applied") continue;
    failures.delete(key);
    if (at - attempt.at < DAY) for (const session of attempt.ended) ended.add(session);
  }
  return {
    failed: (want) => failures.get(keyOf(want)) ?? null,
    ended: ({ session }) => session !== null && ended.has(session),
  };
}
