/**
 * What is wanted of one user: the table of SPEC.md, "What is decided, for one user".
 * Pure, and the only place where policy, backend and ledger meet.
 *
 *   policy      backend                              ledger     wanted
 *   locked      unlocked                             –          lock; it covers the sessions
 *   locked      locked, a session ENROLLED           –          re-authenticate it
 *   locked      locked                               –          nothing; with `adopt` the lock becomes ours
 *   locked+wipe locked, a session LOCKED, not wiped  –          wipe it
 *   not locked  locked                               ours       unlock
 *   not locked  locked                               not ours   notice foreign-lock
 *   not locked  unlocked                             ours       forget the lock
 *   not locked  a session ENROLLED, rules broken     –          the strongest action asked for
 *   denied+wipe a session LOCKED, not wiped          –          wipe it
 */
import type {
  ActionType,
  Expects,
  Instant,
  LockedEntry,
  Memory,
  Notice,
  Reason,
  Session,
  User,
} from "../model.ts";
import { holdOf, type Rulebook, type UserPolicy } from "../policy/effective.ts";
import { isoOrNull } from "../time.ts";
import { type Break, breaks, endedByOthers, perUserBreaks } from "./breaks.ts";
import * as say from "./reasons.ts";
import { signedInAt, unsynced, wipedSince } from "./session.ts";

/** One action that is wanted, before limits. */
export interface Want {
  type: ActionType;
  user: string;
  name: string | null;
  session: string | null;
  label: string | null;
  reasons: Reason[];
  expects: Expects;
  since: Instant | null;
  signedInAt: Instant | null;
  /** Held back whatever the limits say. */
  hold: "report" | "rollout" | null;
  urgent: boolean;
  exempt: boolean;
  /** A wipe that an earlier run turned into a sign-out. */
  owed: boolean;
  /** Breaks sessions.notBefore, which pacing takes first. */
  notBefore: boolean;
  /** The wipes that a lock with `wipe` covers, one for each session; null on everything else. */
  wipes: Want[] | null;
  /** What is wanted instead while this is held back: a sign-out for a wipe, the session rules for a lock. */
  otherwise: Want[];
}

export interface Decision {
  wants: Want[];
  notices: Notice[];
  adopt: boolean;
  forget: boolean;
  /** Sessions whose wipe waits for data that was not uploaded: id → when it had signed in. */
  waiting: Map<string, Instant | null>;
}

/** What the ledger must know for a decision. */
export type Owned = Pick<Memory, "ownLocks" | "wiped" | "owedWipes">;

/** Decides for one user at one moment. The user's record alone is the evidence: nothing follows from an absence. */
export function decide(user: User, book: Rulebook, at: Instant, owned: Owned): Decision {
  const decision = undecided();
  // A name that fits several users is an error and touches none of them (SPEC.md, "Names").
  if (user.ambiguous && user.name !== null && book.named.has(user.name)) return decision;
  const policy = book.forUser(user, at);
  const scene: Scene = { user, book, policy, at, owned, decision };
  if (policy.locked.length > 0) toBeLocked(scene, policy.locked);
  else notToBeLocked(scene);
  decision.wants.push(...deniedWipes(scene));
  return policy.protected ? spare(scene) : decision;
}

function undecided(): Decision {
  return { wants: [], notices: [], adopt: false, forget: false, waiting: new Map() };
}

interface Scene {
  user: User;
  book: Rulebook;
  policy: UserPolicy;
  at: Instant;
  owned: Owned;
  decision: Decision;
}

