/** What a session's record tells, with its nulls: docs/contract.md and docs/backends/journeyapps.md, "States". */
import type { Session } from "../../model/inventory.ts";
import type { Memory } from "../../model/run.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { HOUR } from "../../time.ts";

/** When the session signed in; its creation where that is null, null where neither is known. */
export function signInOf(session: Session): Instant | null {
  return session.signedInAt ?? session.createdAt;
}

/** As signInOf, for what compares a sign-in with a moment: one that lay in the future when it was read is unknown. */
export function knownSignIn(session: Session): Instant | null {
  return known(session.signedInAt, session) ?? known(session.createdAt, session);
}

/** When the session last connected; its sign-in where that is unknown. */
export function connectedAt(session: Session): Instant | null {
  return lastConnected(session) ?? known(session.signedInAt, session);
}

/** When the session last connected; null where that is unknown. */
export function lastConnected(session: Session): Instant | null {
  return known(session.lastConnectedAt, session);
}

/** The moment, unless it lay in the future when the session was read. */
export function known(moment: Instant | null, { knownUntil }: Session): Instant | null {
  return moment !== null && knownUntil !== undefined && moment > knownUntil ? null : moment;
}

/** Whether data on the device may not have been uploaded: the last full sync is over an hour older than the last connection, or unknown. */
export function unsynced(session: Session): boolean {
  const { lastFullSyncAt, lastConnectedAt } = session;
  if (lastFullSyncAt === null || lastConnectedAt === null) return true;
  return lastConnectedAt - lastFullSyncAt > HOUR;
}

/** Whether Curfew wiped the session since it last signed in; compares sign-ins, so no clock is trusted. */
export function wipedSince(session: Session, wiped: Memory["wiped"]): boolean {
  return Object.hasOwn(wiped, session.id) && wiped[session.id] === signInOf(session);
}

/** Whether an earlier run turned a wipe of the session into a sign-out, since it last signed in. */
export function owesWipe(session: Session, owed: Memory["owedWipes"]): boolean {
  return Object.hasOwn(owed, session.id) && owed[session.id] === signInOf(session);
}
