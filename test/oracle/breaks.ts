/** docs/contract.md, "What is decided, for one user": the rules that the sessions of one user break. */
import { isAllowed } from "./devices.ts";
import type { Effective } from "./effective.ts";
import { connectedOf, lastSeenOf, signInOf } from "./time.ts";
import type { Policy, Session, User } from "./types.ts";

export interface Break {
  rule: string;
  action: "re-authenticate" | "wipe";
  /** A wipe that does not wait for data to be uploaded. */
  lose: boolean;
  /** null: nothing holds it for its rule's sake. */
  hold: "report" | "rollout" | null;
  /** The rollout does not reach it, whatever its enforcement. */
  outside: boolean;
  /** null: it can't be told; undefined: the contract does not say. */
  since: number | null | undefined;
}

export function isReported(policy: Policy, rule: string): boolean {
  const { enforcement = "enforce" } = policy;
  if (typeof enforcement === "string") return enforcement === "report";
  return (enforcement[rule] ?? enforcement.default ?? "enforce") === "report";
}

/** A rule of sessions or `devices.allowed` reaches the rollout only; `devices.denied` reaches everybody. */
function holdOf(policy: Policy, rule: string): Break["hold"] {
  if (isReported(policy, rule)) return "report";
  return isOutside(policy, rule) ? "rollout" : null;
}

const isOutside = (policy: Policy, rule: string) =>
  rule !== "devices.denied" && policy.rollout === 0;

export function deniedBreak(session: Session, policy: Policy): Break[] {
  const entry = policy.devices?.denied?.find(({ id }) => id === session.device);
  if (entry === undefined) return [];
  const { action = "re-authenticate", unsynced = "wait" } = entry;
  const rule = "devices.denied";
  const hold = holdOf(policy, rule);
  return [{ rule, action, lose: unsynced === "lose", hold, outside: false, since: undefined }];
}

export function allowedBreak(session: Session, policy: Policy, of: Effective): Break[] {
  const { allowed, otherwise = "re-authenticate" } = policy.devices ?? {};
  if (allowed === undefined || of.anyDevice || isAllowed(session, allowed)) return [];
  const rule = "devices.allowed";
  const hold = holdOf(policy, rule);
  const outside = isOutside(policy, rule);
  return [{ rule, action: otherwise, lose: false, hold, outside, since: undefined }];
}

/** What breaks because a time is over. What can't be told breaks every one of them. */
function timeBreaks(session: Session, policy: Policy, of: Effective, at: number): Break[] {
  const { maxAge, maxIdle, notBefore } = of.rules;
  const [signIn, seen] = [signInOf(session, at), lastSeenOf(session, at)];
  const broken = (rule: string, since: number | null): Break => {
    const outside = isOutside(policy, rule);
    const hold = holdOf(policy, rule);
    return { rule, action: "re-authenticate", lose: false, hold, outside, since };
  };
  const passed = (from: number | null, length: number) => from === null || at > from + length;
  const end = (from: number | null, length: number) => (from === null ? null : from + length);
  return [
    ...(notBefore !== null && at >= notBefore && (signIn === null || signIn < notBefore)
      ? [broken("sessions.notBefore", notBefore)]
      : []),
    ...(maxAge !== null && passed(signIn, maxAge)
      ? [broken("sessions.maxAge", end(signIn, maxAge))]
      : []),
    ...(maxIdle !== null && passed(seen, maxIdle)
      ? [broken("sessions.maxIdle", end(seen, maxIdle))]
      : []),
  ];
}

/** What holds also for who could be protected, or excepted from it. */
const ALWAYS: readonly string[] = ["devices.denied", "sessions.notBefore"];

/** Every active session with what it breaks. Of who could be protected, only what holds all the same. */
export function breaksOf(
  user: User,
  policy: Policy,
  of: Effective,
  at: number,
): Map<Session, Break[]> {
  if (of.isProtected) return new Map();
  const active = user.sessions.filter((session) => session.state === "active");
  // Nobody is touched whom an exception in doubt could except from the rule, but for notBefore.
  const holdsYet = (rule: string) => ALWAYS.includes(rule) || !of.perhapsExcepted.has(rule);
  const all = new Map(
    active.map((session) => [
      session,
      [
        ...deniedBreak(session, policy),
        ...allowedBreak(session, policy, of),
        ...timeBreaks(session, policy, of, at),
      ].filter(({ rule }) => holdsYet(rule) && (!of.spared || ALWAYS.includes(rule))),
    ]),
  );
  const { maxPerUser } = of.rules;
  const isCounted = !of.spared && holdsYet("sessions.maxPerUser");
  if (maxPerUser !== null && isCounted) addSurplus(all, maxPerUser, policy, at);
  return all;
}

/**
 * Of the sessions that no other rule ends, the most recently connected stay. What is held for its rule's sake ends
 * nothing, but beside a rule that is held in the same way it counts as it will.
 */
function addSurplus(all: Map<Session, Break[]>, most: number, policy: Policy, at: number): void {
  const old = Number.NEGATIVE_INFINITY;
  const rule = "sessions.maxPerUser";
  const hold = holdOf(policy, rule);
  const rank = (held: Break["hold"]) => [null, "rollout", "report"].indexOf(held);
  const staying = [...all].filter(([, list]) => list.every((of) => rank(of.hold) > rank(hold)));
  staying.sort(([a], [b]) => {
    const connected = (connectedOf(b, at) ?? old) - (connectedOf(a, at) ?? old);
    const signIn = (signInOf(b, at) ?? old) - (signInOf(a, at) ?? old);
    return connected || signIn || (a.id < b.id ? -1 : 1);
  });
  for (const [, list] of staying.slice(most))
    list.push({
      ...{ rule, action: "re-authenticate", lose: false, hold },
      ...{ outside: isOutside(policy, rule), since: undefined },
    });
}
