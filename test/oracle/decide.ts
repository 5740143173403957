/** docs/contract.md, "What is decided, for one user": the table, row by row. */
import { allowedBreak, type Break, breaksOf, deniedBreak, isReported } from "./breaks.ts";
import { type Effective, effective, type NameBook, type Names } from "./effective.ts";
import { connectedOf, HOUR, momentOf, signInOf, toldSignIn } from "./time.ts";
import type { Decision, Memory, Policy, Session, User, Want } from "./types.ts";

export interface Case {
  user: User;
  policy: Policy;
  at: number;
  memory: Memory;
  book: NameBook;
  /** So many sign-ins stand in the future that this machine's clock is at fault. */
  clock: boolean;
}

/** One user by one set of names: the lines of the name now, of remembered names, or of both. */
export function decideAs(of: Case, names: Names): Decision {
  const { user, policy, at, memory, book } = of;
  const eff = effective(user, policy, at, book, names);
  const own = memory.own.includes(user.id);
  const isLocked = eff.locked.length > 0 && !eff.isProtected && !eff.spared;
  const decision = {
    adopt: false,
    forget: false,
    unclear: eff.lockUnclear || eff.spared || eff.perhapsExcepted.size > 0,
  };
  const result = (wants: Want[], more: Partial<Decision> = {}): Decision => {
    return { ...decision, wants, unsure: null, ...more };
  };
  if (isLocked && user.locked) {
    const adopt = !own && eff.locked.some((entry) => entry.adopt);
    return result(ofLocked(of, eff), { adopt });
  }
  const sessions = ofSessions(of, eff);
  if (isLocked) {
    const lock = lockOf(of, eff, sessions);
    // A lock that is only reported is none now; what a report would list with it, the lock covers.
    const reported = lock.hold === "report" ? sessions.filter(({ hold }) => hold !== "report") : [];
    return result([lock, ...reported, ...ofEnded(of, eff, false)]);
  }
  const managed = policy.users !== undefined || eff.isProtected;
  const mayLift = managed && !eff.lockUnclear && !eff.spared;
  const lift = user.locked && own && mayLift ? [unlockOf(of)] : [];
  const wants = [...lift, ...sessions, ...ofEnded(of, eff, false)];
  return result(wants, { forget: own && !user.locked });
}

function want(of: Case, type: Want["type"], session: Session | null, more: Partial<Want>): Want {
  const signIn = session && toldSignIn(session);
  const knownSignIn = session && signInOf(session, of.at);
  const ends = session?.state === "active" ? [session.id] : [];
  return {
    ...{ type, user: of.user.id, session: session?.id ?? null, signIn, knownSignIn },
    ...{
      rules: ["users.locked"],
      hold: null,
      outside: null,
      first: false,
      since: undefined,
      instead: [],
      wipes: [],
      ends,
    },
    lines: "",
    ...more,
  };
}

function lockOf(of: Case, eff: Effective, sessions: Want[]): Want {
  const { user, policy } = of;
  const wipes = eff.locked.some((entry) => entry.wipe)
    ? user.sessions.filter((s) => s.state === "active" || isUnwiped(s, of))
    : [];
  const froms = eff.locked.map(({ from }) => (from === undefined ? null : momentOf(from, "from")));
  const [only] = froms;
  return want(of, "lock", null, {
    hold: isReported(policy, "users.locked") ? "report" : null,
    outside: eff.locked.some((entry) => entry.urgent) ? "urgent" : null,
    since: froms.length === 1 && only !== null ? only : undefined,
    instead: sessions,
    wipes: wipes.map((session) => want(of, "wipe", session, {})),
    ends: user.sessions.filter(({ state }) => state === "active").map(({ id }) => id),
    lines: JSON.stringify(eff.locked),
  });
}

function unlockOf(of: Case): Want {
  return want(of, "unlock", null, {
    hold: isReported(of.policy, "users.locked") ? "report" : null,
  });
}

/** To be locked, and locked: what is still active is ended, outside the brakes; with `wipe` the rest is wiped. */
function ofLocked(of: Case, eff: Effective): Want[] {
  const hold = isReported(of.policy, "users.locked") ? "report" : null;
  const active = of.user.sessions.filter(({ state }) => state === "active");
  const sessions = active.map((session) =>
    want(of, "re-authenticate", session, { hold, outside: "locked" }),
  );
  const wipes = eff.locked.some((entry) => entry.wipe);
  return [...sessions, ...ofEnded(of, eff, wipes)];
}

