/**
 * What is wanted of one user: the table of docs/contract.md, "What is decided, for one user".
 * Pure, and the only place where policy, backend and ledger meet.
 *
 *   policy      backend                              ledger     wanted
 *   locked      unlocked                             –          lock; it covers the sessions
 *   locked      locked, a session active           –          re-authenticate it
 *   locked      locked                               –          nothing; with `adopt` the lock becomes ours
 *   locked+wipe locked, a session ended, not wiped  –          wipe it
 *   not locked  locked                               ours       unlock; not while a line that remembers the user locks it
 *   not locked  locked                               not ours   notice foreign-lock
 *   not locked  unlocked                             ours       forget the lock
 *   not locked  a session active, rules broken     –          the strongest action asked for
 *   denied+wipe a session ended, not wiped          –          wipe it
 *
 * The last two rows are in sessions.ts.
 */
import type { Session, User } from "../../model/inventory.ts";
import type { LockedEntry } from "../../model/policy.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { holdOf, type Rulebook, type UserPolicy } from "../../policy/effective.ts";
import type { Line } from "../../policy/lines.ts";
import { agreed } from "./claims.ts";
import { lineOf, unplaced } from "./line.ts";
import * as notice from "./notices.ts";
import * as say from "./reasons.ts";
import { signInOf, wipedSince } from "./session.ts";
import { type Finding, type Scene, sessionFindings } from "./sessions.ts";
import {
  type Decision,
  earliest,
  isOurs,
  type Owned,
  ofSession,
  ofUser,
  type Want,
} from "./want.ts";

/** Decides for one user at one moment. The user's record alone is the evidence: nothing follows from an absence. */
export function decide(user: User, book: Rulebook, at: Instant, owned: Owned): Decision {
  const standing = book.lines.standing(user, owned.met);
  const by = (lines: readonly Line[]) => {
    const policy = book.judge(user, at, lines, standing);
    return decideBy({ user, book, policy, at, owned });
  };
  const { claims, moved } = standing;
  const [only = [], ...others] = claims;
  if (others.length === 0) return { ...by(only), moved };
  return { ...agreed(user, by([...new Set(claims.flat())]), claims.map(by)), moved };
}

/** What is wanted by some of the lines on which a user stands. */
function decideBy(scene: Scene): Decision {
  const { user, policy } = scene;
  const decision: Decision = {
    ...{ wants: [], notices: [], adopt: false, forget: false, lifted: false, owing: null },
    ...{ moved: [], isProtected: policy.protected !== null },
  };
  const findings = sessionFindings(scene);
  decision.owing = new Map();
  for (const [session, { owing }] of findings) {
    if (owing) decision.owing.set(session.id, signInOf(session));
  }
  const mine = isOurs(user, scene.owned);
  // A lock of ours on a protected user is lifted, but not for a name that it has only now.
  const locked = policy.protectedSurely && mine ? [] : policy.locked;
  if (locked.length === 0) notToBeLocked(scene, findings, decision);
  else if (user.locked) stayLocked(scene, locked, findings, decision);
  else lock(scene, locked, findings, decision);
  ownershipOf(scene, decision);
  return decision.isProtected ? spare(scene, decision) : decision;
}

/** What this user's lock says of one of ours before: it is gone, or somebody has set another in its place. */
function ownershipOf({ user, owned }: Scene, decision: Decision): void {
  if (!Object.hasOwn(owned.ownLocks, user.id)) return;
  const lifted = Object.hasOwn(owned.liftedLocks ?? {}, user.id);
  if (user.locked && lifted && !decision.adopt) decision.forget = true;
  decision.lifted = !user.locked && !lifted && !decision.forget;
}

type Findings = ReadonlyMap<Session, Finding>;

function lock(scene: Scene, entries: LockedEntry[], findings: Findings, decision: Decision): void {
  const { user, book } = scene;
  const wipes = coveredWipes(scene, entries);
  const covered = new Set(wipes?.map(({ session }) => session));
  // A session that has ended is not the lock's to end: it is wiped now where its device is denied.
  const [apart, others] = [true, false].map((is) =>
    [...findings].flatMap(([{ id, state }, finding]) =>
      (state === "ended" && !covered.has(id)) === is ? [finding] : [],
    ),
  ) as [Finding[], Finding[]];
  const reasons = entries.map((entry) => (entry.wipe ? say.lockedWipe(entry) : say.locked(entry)));
  const hold = holdOf(book.policy, "users.locked", true);
  decision.wants.push({
    ...ofUser(user, "lock", reasons, { locked: false }),
    since: earliest(entries.map((entry) => entry.from ?? null)),
    hold,
    counts: entries.some((entry) => entry.urgent) ? "urgent" : "limit",
    line: lineOf(unplaced(entries)),
    ends: activeOf(user),
    wipes,
    // While the lock waits, the session rules hold for this user as for everybody.
    otherwise: others.map(({ want }) => want),
  });
  for (const finding of apart) accept(finding, decision);
}

