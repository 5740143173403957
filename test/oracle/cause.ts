/** docs/contract.md, "The cause": why an action is wanted now, the first that holds. Rosters are not covered. */
import { decider } from "./estate.ts";
import { known } from "./time.ts";
import type { Decision, Memory, Policy, User, Want } from "./types.ts";

/** An action is the same one by these four. */
export const keyOf = ({ type, user, session, signIn }: KeyOf) =>
  JSON.stringify([type, user, session, signIn]);

type KeyOf = Pick<Want, "type" | "user" | "session" | "signIn">;

/** Answers for any want of this inventory at this moment. */
export function causes(users: readonly User[], policy: Policy, at: number, memory: Memory) {
  const byId = new Map(users.map((user) => [user.id, user]));
  const books = new Map<Policy, Map<number, (id: string) => ReadonlySet<string>>>();
  /** What a policy wants of a user at a moment, the wants that stand in for others included. */
  const wanted = (by: Policy, moment: number, id: string): ReadonlySet<string> => {
    const moments = books.get(by) ?? new Map<number, (id: string) => ReadonlySet<string>>();
    books.set(by, moments);
    const ask = moments.get(moment) ?? asking(byId, by, at, moment, memory);
    moments.set(moment, ask);
    return ask(id);
  };
  const eras = memory.policies;
  const tried = memory.attempts.filter(({ status }) => status !== "skipped");
  const lastOf = new Map(tried.map((attempt) => [keyOf(attempt), attempt.status]));
  return (want: Want): string => {
    const last = lastOf.get(keyOf(want));
    if (last === "failed" || last === "unknown") return "retry";
    if (want.type === "lock" && memory.own.includes(want.user)) return "drift";
    const key = nameOf(want);
    // What was held keeps its cause: that of the first of these moments since which it was wanted without a break.
    const wasWanted = ({ policy: era, from, calm }: (typeof eras)[number]) =>
      !calm && (want.knownSignIn ?? from) <= from && wanted(era, from, want.user).has(key);
    const first = eras.findLastIndex((era) => !wasWanted(era)) + 1;
    const now = eras[first] ?? { policy, from: at };
    const before = eras[first - 1];
    if (before === undefined) return "policy";
    if (!wanted(before.policy, now.from, want.user).has(key)) return "policy";
    if (!wanted(before.policy, before.from, want.user).has(key)) return "due";
    const signedIn = want.session !== null && (want.knownSignIn ?? before.from) > before.from;
    return signedIn ? "sign-in" : "drift";
  };
}

const nameOf = ({ type, user, session }: KeyOf) => JSON.stringify([type, user, session]);

/** What one policy wants of each user at an earlier moment. What would hold it does not matter. */
function asking(
  byId: ReadonlyMap<string, User>,
  policy: Policy,
  now: number,
  moment: number,
  memory: Memory,
): (id: string) => ReadonlySet<string> {
  const then = rememberedBy(memory, now, moment);
  const decide = decider([...byId.values()], policy, moment, then, false);
  const known = new Map<string, ReadonlySet<string>>();
  return (id) => {
    const user = byId.get(id);
    const found = known.get(id) ?? (user ? keysOf(decide(asOf(user, now, moment))) : new Set());
    known.set(id, found);
    return found;
  };
}

/** A user at an earlier moment: what came after it is new then, and what is in the future now was so then. */
function asOf(user: User, now: number, moment: number): User {
  const then = (time: number | null) =>
    time === null || known(time, now) === null ? time : Math.min(time, moment);
  return {
    ...user,
    sessions: user.sessions.map((session) => ({
      ...session,
      signedInAt: then(session.signedInAt),
      createdAt: then(session.createdAt),
      lastConnectedAt: then(session.lastConnectedAt),
    })),
  };
}

/** The sign-ins of wipes, as `asOf` has those of the sessions. */
function rememberedBy(memory: Memory, now: number, moment: number): Memory {
  const then = (signIns: Memory["owed"]) =>
    Object.fromEntries(
      Object.entries(signIns).map(([id, is]) => [
        id,
        is !== null && known(is, now) !== null ? Math.min(is, moment) : is,
      ]),
    );
  return { ...memory, owed: then(memory.owed), wiped: then(memory.wiped) };
}

function keysOf({ wants }: Decision): Set<string> {
  const deep = (want: Want): Want[] => [want, ...want.instead.flatMap(deep), ...want.wipes];
  return new Set(wants.flatMap(deep).map(nameOf));
}
