/** What the last 24 hours have already used of the limits: docs/contract.md, "Limits". */
import type { User } from "../../model/inventory.ts";
import type { Attempt, Counts, Undone } from "../../model/run.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { cameAbout, isRecent } from "../../policy/counting.ts";
import { compareText } from "../../text/order.ts";
import { known } from "../decide/session.ts";
import { actionKey, signInKey } from "../key.ts";

/** Which sessions a percentage of wipes is of: those active now or ended by what counts, or all others. */
export type Pool = "active" | "ended";

/** What counts, each action on each sign-in once, and what percentages are of. */
export interface Usage {
  /** By countedKey: for which limit, and of a wipe which sessions. */
  counted: ReadonlyMap<string, { type: Attempt["type"]; counts: Counts; pool: Pool }>;
  /** Sessions active now or ended by what counts, each once. */
  active: number;
  /** All others that are not unused. */
  others: number;
  /** By its key: what was done in the last 24 hours, also where it was undone since. */
  recent: ReadonlySet<string>;
  /** By signInKey: when Curfew last ended the session, where that is remembered. */
  ended: ReadonlyMap<string, Instant>;
  /** Remembered attempts that this inventory shows undone. */
  undone: readonly Undone[];
}

export interface UsageMeter {
  /** As in the total. */
  readonly recent: ReadonlySet<string>;
  /** Shows the meter a user of the inventory, so that it drops what the inventory shows undone. */
  see(user: User): void;
  total(): Usage;
}

/** What an attempt did, each wipe of a lock by itself. */
function partsOf(attempt: Attempt): Attempt[] {
  const wipes = Object.entries(attempt.type === "lock" ? attempt.wipes : {});
  const part = ([session, signedInAt]: [string, Instant | null]): Attempt => {
    const was = Object.hasOwn(attempt.ends, session) ? "active" : "ended";
    const wipe = { type: "wipe", counts: "limit", session, signedInAt, was } as const;
    // That the user is unlocked says nothing of a wipe.
    return { ...attempt, ...wipe, wipes: {}, ends: {}, undone: false };
  };
  return [attempt, ...wipes.map(part)];
}

/** What came about counts, or may have; not what failed, nor what an inventory has shown undone. */
export function usageMeter(
  attempts: readonly Attempt[],
  at: Instant,
  inFlight: ReadonlySet<string> = new Set(),
): UsageMeter {
  const parts = attempts.filter((attempt) => isRecent(attempt, at)).flatMap(partsOf);
  const recent = new Set(parts.flatMap(recentOf));
  const lastEnded = new Map(
    attempts
      .filter(({ type, status }) => type === "re-authenticate" && status === "applied")
      .map((attempt) => [signInKey(attempt), attempt.at]),
  );
  const open = parts.filter(cameAbout);
  const byUser = Map.groupBy(open, (attempt) => attempt.user);
  const undone = new Map<string, Undone>();
  let active = 0;
  let others = 0;
  /** Sessions that are in the inventory and not active, of users with attempts; by user and id. */
  const still = new Set<string>();
  const actives = new Set<string>();
  return {
    recent,
    see(user) {
      const mine = byUser.get(user.id);
      for (const session of user.sessions) {
        if (session.state === "active") active++;
        else if (session.state !== "unused") others++;
        if (mine === undefined || session.state === "unused") continue;
        (session.state === "active" ? actives : still).add(sessionKey(user.id, session.id));
      }
      for (const attempt of mine ?? []) {
        if (attempt.type === "lock" && attempt.status === "intent" && inFlight.has(user.id))
          continue;
        const { type, session, signedInAt } = attempt;
        if (isUndone(attempt, user))
          undone.set(signInKey(attempt), { type, user: user.id, session, signedInAt });
      }
    },
    total() {
      const counting = open.filter((attempt) => !undone.has(signInKey(attempt)));
      const counted = new Map(
        counting.map((a) => {
          const pool = a.was === "active" ? ("active" as const) : ("ended" as const);
          return [countedKey(a, a.counts), { type: a.type, counts: a.counts, pool }];
        }),
      );
      const ended = new Set(counting.flatMap(endedBy).filter((key) => !actives.has(key)));
      const there = [...ended].filter((key) => still.has(key)).length;
      return {
        ...{ counted, active: active + ended.size, others: others - there },
        // In an order that the pages of the inventory do not change.
        ...{
          ...{ recent, ended: lastEnded },
          undone: [...undone.keys()].sort(compareText).flatMap((key) => undone.get(key) ?? []),
        },
      };
    },
  };
}

/** What is counted once: an action on a sign-in, for each limit by itself. */
export function countedKey(of: Undone, counts: Counts): string {
  return JSON.stringify([counts, signInKey(of)]);
}

function sessionKey(user: string, session: string): string {
  return JSON.stringify([user, session]);
}

/** The sessions that were active and that an attempt ended. */
function endedBy({ user, session, was, ends }: Attempt): string[] {
  const own = session !== null && was === "active" ? [session] : [];
  return [...own, ...Object.keys(ends)].map((id) => sessionKey(user, id));
}

function recentOf(attempt: Attempt): string[] {
  const { type, user, session, status, ends } = attempt;
  // What has no answer keeps its place.
  if (status !== "applied") return [];
  const signOut = (id: string) => actionKey({ type: "re-authenticate", user, session: id });
  const ended = session === null ? Object.keys(ends) : [session];
  return [actionKey({ type, user, session }), ...ended.map(signOut)];
}

/** A lock by the user unlocked, an unlock by the user locked, the rest by the session active with the same known sign-in. */
function isUndone({ type, session: id, signedInAt }: Attempt, user: User): boolean {
  if (type === "lock") return !user.locked;
  if (type === "unlock") return user.locked;
  const session = user.sessions.find((one) => one.id === id);
  if (session === undefined || signedInAt === null) return false;
  // Its creation, or a moment in the future, does not tell whether it signed in anew.
  return session.state === "active" && known(session.signedInAt, session) === signedInAt;
}
