/**
 * What is wanted of one user: the table of docs/contract.md, "What is decided, for one user".
 * Pure, and the only place where policy, backend and ledger meet.
 *
 *   policy      backend                              ledger     wanted
 *   locked      unlocked                             –          lock; it covers the sessions
 *   locked      locked, a session active           –          re-authenticate it
 *   locked      locked                               –          nothing; with `adopt` the lock becomes ours
 *   locked+wipe locked, a session ended, not wiped  –          wipe it
 *   not locked  locked                               ours       unlock; not while the name it was locked by is locked
 *   not locked  locked                               not ours   notice foreign-lock
 *   not locked  unlocked                             ours       forget the lock
 *   not locked  a session active, rules broken     –          the strongest action asked for
 *   denied+wipe a session ended, not wiped          –          wipe it
 *
 * The last two rows are in sessions.ts.
 */
import type { Session, User } from "../../model/inventory.ts";
import type { Notice } from "../../model/plan.ts";
import type { LockedEntry } from "../../model/policy.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { holdOf, type Rulebook } from "../../policy/effective.ts";
import * as say from "./reasons.ts";
import { formerName, lockedAs } from "./renamed.ts";
import { signInOf, wipedSince } from "./session.ts";
import { type Finding, type Scene, sessionFindings } from "./sessions.ts";
import { earliest, type Owned, ofSession, ofUser, type Want } from "./want.ts";

export interface Decision {
  wants: Want[];
  notices: Notice[];
  /** A lock found in place becomes ours. */
  adopt: boolean;
  /** A lock of ours is gone and no longer wanted. */
  forget: boolean;
  /** The name by which the policy locks this user, which the ledger does not know; null: nothing to note. */
  newName: string | null;
  /** The name by which Curfew locked this user, who has another now: renamed.ts. null: no such doubt. */
  formerName: string | null;
  /** Sessions whose wipe was turned into a sign-out and is still asked for: id → sign-in. null: nobody can tell. */
  owing: Map<string, Instant | null> | null;
}

/** Decides for one user at one moment. The user's record alone is the evidence: nothing follows from an absence. */
export function decide(user: User, book: Rulebook, at: Instant, owned: Owned): Decision {
  const decision: Decision = {
    ...{ wants: [], notices: [], adopt: false, forget: false, owing: null },
    ...{ newName: null, formerName: null },
  };
  // A name that fits several users is an error and touches none of them (docs/contract.md, "Names").
  if (user.ambiguous && user.name !== null && book.named.has(user.name)) return decision;
  const policy = book.forUser(user, at);
  const scene: Scene = { user, book, policy, at, owned };
  const findings = sessionFindings(scene);
  decision.owing = new Map();
  for (const [session, { owing }] of findings) {
    if (owing) decision.owing.set(session.id, signInOf(session));
  }
  if (policy.locked.length === 0) notToBeLocked(scene, findings, decision);
  else if (user.locked) stayLocked(scene, policy.locked, findings, decision);
  else lock(scene, policy.locked, findings, decision);
  if (policy.locked.length > 0) decision.newName = newNameOf(user, book, at, owned);
  return policy.protected ? spare(scene, decision) : decision;
}

/**
 * The name of a user whom the policy locks, where the ledger has another. An id is no news. The name of before stays
 * while the policy locks it, too: else two renames would let a leaver in.
 */
function newNameOf(user: User, book: Rulebook, at: Instant, owned: Owned): string | null {
  const known = lockedAs(user, owned);
  if (user.name === (known ?? user.id)) return null;
  const stillLocked =
    known !== null && book.forUser({ ...user, name: known }, at).locked.length > 0;
  return stillLocked ? null : user.name;
}

type Findings = ReadonlyMap<Session, Finding>;

function lock(scene: Scene, entries: LockedEntry[], findings: Findings, decision: Decision): void {
  const { user, book } = scene;
  const others = [...findings.values()];
  const reasons = entries.map((entry) => (entry.wipe ? say.lockedWipe(entry) : say.locked(entry)));
  const hold = holdOf(book.policy, "users.locked", true);
  decision.wants.push({
    ...ofUser(user, "lock", reasons, { locked: false }),
    since: earliest(entries.map((entry) => entry.from ?? null)),
    hold,
    urgent: entries.some((entry) => entry.urgent),
    wipes: coveredWipes(scene, entries),
    // While the lock waits, the session rules hold for this user as for everybody.
    otherwise: others.map(({ want }) => want),
  });
}

