/** docs/contract.md, "The cause": why an action is wanted now, the first that holds. Rosters are not covered. */
import { decideAll } from "./estate.ts";
import { known } from "./time.ts";
import type { Memory, Policy, User, Want } from "./types.ts";

/** An action is the same one by these four. */
export const keyOf = ({ type, user, session, signIn }: KeyOf) =>
  JSON.stringify([type, user, session, signIn]);

type KeyOf = Pick<Want, "type" | "user" | "session" | "signIn">;

/** Answers for any want of this inventory at this moment. */
export function causes(users: readonly User[], policy: Policy, at: number, memory: Memory) {
  const known = new Map<string, ReadonlySet<string>>();
  /** What a policy wants of this inventory at a moment, the wants that stand in for others included. */
  const wanted = (by: Policy, moment: number): ReadonlySet<string> => {
    const name = `${moment} ${JSON.stringify(by)}`;
    const found =
      known.get(name) ?? keysOf(asOf(users, at, moment), by, moment, rememberedBy(memory, moment));
    known.set(name, found);
    return found;
  };
  const eras = memory.policies;
  return (want: Want): string => {
    const last = lastAttempt(want, memory);
    if (last === "failed" || last === "unknown") return "retry";
    if (want.type === "lock" && memory.own.includes(want.user)) return "drift";
    const key = nameOf(want);
    // What was held keeps its cause: that of the first of these moments since which it was wanted without a break.
    const wasWanted = ({ policy: era, from, calm }: (typeof eras)[number]) =>
      !calm && (want.signIn ?? from) <= from && wanted(era, from).has(key);
    const first = eras.findLastIndex((era) => !wasWanted(era)) + 1;
    const now = eras[first] ?? { policy, from: at };
    const before = eras[first - 1];
    if (before === undefined) return "policy";
    if (!wanted(before.policy, now.from).has(key)) return "policy";
    if (!wanted(before.policy, before.from).has(key)) return "due";
    const signedIn = want.session !== null && want.signIn !== null && want.signIn > before.from;
    return signedIn ? "sign-in" : "drift";
  };
}

function lastAttempt(want: Want, { attempts }: Memory): string | undefined {
  const key = keyOf(want);
  const tried = attempts.filter(
    (attempt) => keyOf(attempt) === key && attempt.status !== "skipped",
  );
  return tried.at(-1)?.status;
}

const nameOf = ({ type, user, session }: KeyOf) => JSON.stringify([type, user, session]);

/** The inventory at an earlier moment: what came after it is new then, and what is unknown now is unknown. */
function asOf(users: readonly User[], now: number, moment: number): User[] {
  const then = (time: number | null, is: number | null) =>
    time === null || is === null ? null : Math.min(time, moment);
  return users.map((user) => ({
    ...user,
    sessions: user.sessions.map((session) => ({
      ...session,
      signedInAt: then(session.signedInAt, known(session.signedInAt, now)),
      createdAt: then(session.createdAt, known(session.createdAt, now)),
      lastConnectedAt: then(session.lastConnectedAt, known(session.lastConnectedAt, now)),
    })),
  }));
}

/** The sign-ins of wipes, as `asOf` has those of the sessions. */
function rememberedBy(memory: Memory, moment: number): Memory {
  const then = (signIns: Memory["owed"]) =>
    Object.fromEntries(
      Object.entries(signIns).map(([id, is]) => [id, is === null ? null : Math.min(is, moment)]),
    );
  return { ...memory, owed: then(memory.owed), wiped: then(memory.wiped) };
}

function keysOf(users: readonly User[], policy: Policy, at: number, memory: Memory): Set<string> {
  const all = [...decideAll(users, policy, at, memory).values()].flatMap(({ wants }) => wants);
  const deep = (want: Want): Want[] => [want, ...want.instead.flatMap(deep), ...want.wipes];
  return new Set(all.flatMap(deep).map(nameOf));
}
