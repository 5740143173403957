/** What the session rules and the device rules want of a user's sessions, whether or not the user is to be locked. */
import type { Session, User } from "../../model/inventory.ts";
import type { Instant } from "../../model/vocabulary.ts";
import type { Rulebook, UserPolicy } from "../../policy/effective.ts";
import { type Break, breaks, perUserBreaks } from "./breaks.ts";
import { lineOf } from "./line.ts";
import * as say from "./reasons.ts";
import { owesWipe, unsynced, wipedSince } from "./session.ts";
import { earliest, type Owned, ofSession, type Want } from "./want.ts";

/** One user at one moment, with all that a decision rests on. */
export interface Scene {
  user: User;
  book: Rulebook;
  policy: UserPolicy;
  at: Instant;
  owned: Owned;
}

/** What is wanted of one session. */
export interface Finding {
  want: Want;
  /** An earlier run turned its wipe into a sign-out, and the wipe is still asked for. */
  owing: boolean;
}

/** By session; sessions that comply are left out. Those that are `wiping` or `unused` are never touched. */
export function sessionFindings(scene: Scene): Map<Session, Finding> {
  const findings = new Map<Session, Finding>();
  for (const [session, broken] of brokenRules(scene)) {
    findings.set(session, ofActive(scene, session, broken));
  }
  for (const session of scene.user.sessions) {
    const found = session.state === "ended" ? ofEnded(scene, session) : null;
    if (found) findings.set(session, found);
  }
  return findings;
}

/** The active sessions that break rules, with all that they break. */
function brokenRules({ user, book, policy, at }: Scene): [Session, Break[]][] {
  const active = user.sessions.filter((session) => session.state === "active");
  const found = active.map((s): [Session, Break[]] => [s, breaks(s, book, policy, at)]);
  for (const [session, broken] of perUserBreaks(found, book, policy)) {
    found.find(([s]) => s === session)?.[1].push(broken);
  }
  return found.filter(([, broken]) => broken.length > 0);
}

/** One action: the strongest that a rule asks for which may be acted on. Every broken rule is named. */
function ofActive(scene: Scene, session: Session, broken: Break[]): Finding {
  const { hold, counted, unreached } = actingOf(broken);
  const reasons = broken.map((b) => (hold === null ? say.marked(b.reason, b.hold) : b.reason));
  const signOut: Want = {
    ...ofSession(scene.user, session, "re-authenticate", reasons),
    since: earliest(counted.map((b) => b.since)),
    ...{ hold, unreached },
    timed: counted.every((b) => b.timed),
    counts: counted.some((b) => b.reason.rule === "devices.denied") ? "denied" : "limit",
    line: lineOf(counted.map((b) => b.line)),
    notBefore: counted.some((b) => b.reason.rule === "sessions.notBefore"),
  };
  const wipes = counted.filter((b) => b.asks === "wipe");
  if (wipes.length === 0) return { want: signOut, owing: false };
  const standIn: Want = { ...signOut, owesWipe: true };
  const waits = wipes.every((b) => b.waits);
  const waiting = waits && unsynced(session);
  const want: Want = {
    ...signOut,
    ...{ type: "wipe", counts: "limit", waits, unsynced: waiting },
    reasons: waiting ? reasons.map((r) => say.waiting(r, session)) : reasons,
    otherwise: unreached ? [] : [standIn],
  };
  return { want, owing: false };
}

/** What acts; where nothing does, what would if it were enforced; where the rollout reaches none of it, all. */
function actingOf(broken: Break[]): { counted: Break[] } & Pick<Want, "hold" | "unreached"> {
  const acting = broken.filter((b) => b.hold === null);
  if (acting.length > 0) return { counted: acting, hold: null, unreached: false };
  const reached = broken.filter((b) => !b.unreached);
  if (reached.length > 0) return { counted: reached, hold: "report", unreached: false };
  const hold = broken.some((b) => b.hold === "report") ? "report" : "rollout";
  return { counted: broken, hold, unreached: true };
}

/**
 * A session that is signed out already is wiped where its device is denied with `wipe`, and where the ledger
 * knows that a wipe for `devices.otherwise` was turned into the sign-out: any other stays as it is.
 */
function ofEnded(scene: Scene, session: Session): Finding | null {
  const { user, book, policy, at, owned } = scene;
  const owed = owesWipe(session, owned.owedWipes);
  const denied = book.denied.has(session.attributes.id ?? "");
  if ((!owed && !denied) || wipedSince(session, owned.wiped)) return null;
  const asking = breaks(session, book, policy, at).filter((b) => b.asks === "wipe");
  const counted = owed ? asking : asking.filter((b) => b.reason.rule === "devices.denied");
  const [first] = counted;
  if (!first) return null;
  const hold = counted.some((b) => b.hold === null) ? null : first.hold;
  const waits = counted.every((b) => b.waits);
  const waiting = waits && unsynced(session);
  const reasons = counted.map(({ reason }) => (waiting ? say.waiting(reason, session) : reason));
  const since = earliest(counted.map((b) => b.since));
  const line = lineOf(counted.map((b) => b.line));
  const unreached = counted.every((b) => b.unreached);
  const told = { since, hold, unreached, line, waits, unsynced: waiting };
  const want = { ...ofSession(user, session, "wipe", reasons), ...told };
  return { want, owing: owed };
}
