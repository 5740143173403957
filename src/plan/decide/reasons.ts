/** Why an action is wanted, as sentences for people. */
import type { Session } from "../../model/inventory.ts";
import type { Reason } from "../../model/plan.ts";
import type { DeniedDevice, LockedEntry, Policy } from "../../model/policy.ts";
import type { Duration, Instant, Rule, Source } from "../../model/vocabulary.ts";
import type { Bound } from "../../policy/effective.ts";
import { DAY, exactSpan, HOUR, iso, MINUTE } from "../../time.ts";

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
    `device ${session.attributes.id} is denied: ${ticketed(entry)}${lose}`,
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
  const { platform, container, runtime, bundleId, id, deviceType, userAgent } = session.attributes;
  const parts = [
    deviceType === undefined && userAgent === undefined ? platform || "unknown platform" : platform,
    container && `container ${container}`,
    runtime && `runtime ${runtime}`,
    bundleId,
    id && `device ${id}`,
    deviceType === undefined ? "" : deviceType || "unknown kind of device",
    userAgent,
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