/** The user's active sessions: id → when each had signed in. */
function activeOf({ sessions }: User): Record<string, Instant | null> {
  const active = sessions.filter(({ state }) => state === "active");
  return Object.fromEntries(active.map((session) => [session.id, signInOf(session)]));
}

/** The wipes that a lock covers, of the sessions not yet wiped; null where there is nothing to wipe. */
function coveredWipes({ user, owned }: Scene, entries: LockedEntry[]): Want[] | null {
  const why = entries.filter((entry) => entry.wipe).map(say.lockedWipe);
  if (why.length === 0) return null;
  const wipes = user.sessions
    .filter((s) => s.state === "active" || s.state === "ended")
    .filter((s) => !wipedSince(s, owned.wiped))
    .map((s) => ({ ...ofSession(user, s, "wipe", why), line: lineOf(unplaced(entries)) }));
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
  const mine = isOurs(user, owned);
  if (entries.some((entry) => entry.adopt) && !mine && hold === null) {
    decision.adopt = true;
    decision.notices.push(notice.adopted(user, entries));
  }
  for (const session of user.sessions) {
    const other = findings.get(session) ?? null;
    const want = withOthers(wantOfLocked(scene, entries, session), hold, other);
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

/** A wipe that other rules ask for, too, names them. */
function withOthers(want: Want | null, hold: Want["hold"], other: Finding | null): Want | null {
  if (want?.type !== "wipe" || other?.want.type !== "wipe") return want;
  const others = other.want;
  if (hold !== null && others.hold !== hold) return want;
  const marked = others.reasons.map((r) => say.marked(r, hold === null ? others.hold : null));
  return { ...want, reasons: [...want.reasons, ...marked] };
}

/** What the lock of a user who is locked wants of one session. */
function wantOfLocked(scene: Scene, entries: LockedEntry[], session: Session): Want | null {
  const { user, owned } = scene;
  const since = earliest(entries.map((entry) => entry.from ?? null));
  const line = lineOf(unplaced(entries));
  if (session.state === "active") {
    const want = ofSession(user, session, "re-authenticate", entries.map(say.locked));
    return { ...want, since, counts: "none", line };
  }
  const why = entries.filter((entry) => entry.wipe).map(say.lockedWipe);
  if (why.length === 0 || session.state !== "ended" || wipedSince(session, owned.wiped)) {
    return null;
  }
  return { ...ofSession(user, session, "wipe", why), since, line };
}

function notToBeLocked(scene: Scene, findings: Findings, decision: Decision): void {
  const { user, book, policy, owned } = scene;
  const mine = isOurs(user, owned);
  const inDoubt = mayBeLocked(policy);
  if (user.locked && !mine) {
    // An entry that takes the lock over would be refused beside the line that protects.
    const said = policy.protected
      ? notice.foreignLockOfProtected(user, policy.protected)
      : notice.foreignLock(user);
    decision.notices.push(said);
  }
  // Where a name that several have may lock this user, a lock of ours stays: plan/names.ts tells of the name.
  if (user.locked && mine && !inDoubt) {
    if (!book.policy.users.locked) decision.notices.push(notice.orphanedLock(user));
    // Without a name nobody can tell whether the policy locks this user: the lock stays.
    else if (user.name === null && !policy.protectedSurely)
      decision.notices.push(notice.namelessLock(user, book.policy));
    else decision.wants.push(unlock(scene));
  }
  if (!user.locked && mine && !inDoubt) decision.forget = true;
  for (const finding of findings.values()) accept(finding, decision);
}

/** Whether a name that several users have stands on a line that could lock or protect this user. */
function mayBeLocked({ doubtful }: UserPolicy): boolean {
  return doubtful.some(({ list }) => list === "users.locked" || list === "protected");
}

function unlock({ user, book, policy, at, owned }: Scene): Want {
  const since = owned.ownLocks[user.id] ?? at;
  const ended = policy.entries;
  const why =
    policy.protected && policy.locked.length > 0
      ? say.lockOfProtected(policy.protected, since)
      : say.noLongerLocked(book.policy, ended, since, at);
  const ends = ended.flatMap(({ until }) => (until !== undefined && until <= at ? until : []));
  return {
    ...ofUser(user, "unlock", [why], { locked: true }),
    since: ends.length > 0 ? Math.max(...ends) : null,
    // What the lock left alive would work again: it goes first.
    ends: book.can.lock?.revives ? activeOf(user) : {},
    line: lineOf(unplaced(ended)),
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
    notices.push(notice.isProtected(user, spared, policy.protected));
  }
  return { ...decision, wants: kept, notices, adopt: false, owing: new Map() };
}
