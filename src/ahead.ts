/** Moments that lie in the future: docs/contract.md, "What is decided, for one user". */
import type { Session, UserRecord } from "./model/inventory.ts";
import type { Duration, Instant } from "./model/vocabulary.ts";
import { MINUTE } from "./time.ts";

/** Clocks may differ by so much. */
const TOLERATED: Duration = 5 * MINUTE;

/** The record, with a mark on each session whose sign-in or connection lies after `now`, by more than clocks may differ. */
export function markAhead(record: UserRecord, now: Instant): UserRecord {
  if ("unreadable" in record) return record;
  const until = now + TOLERATED;
  const { user } = record;
  if (!user.sessions.some((session) => isAhead(session, until))) return record;
  const sessions = user.sessions.map((session) =>
    isAhead(session, until) ? { ...session, knownUntil: until } : session,
  );
  return { user: { ...user, sessions } };
}

function isAhead({ signedInAt, createdAt, lastConnectedAt }: Session, until: Instant): boolean {
  const signedIn = signedInAt ?? createdAt;
  return (signedIn !== null && signedIn > until) || (lastConnectedAt ?? until) > until;
}