function toBeLocked(scene: Scene, entries: LockedEntry[]): void {
  const { user, book, decision, owned } = scene;
  const hold = holdOf(book.policy, "users.locked", true);
  const reasons = entries.map((entry) => (entry.wipe ? say.lockedWipe(entry) : say.locked(entry)));
  const since = earliest(entries.map((entry) => entry.from ?? null));
  const wipe = entries.some((entry) => entry.wipe);
  if (!user.locked) {
    decision.wants.push({
      ...blank(user),
      type: "lock",
      reasons,
      since,
      hold,
      expects: { locked: false },
      urgent: entries.some((entry) => entry.urgent),
      wipes: wipe ? coveredWipes(scene, entries) : null,
      // While the lock waits, the session rules hold for this user as for everybody.
      otherwise: sessionWants({ ...scene, decision: undecided() }),
    });
    return;
  }
  const mine = Object.hasOwn(owned.ownLocks, user.id);
  if (entries.some((entry) => entry.adopt) && !mine && hold === null) {
    decision.adopt = true;
    decision.notices.push(say.adopted(user, entries));
  }
  for (const session of user.sessions) {
    if (session.state === "ENROLLED") {
      const want = ofSession(user, session, "re-authenticate", reasons);
      decision.wants.push({ ...want, since, hold, exempt: true });
    } else if (wipe && session.state === "LOCKED" && !wipedSince(session, owned.wiped)) {
      const why = entries.filter((entry) => entry.wipe).map(say.lockedWipe);
      decision.wants.push({ ...ofSession(user, session, "wipe", why), since, hold });
    }
  }
}

function notToBeLocked(scene: Scene): void {
  const { user, book, decision, owned } = scene;
  const mine = Object.hasOwn(owned.ownLocks, user.id);
  if (user.locked && !mine) decision.notices.push(say.foreignLock(user));
  if (user.locked && mine) {
    if (!book.policy.users.locked) decision.notices.push(say.orphanedLock(user));
    else decision.wants.push(unlock(scene));
  }
  if (!user.locked && mine) decision.forget = true;
  decision.wants.push(...sessionWants(scene));
}

function unlock({ user, book, at, owned }: Scene): Want {
  const ended = book.lockedEntries(user.name ?? user.id);
  return {
    ...blank(user),
    type: "unlock",
    reasons: [say.noLongerLocked(book.policy, ended, owned.ownLocks[user.id] ?? at, at)],
    since: earliest(
      ended.map((entry) => (entry.until !== undefined && entry.until <= at ? entry.until : null)),
    ),
    hold: holdOf(book.policy, "users.locked", true),
    expects: { locked: true },
  };
}

/** The wants of the session rules and the device rules, for ENROLLED sessions, and of wipes that were held back. */
function sessionWants(scene: Scene): Want[] {
  const { user, book, policy, at } = scene;
  const enrolled = user.sessions.filter((session) => session.state === "ENROLLED");
  const found = new Map(enrolled.map((s) => [s, breaks(s, book, policy, at)]));
  const staying = enrolled.filter((s) => !endedByOthers(found.get(s) ?? []));
  for (const [session, broken] of perUserBreaks(staying, book, policy))
    found.get(session)?.push(broken);
  const wants: Want[] = [];
  for (const [session, broken] of found) {
    const want = broken.length > 0 ? strongest(scene, session, broken) : null;
    if (want) wants.push(want);
  }
  for (const session of user.sessions) {
    const want = owedWipe(scene, session);
    if (want) wants.push(want);
  }
  return wants;
}

/** One action for a session: the strongest that a rule asks for which may be acted on. Every broken rule is named. */
function strongest(scene: Scene, session: Session, broken: Break[]): Want {
  const acting = broken.filter((b) => b.hold === null);
  const hold =
    acting.length > 0 ? null : broken.some((b) => b.hold === "report") ? "report" : "rollout";
  const counted = hold === null ? acting : broken;
  const reasons = broken.map((b) => b.reason);
  const signOut: Want = {
    ...ofSession(scene.user, session, "re-authenticate", reasons),
    since: earliest(counted.map((b) => b.since)),
    hold,
    exempt: counted.some((b) => b.reason.rule === "devices.denied"),
    notBefore: counted.some((b) => b.reason.rule === "sessions.notBefore"),
  };
  const wipes = counted.filter((b) => b.asks === "wipe");
  if (wipes.length === 0) return signOut;
  if (wipes.every((b) => b.waits) && unsynced(session)) {
    if (hold === null) wait(scene, session);
    return signOut;
  }
  const owed = owes(session, scene.owned);
  return {
    ...signOut,
    type: "wipe",
    exempt: false,
    owed,
    otherwise: hold === null ? [signOut] : [],
  };
}

/** A wipe for `devices.otherwise: wipe` that was turned into a sign-out: the ledger remembers it, so it follows. */
function owedWipe(scene: Scene, session: Session): Want | null {
  const { book, policy, at, owned } = scene;
  if (session.state !== "LOCKED" || !owes(session, owned)) return null;
  const asking = breaks(session, book, policy, at).filter(
    (b) => b.asks === "wipe" && b.reason.rule === "devices.allowed",
  );
  return wipeOfLocked(scene, session, asking);
}

