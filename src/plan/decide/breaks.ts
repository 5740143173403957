/** Which rules a session breaks, and since when. A limit of time is broken when it is passed, not when it is met. */
import type { Session } from "../../model/inventory.ts";
import type { Reason } from "../../model/plan.ts";
import type { Instant, Rule } from "../../model/vocabulary.ts";
import {
  type Bound,
  holdOf,
  isUnreached,
  type Rulebook,
  type UserPolicy,
} from "../../policy/effective.ts";
import { lineOf, unplaced } from "./line.ts";
import * as say from "./reasons.ts";
import { connectedAt, known, knownSignIn, lastConnected } from "./session.ts";

/** One rule that one session breaks. */
export interface Break {
  reason: Reason;
  /** A fingerprint of what is broken: line.ts. */
  line: string;
  asks: "re-authenticate" | "wipe";
  /** A wipe that waits for unsynced data. */
  waits: boolean;
  hold: "report" | "rollout" | null;
  /** Rests on this machine's clock being right: on an age, an idleness, or a moment that lay in the future. */
  timed: boolean;
  /** Outside the rollout, whatever its enforcement. */
  unreached: boolean;
  /** When it began to be broken, where that can be told. */
  since: Instant | null;
}

/** The rules that the session breaks by itself; `perUserBreaks` adds sessions.maxPerUser. */
export function breaks(session: Session, book: Rulebook, policy: UserPolicy, at: Instant): Break[] {
  const hold = (rule: Rule) => holdOf(book.policy, rule, policy.inRollout);
  const found: Break[] = [];
  const add = (reason: Reason, line: string, since: Instant | null, more: Partial<Break> = {}) =>
    found.push({
      reason,
      line,
      asks: "re-authenticate",
      waits: true,
      hold: hold(reason.rule),
      unreached: isUnreached(reason.rule, policy.inRollout),
      since,
      timed: false,
      ...more,
    });
  const signedIn = knownSignIn(session);

  const denied = book.denied.get(session.attributes.id ?? "");
  if (denied) {
    add(say.denied(denied, session), lineOf(unplaced([denied])), signedIn, {
      asks: denied.action,
      waits: denied.unsynced === "wait",
    });
  }
  if (book.devices && !policy.anyDevice && !policy.spared && !book.devices.allows(session)) {
    const { devices } = book.policy;
    const reason = say.notAllowed(session, devices, book.devices.runtimeInDoubt(session));
    add(reason, allowedLine(devices), signedIn, { asks: devices.otherwise });
  }
  const { notBefore, maxAge, maxIdle } = policy;
  if (notBefore && (signedIn === null || signedIn < notBefore.value)) {
    const timed = session.knownUntil !== undefined && signedIn === null;
    const line = boundLine("notBefore", notBefore);
    add(say.signedInBefore(notBefore, signedIn), line, notBefore.value, { timed });
  }
  if (maxAge && passed(maxAge, signedIn, at)) {
    const line = boundLine("maxAge", maxAge);
    add(say.tooOld(maxAge, signedIn, at), line, due(maxAge, signedIn), { timed: true });
  }
  const connected = connectedAt(session);
  if (maxIdle && passed(maxIdle, connected, at)) {
    const line = boundLine("maxIdle", maxIdle);
    add(say.tooIdle(maxIdle, connected, at), line, due(maxIdle, connected), { timed: true });
  }
  return found;
}

/**
 * Which sessions are too many, of those that no other rule ends: the most recently connected stay (unknown is
 * the oldest; ties: the later sign-in, then the lower id). While sessions.maxPerUser is held back, what the
 * rules that are held in the same way would end counts as ended, so that a preview shows what enforcing does.
 */
export function perUserBreaks(
  sessions: readonly [Session, Break[]][],
  book: Rulebook,
  policy: UserPolicy,
): [Session, Break][] {
  const bound = policy.maxPerUser;
  if (!bound) return [];
  const hold = holdOf(book.policy, "sessions.maxPerUser", policy.inRollout);
  const staying = sessions
    .filter(([, broken]) => !broken.some((b) => [null, hold].includes(b.hold) || hold === "report"))
    .map(([session]) => session);
  return staying
    .sort(mostRecentFirst)
    .slice(bound.value)
    .map((session) => {
      const reason = say.tooMany(bound, staying.length, lastConnected(session));
      const line = boundLine("maxPerUser", bound);
      const timed = session.knownUntil !== undefined;
      const unreached = isUnreached("sessions.maxPerUser", policy.inRollout);
      const told = { asks: "re-authenticate", waits: true, hold, unreached, since: null } as const;
      return [session, { reason, line, timed, ...told }];
    });
}

/** An exception is in the value. */
function boundLine(rule: string, { value }: Bound): string {
  return `${rule} ${value}`;
}

const allowedLines = new WeakMap<object, string>();

/** Made once for a list that many sessions break. */
function allowedLine(devices: Rulebook["policy"]["devices"]): string {
  const known = allowedLines.get(devices);
  if (known !== undefined) return known;
  const line = lineOf([unplaced(devices.allowed ?? []), devices.otherwise]);
  allowedLines.set(devices, line);
  return line;
}

function mostRecentFirst(a: Session, b: Session): number {
  return (
    later(lastConnected(a), lastConnected(b)) ||
    later(known(a.signedInAt, a), known(b.signedInAt, b)) ||
    (a.id < b.id ? -1 : 1)
  );
}

function later(a: Instant | null, b: Instant | null): number {
  if (a === b) return 0;
  return (b ?? Number.NEGATIVE_INFINITY) > (a ?? Number.NEGATIVE_INFINITY) ? 1 : -1;
}

/** What can't be told is taken as passed. */
function passed(bound: Bound, from: Instant | null, at: Instant): boolean {
  return from === null || at - from > bound.value;
}

function due(bound: Bound, from: Instant | null): Instant | null {
  return from === null ? null : from + bound.value;
}
