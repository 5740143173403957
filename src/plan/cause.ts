/** Why an action is wanted now: the first that holds of docs/contract.md, "The cause". */
import type { User } from "../model/inventory.ts";
import type { Cause } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { Attempt, Memory } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { type Rulebook, rulebook } from "../policy/effective.ts";
import { decide } from "./decide/decide.ts";
import { signInOf } from "./decide/session.ts";
import type { Caused, Want } from "./decide/want.ts";
import { actionKey } from "./key.ts";

/** Gives wants of one user their causes. Built once a run; `memory` tells the last run and the last attempts. */
export type CauseFinder = (user: User, wants: readonly Want[]) => Caused[];

/** `at`: the moment of this run. With a `base` its policy stands for the last run's. */
export function causeFinder(
  book: Rulebook,
  at: Instant,
  memory: Memory,
  base: { policy: Policy | null } | null = null,
): CauseFinder {
  const unfinished = unfinishedAttempts(memory.attempts);
  const { last } = memory;
  const before = base ? base.policy : (last?.policy ?? null);
  const lastBook = before ? rulebook(before) : null;

  return (user, wants) => {
    const wantedBefore = lastBook ? keys(decide(user, lastBook, at, memory).wants) : new Set();
    const wantedThen = last ? keys(decide(user, book, last.at, memory).wants) : new Set();
    const signIns = user.sessions.map((session) => signInOf(session) ?? 0);
    const lastSignIn = Math.max(0, ...signIns);
    const causeOf = (want: Want): Cause => {
      const key = actionKey(want);
      if (unfinished.has(key)) return "retry";
      // A lock of ours that is gone was lifted by somebody, whatever the last run held back.
      if (want.type === "lock" && Object.hasOwn(memory.ownLocks, user.id)) return "drift";
      if (!wantedBefore.has(key)) return "policy";
      // Before the first run that held nothing back, what the base wants is still to be done.
      if (!last || !wantedThen.has(key)) return "due";
      // The last run held nothing back, so a wipe that is owed since was waiting for data then.
      if (want.owed) return "due";
      // Only a session can be wanted because of a sign-in: a lock that somebody lifted is drift, also when the user came back.
      if (want.session !== null && lastSignIn > last.at) return "sign-in";
      return "drift";
    };
    const caused = (want: Want): Caused => {
      const cause = causeOf(want);
      return {
        ...want,
        cause,
        since: sinceOf(cause, want, lastSignIn, last?.at ?? memory.ownLocks[user.id] ?? null),
        otherwise: want.otherwise.map(caused),
        // A lock's wipes are wanted for the same cause as the lock.
        wipes: want.wipes?.map((wipe) => ({ ...caused(wipe), cause })) ?? null,
      };
    };
    return wants.map(caused);
  };
}

/** What somebody changed behind our back was changed after the last run; the rest knows its own moment. */
function sinceOf(
  cause: Cause,
  want: Want,
  lastSignIn: Instant,
  lastRun: Instant | null,
): Instant | null {
  if (cause === "drift") return lastRun;
  return cause === "sign-in" ? lastSignIn : want.since;
}

function keys(wants: readonly Want[]): Set<string> {
  return new Set(
    wants.flatMap((want) => [want, ...want.otherwise, ...(want.wipes ?? [])]).map(actionKey),
  );
}

/** The actions whose last attempt failed or has no outcome. */
function unfinishedAttempts(attempts: readonly Attempt[]): Set<string> {
  const latest = new Map<string, Attempt>();
  for (const attempt of attempts) latest.set(actionKey(attempt), attempt);
  const open = [...latest].filter(([, a]) => a.status === "failed" || a.status === "intent");
  return new Set(open.map(([key]) => key));
}
