/** The sentences of a plan: why an action is wanted, and what the plan saw and will not act on. */
import type { Session, UnreadableUser, User } from "../../model/inventory.ts";
import type { Notice, Reason } from "../../model/plan.ts";
import type { DeniedDevice, Exception, LockedEntry, Policy } from "../../model/policy.ts";
import type { Duration, Instant, Rule, Source } from "../../model/vocabulary.ts";
import type { Bound } from "../../policy/effective.ts";
import { DAY, exactSpan, HOUR, iso, MINUTE, span } from "../../time.ts";

function reason(rule: Rule, source: Source, message: string): Reason {
  return { rule, file: source.file, line: source.line, message };
}

/** Where a bound comes from, when that is not the top level. */
function origin(bound: Bound): string {
  if (bound.exception) return ` by the exception until ${iso(bound.exception.until)}`;
  return bound.group === undefined ? "" : ` in group ${bound.group}`;
}

const where = (bound: Bound): Source => bound.exception?.source ?? bound.source;
export const ticketed = (entry: { reason: string; ticket?: string }) =>
  entry.ticket === undefined ? entry.reason : `${entry.reason} (${entry.ticket})`;

export function tooOld(bound: Bound, signedIn: Instant | null, at: Instant): Reason {
  const age =
    signedIn === null
      ? "when it signed in is unknown"
      : `signed in ${ago(signedIn, at, bound.value)}`;
  return reason(
    "sessions.maxAge",
    where(bound),
    `${age}, ${exactSpan(bound.value)} allowed${origin(bound)}`,
  );
}

export function tooIdle(bound: Bound, connected: Instant | null, at: Instant): Reason {
  const age =
    connected === null
      ? "when it last connected is unknown"
      : `last connected ${ago(connected, at, bound.value)}`;
  return reason(
    "sessions.maxIdle",
    where(bound),
    `${age}, ${exactSpan(bound.value)} allowed${origin(bound)}`,
  );
}

/** How long ago, in its largest unit where that shows that the limit is passed, else to the minute. */
function ago(from: Instant, at: Instant, limit: Duration): string {
  const age = at - from;
  for (const unit of [DAY, HOUR, MINUTE]) {
    const told = Math.floor(age / unit) * unit;
    if (told > limit) return `${exactSpan(told)} ago`;
  }
  return `more than ${exactSpan(limit)} ago`;
}

export function tooMany(bound: Bound, sessions: number, connected: Instant | null): Reason {
  const when = connected === null ? "at an unknown time" : iso(connected);
  const message = `one of ${sessions} sessions, ${bound.value} allowed${origin(bound)}: it last connected ${when}, and the most recently connected stay`;
  return reason("sessions.maxPerUser", where(bound), message);
}

export function signedInBefore(bound: Bound, signedIn: Instant | null): Reason {
  const when = signedIn === null ? "when it signed in is unknown" : `signed in ${iso(signedIn)}`;
  const message = `${when}, whoever signed in before ${iso(bound.value)} must sign in again${origin(bound)}`;
  return reason("sessions.notBefore", where(bound), message);
}

export function denied(entry: DeniedDevice, session: Session): Reason {
  const lose =
    entry.action === "wipe" && entry.unsynced === "lose" ? "; unsynced data may be lost" : "";
  return reason(
    "devices.denied",
    entry.source,
    `device ${session.device} is denied: ${ticketed(entry)}${lose}`,
  );
}

export function notAllowed(
  session: Session,
  devices: Policy["devices"],
  runtimeInDoubt: boolean,
): Reason {
  const source = devices.source ?? { file: "", line: 0 };
  const doubt = runtimeInDoubt
    ? "; it reports no runtime, so its container version may be the runtime's and no `container` range matches it"
    : "";
  const n = devices.allowed?.length ?? 0;
  const list =
    n === 0
      ? "no device is allowed"
      : n === 1
        ? "not the one entry of devices.allowed"
        : `none of the ${n} entries of devices.allowed`;
  return reason("devices.allowed", source, `${describe(session)}: ${list}${doubt}`);
}

/** Devices choose these texts. */
function clipped(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** The device of a session: "IOS, container 20.6.1, device 1234". */
export function describe(session: Session): string {
  const parts = [
    session.platform || "unknown platform",
    session.container && `container ${session.container}`,
    session.runtime && `runtime ${session.runtime}`,
    session.bundleId,
    session.device && `device ${session.device}`,
  ];
  return parts
    .filter((part) => typeof part === "string" && part !== "")
    .map((part) => clipped(String(part)))
    .join(", ");
}

export function locked(entry: LockedEntry): Reason {
  return reason("users.locked", entry.source, ticketed(entry));
}

export function lockedWipe(entry: LockedEntry): Reason {
  const message = `${ticketed(entry)}; its wipe does not wait for unsynced data, since a locked device can't sync`;
  return reason("users.locked", entry.source, message);
}

/** `ended`: the entries that the policy has for the user, none of them in force. */
export function noLongerLocked(
  policy: Policy,
  ended: readonly LockedEntry[],
  since: Instant,
  at: Instant,
): Reason {
  const expired = ended
    .filter((entry) => entry.until !== undefined && entry.until <= at)
    .reduce<LockedEntry | undefined>(
      (last, entry) => ((entry.until ?? 0) > (last?.until ?? 0) ? entry : last),
      undefined,
    );
  if (expired?.until !== undefined) {
    return reason(
      "users.locked",
      expired.source,
      `was locked until ${iso(expired.until)}: ${ticketed(expired)}`,
    );
  }
  const future = ended.find((entry) => entry.from !== undefined && entry.from > at);
  if (future?.from !== undefined) {
    const message = `Curfew locked it on ${iso(since)}; the policy locks it from ${iso(future.from)}`;
    return reason("users.locked", future.source, message);
  }
  const source = policy.users.source ?? policy.target.source;
  return reason("users.locked", source, `no longer listed; Curfew locked it on ${iso(since)}`);
}

export function lockOfProtected(source: Source, since: Instant): Reason {
  return reason("users.locked", source, `is protected; Curfew locked it on ${iso(since)}`);
}

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

/** A rule that asks for a wipe which waits for data. */
export function waiting(of: Reason, { lastFullSyncAt, lastConnectedAt }: Session): Reason {
  const sync =
    lastFullSyncAt === null || lastConnectedAt === null
      ? "when it last synced is unknown"
      : `last synced ${iso(lastFullSyncAt)}, last connected ${iso(lastConnectedAt)}`;
  return {
    ...of,
    message: `${of.message}; the wipe waits: ${sync}, so data may not have been uploaded`,
  };
}

/** A broken rule beside others that are acted on: one that is held itself says so. */
export function marked(of: Reason, hold: "report" | "rollout" | "clock" | null): Reason {
  if (hold === null || hold === "clock") return of;
  const why = hold === "report" ? "only reported" : "the rollout has not reached this user";
  return { ...of, message: `${of.message} (${why})` };
}

export function wipePending(user: User, session: Session, at: Instant): Notice {
  const since = session.signedOutAt === null ? "an unknown time" : span(at - session.signedOutAt);
  const label = session.label === null ? "" : ` (${session.label})`;
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
    message: `signed out ${times} times in 24 hours, and back on the same forbidden device each time (session ${session.id}${session.device === null ? "" : `, device ${session.device}`}): deny the device, or lock the user`,
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
