/** What `curfew ledger` tells: what Curfew remembers of a deployment that its later runs rest on. */
import type { Failure, Memory } from "../../model/run.ts";
import type { ActionType, Instant } from "../../model/vocabulary.ts";

/** What `curfew ledger --format json` prints of one target. Moments are ISO 8601; `name` is the last that the log tells. */
export interface LedgerReport {
  format: "curfew/ledger/1";
  target: string;
  place: string;
  evaluatedAt: string;
  /** The user that was asked for, by id or name; null for all. */
  user: string | null;
  /** When the last run began on the whole target; null before the first. */
  lastRunAt: string | null;
  /** `line`: the line of the audit log that made the lock ours. */
  ownLocks: { user: string; name: string | null; since: string; line: number }[];
  /** Who had a name when an apply first met a line: `list` is the policy's, such as `users.locked`. */
  names: { name: string; list: string; user: string }[];
  /** What failed and has not succeeded since. `next`: when it is tried again, where the policy stays as it is. */
  failures: {
    type: ActionType;
    user: string;
    name: string | null;
    session: string | null;
    times: number;
    last: string;
    next: string;
  }[];
  /** Wipes that were turned into sign-outs and follow. `user`: null where the log does not tell whose session it is. */
  owedWipes: {
    session: string;
    user: string | null;
    name: string | null;
    signedIn: string | null;
  }[];
}

/** What the report is made of, besides the memory. */
export interface LedgerFacts {
  target: string;
  place: string;
  at: Instant;
  /** Whom it is asked for: as that was written, and the ids that are meant; null: everybody. */
  asked: { user: string; ids: ReadonlySet<string> } | null;
  locks: Readonly<Record<string, { since: Instant; line: number }>>;
  /** By user and by session, as far as the audit log tells them. */
  nameOf: ReadonlyMap<string, string>;
  userOf: ReadonlyMap<string, string>;
  /** The list and the name of a line that the ledger remembers. */
  lineOf: (line: string) => { list: string; name: string };
  nextOf: (failure: Failure) => Instant;
}

export function ledgerReport(memory: Memory, facts: LedgerFacts): LedgerReport {
  const { target, place, at, asked, locks, nameOf, userOf, lineOf, nextOf } = facts;
  const isAsked = ({ user }: { user: string | null }) =>
    asked === null || (user !== null && asked.ids.has(user));
  const named = (user: string) => ({ user, name: nameOf.get(user) ?? null });
  return {
    format: "curfew/ledger/1",
    ...{ target, place, evaluatedAt: told(at), user: asked?.user ?? null },
    lastRunAt: memory.last === null ? null : told(memory.last.at),
    ownLocks: Object.entries(locks)
      .map(([user, { since, line }]) => ({ ...named(user), since: told(since), line }))
      .filter(isAsked)
      .sort((a, b) => a.line - b.line),
    names: Object.entries(memory.met)
      .map(([line, user]) => ({ ...lineOf(line), user }))
      .filter(isAsked),
    failures: memory.failures.filter(isAsked).map((failure) => {
      const { type, user, session, times, at: last } = failure;
      const moments = { last: told(last), next: told(nextOf(failure)) };
      return { type, ...named(user), session, times, ...moments };
    }),
    owedWipes: Object.entries(memory.owedWipes)
      .map(([session, signedIn]) => {
        const user = userOf.get(session) ?? null;
        const of = user === null ? { user, name: null } : named(user);
        return { session, ...of, signedIn: signedIn === null ? null : told(signedIn) };
      })
      .filter(isAsked),
  };
}

function told(at: Instant): string {
  return new Date(at).toISOString();
}
