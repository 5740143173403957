/** What is told besides the actions, as sentences for people. docs/contract.md, "What a report says". */

import type { Session, UnreadableUser, User } from "../../model/inventory.ts";
import type { Notice, Reason } from "../../model/plan.ts";
import type { Exception, LockedEntry, Policy } from "../../model/policy.ts";
import type { Instant, Source } from "../../model/vocabulary.ts";
import { iso, span } from "../../time.ts";
import { inBrackets } from "./want.ts";

export function namesDisagree(user: User): Notice {
  const now = user.name === null ? "has no name now" : `is ${user.name} now`;
  return {
    kind: "unclear",
    user: user.id,
    message: `the user had another name when Curfew first met it and ${now}, and the policy asks different things of the two: nothing is lifted and nothing is ended; correct the names in the policy, or remove the line that is not meant`,
  };
}

export function foreignLock(user: User): Notice {
  const message =
    "locked in the backend, not managed by Curfew and not locked by the policy: left as it is (an entry in users.locked with `adopt: true` takes it over)";
  return { kind: "foreign-lock", user: user.id, message };
}

export function foreignLockOfProtected(user: User, { file, line }: Source): Notice {
  const message = `${user.id} is protected, and has a lock that is not managed by Curfew: Curfew does not lift it; unlock it in the backend`;
  return { kind: "foreign-lock", user: user.id, message, file, line };
}

export function orphanedLock(user: User): Notice {
  const message =
    "locked by Curfew, and the policy has no users.locked any more: left locked (`locked: []` with `allowEmpty: true` lifts it)";
  return { kind: "orphaned-lock", user: user.id, message };
}

export function namelessLock(user: User, { target, users }: Policy): Notice {
  return {
    kind: "orphaned-lock",
    user: user.id,
    message: `locked by Curfew, and the user model gives it no ${target.identify} to tell whether the policy still locks it: left locked`,
    ...(users.source ?? {}),
  };
}

export function perhapsRenamed(user: string, lost: string, { users }: Policy): Notice {
  return {
    kind: "orphaned-lock",
    user,
    message: `locked by Curfew and no longer listed, but the policy locks ${lost}, and nobody is called that: if this user was renamed, correct the name, else remove it; left locked`,
    ...(users.source ?? {}),
  };
}

export function adopted(user: User, entries: readonly LockedEntry[]): Notice {
  const entry = entries.find((e) => e.adopt);
  return {
    kind: "adopted-lock",
    user: user.id,
    message:
      "a lock found in place becomes ours: it will be lifted when the policy no longer wants it",
    ...(entry ? { file: entry.source.file, line: entry.source.line } : {}),
  };
}

export function wipePending(user: User, session: Session, at: Instant): Notice {
  const since = session.signedOutAt === null ? "an unknown time" : span(at - session.signedOutAt);
  const label = inBrackets(session);
  return {
    kind: "wipe-pending",
    user: user.id,
    message: `the wipe of session ${session.id}${label} has waited ${since} for its device to connect; it is not sent again`,
  };
}

export function flapping(user: User, session: Session, times: number): Notice {
  return {
    kind: "flapping",
    user: user.id,
    message: `signed out ${times} times in 24 hours, and back on the same forbidden device each time (session ${session.id}${session.attributes.id ? `, device ${session.attributes.id}` : ""}): deny the device, or lock the user`,
  };
}

export function isProtected(
  user: User,
  spared: readonly { type: string; session: string | null; reasons: Reason[] }[],
  source: Source,
): Notice {
  const what = spared.map((w) => {
    const of = w.session === null ? "" : ` session ${w.session}`;
    return `${w.type}${of} (${w.reasons.map((r) => `${r.rule}: ${r.message}`).join("; ")})`;
  });
  return {
    kind: "protected",
    user: user.id,
    message: `protected, so not done: ${what.join(", ")}`,
    file: source.file,
    line: source.line,
  };
}

export function expiringException(exception: Exception, at: Instant): Notice {
  const who = exception.user === undefined ? `group ${exception.group}` : exception.user;
  return {
    kind: "expiring-exception",
    user: exception.user ?? null,
    message: `the exception of ${who} from ${exception.rule} ends in ${span(exception.until - at)}, at ${iso(exception.until)} (owner ${exception.owner})`,
    file: exception.source.file,
    line: exception.source.line,
  };
}

export function unknownUser(
  name: string,
  similar: string | null,
  source: Source,
  identify: string | null,
): Notice {
  const named = identify === null ? "" : ` (users are named by their ${identify})`;
  const hint = similar === null ? named : `${named}; did you mean ${similar}?`;
  return {
    kind: "unknown-user",
    user: name,
    message: `the policy names ${name}, and the target has no such user${hint}`,
    file: source.file,
    line: source.line,
  };
}

export function ambiguousName(name: string, source: Source): Notice {
  return {
    kind: "unclear",
    user: name,
    message: `several users are called ${name}, so nothing is done that rests on the name, and a lock of ours stays: give each a name of its own in the user model`,
    file: source.file,
    line: source.line,
  };
}

/** `locked`: the policy wants the user locked, which now nobody knows to be so. */
export function unreadable({ id, message }: UnreadableUser, locked: boolean): Notice {
  const meant = locked ? ", although the policy locks it" : "";
  return {
    kind: "unclear",
    user: id,
    message: `the record of user ${id ?? "(no id)"} can't be read, so nothing is done to it${meant}: ${message}`,
  };
}

export function noSuchUser(policy: Policy, name: string): string {
  const by = policy.target.identify === null ? "id" : `${policy.target.identify} or id`;
  return `${policy.target.name} has no user ${name}: --user takes the ${by} of one user, in the same letters`;
}
