/** What attempts and failures are about, as keys. */
import type { Attempt, Undone } from "../model/run.ts";

/** What an attempt is about; a newer attempt of the same supersedes it. */
export function subject(of: Pick<Attempt, "type" | "user" | "session">): string {
  return JSON.stringify([of.type, of.user, of.session]);
}

/** What failed or was undone: one action on one sign-in. */
export function failureKey(of: Undone): string {
  return JSON.stringify([of.type, of.user, of.session, of.signedInAt]);
}

export function attemptKey(run: string, of: Pick<Attempt, "type" | "user" | "session">): string {
  return `${run} ${subject(of)}`;
}