/** One action for each session that breaks rules: the strongest that a rule asks for which nothing holds. */
function ofSessions(of: Case, eff: Effective): Want[] {
  const all = breaksOf(of.user, of.policy, eff, of.at);
  return [...all].flatMap(([session, breaks]): Want[] => {
    if (breaks.length === 0) return [];
    // What is only reported and would act if it were enforced comes before what the rollout holds in any case.
    const reached = breaks.filter((broken) => !broken.outside);
    const { hold, asking } = askingOf(reached.length > 0 ? reached : breaks);
    const rules = breaks.map(({ rule }) => rule).sort();
    const aged = asking.every(({ rule }) => /max(Age|Idle)$/.test(rule));
    const out = want(of, "re-authenticate", session, {
      rules,
      hold: hold ?? (of.clock && aged ? "clock" : null),
      outside: asking.some(({ rule }) => rule === "devices.denied") ? "denied" : null,
      first: asking.some(({ rule }) => rule === "sessions.notBefore"),
      since: earliest(breaks),
      lines: rules.map((rule) => `${rule}=${lineOfRule(rule, of.policy, eff)}`).join(),
    });
    const wipes = asking.filter(({ action }) => action === "wipe");
    const [first] = wipes;
    if (first === undefined) return [out];
    const lose = wipes.some((broken) => broken.lose);
    return [wipeOf(of, session, { ...first, lose }, rules, reached.length > 0 ? [out] : [])];
  });
}

/** What acts, and the hold on it. */
function askingOf(breaks: readonly Break[]): { hold: Break["hold"]; asking: Break[] } {
  const holds = [null, "report", "rollout"] as const;
  const hold = holds.find((h) => breaks.some((broken) => broken.hold === h)) ?? null;
  return { hold, asking: hold ? [...breaks] : breaks.filter((broken) => broken.hold === null) };
}

function lineOfRule(rule: string, policy: Policy, eff: Effective): string {
  const key = rule.replace("sessions.", "") as keyof Effective["rules"];
  return JSON.stringify(key in eff.rules ? eff.rules[key] : policy.devices);
}

/** Told only where every broken rule has a moment of its own. */
function earliest(breaks: readonly Break[]): number | null | undefined {
  const moments = breaks.map(({ since }) => since);
  if (moments.includes(undefined) || breaks.some(({ hold }) => hold !== breaks[0]?.hold))
    return undefined;
  const told = moments.filter((moment) => typeof moment === "number");
  return told.length === moments.length ? Math.min(...told) : told.length === 0 ? null : undefined;
}

function wipeOf(of: Case, session: Session, by: Break, rules: string[], instead: Want[]): Want {
  const waits = by.hold === null && !by.lose && isUnsynced(session, of.at);
  return want(of, "wipe", session, {
    rules,
    hold: by.hold ?? (waits ? "unsynced" : null),
    instead,
  });
}

/** Data may not have been uploaded: the last full sync is unknown, or more than an hour before the last connection. */
function isUnsynced(session: Session, at: number): boolean {
  const { lastFullSyncAt } = session;
  const connected = connectedOf(session, at);
  return lastFullSyncAt === null || connected === null || connected - lastFullSyncAt > HOUR;
}

function isUnwiped(session: Session, { memory }: Case): boolean {
  if (session.state !== "ended") return false;
  const wiped = Object.hasOwn(memory.wiped, session.id) ? memory.wiped[session.id] : undefined;
  return wiped === undefined || wiped !== toldSignIn(session);
}

/** Sessions that ended and whose wipe is still to come. */
function ofEnded(of: Case, eff: Effective, lockWipes: boolean): Want[] {
  if (eff.isProtected) return [];
  const { policy, memory } = of;
  return of.user.sessions.flatMap((session): Want[] => {
    if (!isUnwiped(session, of)) return [];
    const owed = Object.hasOwn(memory.owed, session.id)
      ? memory.owed[session.id] === toldSignIn(session)
      : false;
    const breaks = [
      ...(lockWipes ? [lockBreak(policy)] : []),
      ...deniedBreak(session, policy),
      ...(owed && !eff.spared && !eff.perhapsExcepted.has("devices.allowed")
        ? allowedBreak(session, policy, eff)
        : []),
    ].filter(({ action }) => action === "wipe");
    const by = breaks.find(({ hold }) => hold === null) ?? breaks[0];
    if (by === undefined) return [];
    const same = breaks.filter(({ hold }) => hold === by.hold);
    const lose = same.some((broken) => broken.lose);
    return [wipeOf(of, session, { ...by, lose }, breaks.map(({ rule }) => rule).sort(), [])];
  });
}

function lockBreak(policy: Policy): Break {
  const hold = isReported(policy, "users.locked") ? "report" : null;
  return {
    rule: "users.locked",
    action: "wipe",
    lose: true,
    hold,
    outside: false,
    since: undefined,
  };
}
