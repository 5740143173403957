/** All that a ledger remembers, and what of it a run is told. */
import type { Memory } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";

/** A lock that is ours. */
export interface OwnLock {
  since: Instant;
  /** The number of the line that made it ours. */
  line: number;
  /** A run has seen that it is gone: a lock in place after that is not ours. */
  lifted?: true;
}

/** All that is remembered. */
export interface State extends Omit<Memory, "ownLocks" | "liftedLocks"> {
  /** By the id of the user; also of lock intents whose outcome is unknown. */
  locks: Record<string, OwnLock>;
  /** The highest of any run. */
  fence: number;
  /** The moment of the last line that told one. */
  told: Instant | null;
}

/** What is known of a deployment before the first run. */
export function emptyState(): State {
  return {
    ...{ locks: {}, met: {}, wiped: {}, owedWipes: {}, last: null, inventoryUsers: null },
    ...{ attempts: [], failures: [], wholeRuns: 0, runs: [], fence: 0, told: null },
  };
}

/** What a run is told of a state. */
export function memoryOf({ locks, fence: _, told: _told, ...rest }: State): Memory {
  const each = Object.entries(locks);
  const lifted = each.flatMap(([user, lock]) => (lock.lifted ? [[user, lock.since]] : []));
  return {
    ownLocks: Object.fromEntries(each.map(([user, { since }]) => [user, since])),
    ...(lifted.length > 0 ? { liftedLocks: Object.fromEntries(lifted) } : {}),
    ...rest,
  };
}

/** What a run is told where there is no ledger. */
export function emptyMemory(): Memory {
  return memoryOf(emptyState());
}