/** The wipes that a lock covers, of the sessions not yet wiped; null where there is nothing to wipe. */
function coveredWipes({ user, owned }: Scene, entries: LockedEntry[]): Want[] | null {
  const why = entries.filter((entry) => entry.wipe).map(say.lockedWipe);
  if (why.length === 0) return null;
  const wipes = user.sessions
    .filter((s) => s.state === "active" || s.state === "ended")
    .filter((s) => !wipedSince(s, owned.wiped))
    .map((s) => ofSession(user, s, "wipe", why));
  return wipes.length > 0 ? wipes : null;
}

function stayLocked(
  scene: Scene,
  entries: LockedEntry[],
  findings: Findings,
  decision: Decision,
): void {
  const { user, book, owned } = scene;
  const hold = holdOf(book.policy, "users.locked", true);
  const mine = Object.hasOwn(owned.ownLocks, user.id);
  if (entries.some((entry) => entry.adopt) && !mine && hold === null) {
    decision.adopt = true;
    decision.notices.push(say.adopted(user, entries));
  }
  for (const session of user.sessions) {
    const other = findings.get(session) ?? null;
    const want = wantOfLocked(scene, entries, session);
    if (!want) accept(other, decision);
    else if (!hold || !other || other.want.hold !== null) decision.wants.push({ ...want, hold });
    // What the lock wants of its sessions is only reported, the other rules go on: one action, for all the reasons.
    else {
      const reported = want.reasons.map((reason) => say.marked(reason, hold));
      const reasons = [...reported, ...other.want.reasons];
      accept({ ...other, want: { ...other.want, reasons } }, decision);
    }
  }
}

/** What the lock of a user who is locked wants of one session. */
function wantOfLocked(scene: Scene, entries: LockedEntry[], session: Session): Want | null {
  const { user, owned } = scene;
  const since = earliest(entries.map((entry) => entry.from ?? null));
  if (session.state === "active") {
    const want = ofSession(user, session, "re-authenticate", entries.map(say.locked));
    return { ...want, since, exempt: true };
  }
  const why = entries.filter((entry) => entry.wipe).map(say.lockedWipe);
  if (why.length === 0 || session.state !== "ended" || wipedSince(session, owned.wiped)) {
    return null;
  }
  return { ...ofSession(user, session, "wipe", why), since };
}

function notToBeLocked(scene: Scene, findings: Findings, decision: Decision): void {
  const { user, book, at, owned } = scene;
  const mine = Object.hasOwn(owned.ownLocks, user.id);
  if (mine) decision.formerName = formerName(user, book, at, owned);
  if (user.locked && !mine) decision.notices.push(say.foreignLock(user));
  // Where the name by which Curfew locked this user is locked, nothing is lifted: plan.ts tells who has it now.
  if (user.locked && mine && decision.formerName === null) {
    if (!book.policy.users.locked) decision.notices.push(say.orphanedLock(user));
    // Without a name nobody can tell whether the policy locks this user: the lock stays.
    else if (user.name === null) decision.notices.push(say.namelessLock(user, book.policy));
    else decision.wants.push(unlock(scene, user.name));
  }
  if (!user.locked && mine) decision.forget = true;
  for (const finding of findings.values()) accept(finding, decision);
}

function unlock({ user, book, at, owned }: Scene, name: string): Want {
  const ended = book.lockedEntries(name);
  const why = say.noLongerLocked(book.policy, ended, owned.ownLocks[user.id] ?? at, at);
  const ends = ended.flatMap(({ until }) => (until !== undefined && until <= at ? until : []));
  return {
    ...ofUser(user, "unlock", [why], { locked: true }),
    since: ends.length > 0 ? Math.max(...ends) : null,
    hold: holdOf(book.policy, "users.locked", true),
  };
}

function accept(finding: Finding | null, decision: Decision): void {
  if (finding) decision.wants.push(finding.want);
}

/** A protected user: what would have happened becomes a notice; only a lock of ours is still lifted. */
function spare({ user, policy }: Scene, decision: Decision): Decision {
  const kept = decision.wants.filter((want) => want.type === "unlock");
  const spared = decision.wants.filter((want) => want.type !== "unlock");
  const notices = decision.notices.filter((n) => n.kind !== "adopted-lock");
  if (spared.length > 0 && policy.protected) {
    notices.push(say.isProtected(user, spared, policy.protected));
  }
  return { ...decision, wants: kept, notices, adopt: false, owing: new Map() };
}