/** Denied devices with `wipe` are wiped also where the session is already signed out, whoever the user is. */
function deniedWipes(scene: Scene): Want[] {
  const { user, book, policy, at, decision } = scene;
  // A lock of an unlocked user covers the sessions; what it leaves LOCKED is wiped by the next run.
  if (policy.locked.length > 0 && !user.locked) return [];
  const taken = new Set(decision.wants.filter((w) => w.type === "wipe").map((w) => w.session));
  return user.sessions
    .filter((s) => s.state === "LOCKED" && !taken.has(s.id))
    .map((session) => {
      const asking = breaks(session, book, policy, at).filter(
        (b) => b.asks === "wipe" && b.reason.rule === "devices.denied",
      );
      return wipeOfLocked(scene, session, asking);
    })
    .filter((want) => want !== null);
}

function wipeOfLocked(scene: Scene, session: Session, asking: Break[]): Want | null {
  if (asking.length === 0 || wipedSince(session, scene.owned.wiped)) return null;
  const hold = asking.some((b) => b.hold === null) ? null : (asking[0]?.hold ?? null);
  if (asking.every((b) => b.waits) && unsynced(session)) {
    if (hold === null) wait(scene, session);
    return null;
  }
  const reasons = asking.map((b) => b.reason);
  return {
    ...ofSession(scene.user, session, "wipe", reasons),
    since: earliest(asking.map((b) => b.since)),
    owed: owes(session, scene.owned),
    hold,
  };
}

function owes(session: Session, owned: Owned): boolean {
  return (
    Object.hasOwn(owned.owedWipes, session.id) &&
    owned.owedWipes[session.id] === signedInAt(session)
  );
}

function wait(scene: Scene, session: Session): void {
  scene.decision.waiting.set(session.id, signedInAt(session));
  scene.decision.notices.push(say.wipeWaiting(scene.user, session));
}

/** A protected user: what would have happened becomes a notice; only a lock of ours is still lifted. */
function spare({ user, policy, decision }: Scene): Decision {
  const kept = decision.wants.filter((want) => want.type === "unlock");
  const spared = decision.wants.filter((want) => want.type !== "unlock");
  const notices = decision.notices.filter(
    (n) => n.kind !== "wipe-waiting" && n.kind !== "adopted-lock",
  );
  if (spared.length > 0 && policy.protected) {
    notices.push(say.isProtected(user, spared, policy.protected));
  }
  return { ...decision, wants: kept, notices, adopt: false, waiting: new Map() };
}

function blank(user: User): Omit<Want, "type" | "reasons" | "expects"> {
  return {
    user: user.id,
    name: user.name,
    session: null,
    label: null,
    since: null,
    signedInAt: null,
    hold: null,
    urgent: false,
    exempt: false,
    owed: false,
    notBefore: false,
    wipes: null,
    otherwise: [],
  };
}

function ofSession(user: User, session: Session, type: ActionType, reasons: Reason[]): Want {
  return {
    ...blank(user),
    type,
    reasons,
    session: session.id,
    label: session.label,
    signedInAt: signedInAt(session),
    expects: { state: session.state, lastAuthenticatedAt: isoOrNull(session.lastAuthenticatedAt) },
  };
}

/** The wipes that a lock covers: of the sessions not yet wiped. */
function coveredWipes({ user, owned }: Scene, entries: LockedEntry[]): Want[] {
  const why = entries.filter((entry) => entry.wipe).map(say.lockedWipe);
  return user.sessions
    .filter((s) => s.state === "ENROLLED" || s.state === "LOCKED")
    .filter((s) => !wipedSince(s, owned.wiped))
    .map((s) => ofSession(user, s, "wipe", why));
}

function earliest(moments: (Instant | null)[]): Instant | null {
  const known = moments.filter((moment) => moment !== null);
  return known.length > 0 ? Math.min(...known) : null;
}

/** Names an action among those of one user, for comparing decisions: its type and session. */
export function wantKey(want: Pick<Want, "type" | "session">): string {
  return `${want.type} ${want.session ?? ""}`;
}
