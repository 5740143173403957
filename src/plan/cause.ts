/** Why an action is wanted now: the first that holds of docs/contract.md, "The cause". */
import type { User } from "../model/inventory.ts";
import type { Cause } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { Attempt, Memory } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { rulebook } from "../policy/effective.ts";
import { decide } from "./decide/decide.ts";
import { knownSignIn } from "./decide/session.ts";
import type { Caused, Want } from "./decide/want.ts";
import { actionKey } from "./key.ts";

/** Gives wants of one user their causes. Built once a run; `memory` tells the last run and the last attempts. */
export type CauseFinder = (user: User, wants: readonly Want[]) => Caused[];

/** `at`: the moment of this run. With a `base` its policy stands for the last run's. */
export function causeFinder(
  at: Instant,
  memory: Memory,
  base: { policy: Policy | null } | null = null,
): CauseFinder {
  const unfinished = unfinishedAttempts(memory.attempts);
  const { last, ownLocks } = memory;
  const baseBook = base?.policy ? rulebook(base.policy) : null;
  const history = historyOf(memory, at);

  return (user, wants) => {
    const wantedByBase = baseBook ? keys(decide(user, baseBook, at, memory).wants) : new Set();
    const held = history(user);
    const causeOf = (want: Want): Cause => {
      const key = actionKey(want);
      // A lock of ours that is gone was lifted by somebody, whatever the last run held back.
      if (want.type === "lock" && Object.hasOwn(ownLocks, user.id)) return "drift";
      if (!base) return held(want);
      if (!wantedByBase.has(key)) return "policy";
      // What the base wants was pending before the change, whichever policy asked for it first.
      const cause = held(want);
      return cause === "policy" ? "due" : cause;
    };
    const caused = (want: Want): Caused => {
      const tried = unfinished.get(attemptKey(want));
      const cause = tried ? "retry" : causeOf(want);
      return {
        ...want,
        cause,
        retryOf: tried?.cause ?? null,
        after: cause === "drift" ? (last?.at ?? null) : null,
        otherwise: want.otherwise.map(caused),
        wipes: want.wipes?.map(caused) ?? null,
      };
    };
    return wants.map(caused);
  };
}

/**
 * The cause by what was in force before. What a run held keeps the cause that it had at first: the policies since the
 * last run that held nothing are asked in turn, back to the first that wanted the action without a break until now.
 */
function historyOf(memory: Memory, at: Instant): (user: User) => (want: Want) => Cause {
  const { last } = memory;
  const moments = (last?.policies ?? []).map(({ policy, from }) => ({
    book: rulebook(policy),
    from,
  }));
  const settled = moments[0] !== undefined && moments[0].from === last?.settledAt;

  return (user) => {
    const asked = new Map<string, Set<string>>();
    /** Whether the policy of one moment wants the action at another, of the sessions that were signed in by `signedIn`. */
    const wants = (n: number, then: Instant, signedIn: Instant, want: Want): boolean => {
      const book = moments[n]?.book;
      if (!book) return false;
      const question = `${n} ${then} ${signedIn}`;
      const answer =
        asked.get(question) ?? keys(decide(asOf(user, signedIn), book, then, memory).wants);
      asked.set(question, answer);
      return answer.has(actionKey(want));
    };
    const lastSignIn = Math.max(0, ...user.sessions.map((session) => knownSignIn(session) ?? 0));
    /** Between a moment at which it was not wanted and a later one, under one policy. */
    const became = (n: number, want: Want): Cause => {
      const from = moments[n]?.from ?? at;
      if (!wants(n, from, EVER, want)) return "due";
      // Only a session can be wanted because of a sign-in: a lock that somebody lifted is drift, also when the user came back.
      return want.session !== null && lastSignIn > from ? "sign-in" : "drift";
    };
    return (want) => {
      let first = moments.length;
      const before = () => moments[first - 1]?.from ?? at;
      if (!wants(first - 1, at, EVER, want)) return "policy";
      while (first > 0 && wants(first - 1, before(), before(), want)) first--;
      // The first run of these held nothing: what it wanted was done, and is wanted anew.
      if (first === 0) return settled ? became(0, want) : "policy";
      const then = moments[first]?.from ?? at;
      return wants(first - 1, then, then, want) ? became(first - 1, want) : "policy";
    };
  };
}

/** Whenever it signed in; clocks may differ. */
const EVER = Number.POSITIVE_INFINITY;

/** The user without what signed in later. */
function asOf(user: User, moment: Instant): User {
  const sessions = user.sessions.filter((session) => (knownSignIn(session) ?? 0) <= moment);
  return sessions.length === user.sessions.length ? user : { ...user, sessions };
}

function keys(wants: readonly Want[]): Set<string> {
  return new Set(wants.flatMap(withInner).map(actionKey));
}

/** With what is wanted in its place, and in the place of that. */
function withInner(want: Want): Want[] {
  return [want, ...want.otherwise.flatMap(withInner), ...(want.wipes ?? [])];
}

/** What was tried: who signed in anew since is another matter. */
function attemptKey(of: Pick<Want, "type" | "user" | "session" | "signedInAt">): string {
  return `${of.signedInAt} ${actionKey(of)}`;
}

/** The actions whose last attempt failed or has no outcome. A wipe that is wanted again was never shown: it failed. */
function unfinishedAttempts(attempts: readonly Attempt[]): Map<string, Attempt> {
  const latest = new Map<string, Attempt>();
  for (const attempt of attempts) latest.set(attemptKey(attempt), attempt);
  const isOpen = ({ type, status }: Attempt) =>
    status === "failed" || status === "intent" || (type === "wipe" && status === "applied");
  return new Map([...latest].filter(([, attempt]) => isOpen(attempt)));
}
