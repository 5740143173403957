/** What the last 24 hours have already used of the limits: docs/contract.md, "Limits". */
import type { Session, User } from "../../model/inventory.ts";
import type { Attempt } from "../../model/run.ts";
import type { ActionType, Instant } from "../../model/vocabulary.ts";
import { DAY, MINUTE } from "../../time.ts";
import { signInOf } from "../decide/session.ts";
import { actionKey } from "../key.ts";

/** How far the clocks of the backend and of Curfew may be apart. */
const CLOCKS_DIFFER = 5 * MINUTE;

/** Counts of actions of the last 24 hours that bind this run. */
export interface Usage {
  types: Record<ActionType, number>;
  /** Urgent locks. */
  urgent: number;
  /** Sessions that Curfew ended and that are not active now: part of the base of the percentages. */
  ended: number;
}

export interface UsageMeter {
  /** Shows the meter a user of the inventory, so that it drops what the inventory shows undone. */
  see(user: User): void;
  total(): Usage;
}

/** Intents count, unless they are known to have failed or a later inventory shows them undone. */
export function usageMeter(attempts: readonly Attempt[], at: Instant): UsageMeter {
  // An intent that was tried again had been seen undone: the later attempt counts for both.
  const latest = new Map(attempts.map((a) => [actionKey(a), a]));
  const stands = (a: Attempt) =>
    a.status === "applied" || (a.status === "intent" && latest.get(actionKey(a)) === a);
  const counted = attempts.filter((a) => a.at > at - DAY && stands(a));
  const byUser = Map.groupBy(counted, (attempt) => attempt.user);
  const usage: Usage = {
    types: { lock: 0, wipe: 0, "re-authenticate": 0, unlock: 0 },
    urgent: 0,
    ended: 0,
  };
  const ended = new Set<string>();
  const count = (attempt: Attempt, user: User | null) => {
    const session = user?.sessions.find((s) => s.id === attempt.session);
    for (const id of endedBy(attempt, user, session)) ended.add(id);
    for (const [id, signedIn] of Object.entries(attempt.wipes)) {
      const erased = user?.sessions.find((s) => s.id === id);
      if (!erased || !wipeUndone(attempt, erased, signedIn)) usage.types.wipe++;
    }
    if (user && undone(attempt, user, session)) return;
    if (attempt.urgent) usage.urgent++;
    else if (!attempt.exempt) usage.types[attempt.type]++;
  };
  return {
    see(user) {
      for (const attempt of byUser.get(user.id) ?? []) count(attempt, user);
      byUser.delete(user.id);
    },
    total() {
      for (const attempt of [...byUser.values()].flat()) count(attempt, null);
      byUser.clear();
      return { ...usage, ended: ended.size };
    },
  };
}

/** The sessions that an attempt signed out and that have not signed in again. */
function endedBy(attempt: Attempt, user: User | null, session: Session | undefined): string[] {
  if (attempt.type === "re-authenticate" && attempt.session !== null) {
    return session?.state === "active" ? [] : [attempt.session];
  }
  // A lock does not name its sessions, and a wipe may be of one long signed out: the backend's own record tells.
  const since = attempt.at - CLOCKS_DIFFER;
  const touched = attempt.type === "lock" ? (user?.sessions ?? []) : session ? [session] : [];
  return touched
    .filter((s) => s.state !== "active" && s.signedOutAt !== null && s.signedOutAt >= since)
    .map((s) => s.id);
}

function undone(attempt: Attempt, user: User, session: Session | undefined): boolean {
  if (attempt.type === "lock") return !user.locked;
  if (attempt.type === "unlock") return user.locked;
  if (!session) return false;
  if (attempt.type === "wipe") return wipeUndone(attempt, session, attempt.signedInAt);
  return session.state === "active" && signInOf(session) === attempt.signedInAt;
}

/** What a device does after it wiped itself is not documented, so only a wipe without an outcome is judged by ended. */
function wipeUndone(attempt: Attempt, session: Session, signedIn: Instant | null): boolean {
  if (signInOf(session) !== signedIn) return false;
  return session.state === "active" || (session.state === "ended" && attempt.status === "intent");
}
