/**
 * What must hold over a sequence of runs whatever the details, seen from outside: the backend before and after each run,
 * the true time and the policy. Each names the place of docs/contract.md where it stands.
 */
import { isNamed, lineOf, nameOf } from "./names.ts";
import { DAY, HOUR, isInForce } from "./time.ts";
import type { Locked, Policy, Session, User } from "./types.ts";

/** One run, as it looks from outside. */
export interface Seen {
  at: number;
  policy: Policy;
  before: readonly User[];
  after: readonly User[];
}

interface Change {
  user: User;
  now: User;
  locked: boolean;
  unlocked: boolean;
  /** Sessions that ended, or are wiped, and what they were before. */
  ended: Session[];
  wiped: Session[];
}

const changes = new WeakMap<Seen, Change[]>();

/** Looked up once a run. */
function changesOf(run: Seen): Change[] {
  const found = changes.get(run) ?? changesIn(run);
  changes.set(run, found);
  return found;
}

function changesIn({ before, after }: Seen): Change[] {
  const byId = new Map(after.map((user) => [user.id, user]));
  return before.flatMap((user): Change[] => {
    const now = byId.get(user.id);
    if (!now) return [];
    const state = (id: string) => now.sessions.find((session) => session.id === id)?.state;
    return [
      {
        ...{ user, now, locked: !user.locked && now.locked, unlocked: user.locked && !now.locked },
        ended: user.sessions.filter((s) => s.state === "active" && state(s.id) !== "active"),
        wiped: user.sessions.filter((s) => s.state !== "wiping" && state(s.id) === "wiping"),
      },
    ];
  });
}

const isTouched = ({ locked, ended, wiped }: Change) => locked || ended.length + wiped.length > 0;

function has(user: User, section: "protected" | "locked", name: string, policy: Policy): boolean {
  const called = nameOf(user, policy);
  return called !== null && isNamed(lineOf(section, name), called);
}

function entriesOf(user: User, { policy, at }: Seen): Locked[] {
  const { locked = [] } = policy.users ?? {};
  return locked.filter((entry) => isInForce(entry, at) && has(user, "locked", entry.user, policy));
}

/** All that is broken, a sentence each. `seen` are the whole runs on one target, oldest first. */
export function violations(seen: readonly Seen[]): string[] {
  return [
    ...seen.flatMap((run) => [...ofProtected(run), ...ofReport(run), ...ofWipes(run)]),
    ...ofSeveral(seen),
    ...ofLifted(seen),
    ...ofLimits(seen),
  ];
}

/** "Precedence": a protected user is never locked, signed out or wiped, but by what holds where the name fits several. */
function ofProtected(run: Seen): string[] {
  const { policy, before } = run;
  return (policy.protected ?? []).flatMap((name) => {
    const fitting = before.filter((user) => has(user, "protected", name, policy));
    if (fitting.length !== 1 && policy.target.identify !== undefined) return [];
    const touched = changesOf(run)
      .filter(({ user }) => fitting.includes(user))
      .filter(isTouched);
    return touched.map(({ user }) => `${user.id} is protected and was touched`);
  });
}

/** "The policy file": under `report`, nothing is written. */
function ofReport(run: Seen): string[] {
  if (run.policy.enforcement !== "report") return [];
  const changed = changesOf(run).filter((change) => change.unlocked || isTouched(change));
  return changed.map(({ user }) => `${user.id} was touched under report`);
}

/** "Wipes": never before its data is synced, unless `lose` says so, or it is a lock's. */
function ofWipes(run: Seen): string[] {
  const { denied = [] } = run.policy.devices ?? {};
  return changesOf(run).flatMap(({ user, wiped }) => {
    if (wiped.length === 0 || run.policy.target.identify !== undefined) return [];
    if (entriesOf(user, run).some(({ wipe }) => wipe)) return [];
    const early = wiped.filter(({ device, lastConnectedAt, lastFullSyncAt: sync }) => {
      if (denied.some(({ id, unsynced }) => id === device && unsynced === "lose")) return false;
      return sync === null || lastConnectedAt === null || lastConnectedAt - sync > HOUR;
    });
    return early.map(({ id }) => `${id} was wiped before its data was synced`);
  });
}

/** "Names": nobody is locked by a name that several have, but who was met while nobody else had it. */
function ofSeveral(seen: readonly Seen[]): string[] {
  return seen.flatMap((run, end) => {
    if (run.policy.target.identify === undefined) return [];
    const isAlone = (user: User, name: string) =>
      seen.slice(0, end + 1).some(({ before, policy }) => {
        const fitting = before.filter((one) => has(one, "locked", name, policy));
        return fitting.length === 1 && fitting[0]?.id === user.id;
      });
    return changesOf(run).flatMap(({ user, locked }) => {
      const lines = entriesOf(user, run);
      const alone = lines.some((entry) => isAlone(user, entry.user));
      const wrong = locked && lines.length > 0 && !alone;
      return wrong ? [`${user.id} was locked by a name that several have`] : [];
    });
  });
}

/** "What is decided, for one user": only a lock of ours is lifted, one that we set or adopted. */
function ofLifted(seen: readonly Seen[]): string[] {
  const own = new Set<string>();
  return seen.flatMap((run) => {
    for (const { id, locked } of run.before) if (!locked) own.delete(id);
    const lifted = changesOf(run).filter(({ user, unlocked }) => unlocked && !own.has(user.id));
    for (const { user, now, locked } of changesOf(run)) {
      const adopts = entriesOf(user, run).some(({ adopt }) => adopt);
      if (locked || (now.locked && adopts)) own.add(user.id);
    }
    return lifted.map(({ user }) => `${user.id} was unlocked, and the lock was not ours`);
  });
}

/** "Limits": what `max` lets through in any 24 hours is never above it; what was seen undone does not count. */
function ofLimits(seen: readonly Seen[]): string[] {
  return seen.flatMap((last, end) => {
    const max = last.policy.limits?.lock?.max;
    if (max === undefined || (last.policy.users?.locked ?? []).some(({ urgent }) => urgent))
      return [];
    const standing = new Set<string>();
    for (const run of seen.slice(0, end + 1)) {
      for (const { id, locked } of run.before) if (!locked) standing.delete(id);
      if (last.at - run.at >= DAY) continue;
      for (const { user, locked } of changesOf(run)) if (locked) standing.add(user.id);
    }
    const done = changesOf(last).some(({ locked }) => locked);
    return done && standing.size > max ? [`${standing.size} locks in a day, ${max} allowed`] : [];
  });
}
