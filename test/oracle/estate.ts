/** All users of a target at one moment: who wants what, before any brake. */
import { type Case, decideAs } from "./decide.ts";
import { nameBook } from "./effective.ts";
import { linesOf, meantBy, nameOf } from "./names.ts";
import { isAhead } from "./time.ts";
import type { Decision, Memory, Policy, User, Want } from "./types.ts";

export function decideAll(
  users: readonly User[],
  policy: Policy,
  at: number,
  memory: Memory,
): Map<string, Decision> {
  const decideOne = decider(users, policy, at, memory, isClockAtFault(users, at));
  return new Map(users.map((user) => [user.id, decideOne(user)]));
}

/** For one user at a time. `clock`: so many moments lie in the future that this machine's clock is at fault. */
export function decider(
  users: readonly User[],
  policy: Policy,
  at: number,
  memory: Memory,
  clock: boolean,
): (user: User) => Decision {
  const book = nameBook(policy, users, memory);
  const lines = linesOf(policy).map((line) => meantBy(line, users, policy, memory.met));
  const remembered = new Set(lines.flatMap((line) => [...line.remembered]));
  return (user) => decide({ user, policy, at, memory, book, clock }, users, remembered);
}

/** docs/contract.md, "What is decided, for one user": more than three, and more than 1 % of the active sessions. */
function isClockAtFault(users: readonly User[], at: number): boolean {
  const active = users.flatMap(({ sessions }) => sessions.filter((s) => s.state === "active"));
  const ahead = active.filter((session) => isAhead(session, at)).length;
  return ahead > 3 && ahead > active.length / 100;
}

function needsProfiles(policy: Policy): boolean {
  const groups = Object.values(policy.groups ?? {});
  return policy.target.identify !== undefined || groups.some(({ where }) => where !== undefined);
}

/**
 * docs/contract.md, "Names": where a user's name now and a remembered one ask for different things, the stricter about
 * locks and the laxer about sign-outs and wipes holds, and nothing is lifted.
 */
function decide(of: Case, users: readonly User[], remembered: ReadonlySet<string>): Decision {
  const { user, policy } = of;
  const nothing = { wants: [], adopt: false, forget: false };
  if (user.profile === "unreadable" && needsProfiles(policy))
    return { ...nothing, unclear: true, unsure: null };
  const now = decideAs(of, "now");
  const unsure = protectedUnmet(of, users) ?? perhapsLost(of, users);
  if (!remembered.has(user.id)) return { ...now, unsure };
  const old = decideAs(of, "remembered");
  const both = decideAs(of, "both");
  const keys = (decision: Decision) => new Set(decision.wants.map(keyOf));
  const [inNow, inOld] = [keys(now), keys(old)];
  const agreed = both.wants.filter(
    (want) => want.type === "lock" || (inNow.has(keyOf(want)) && inOld.has(keyOf(want))),
  );
  const dropped = both.wants.length > agreed.length || both.wants.length === 0;
  return {
    ...both,
    wants: agreed,
    unclear: both.unclear || dropped,
    unsure: unsure ?? (dropped ? "a remembered and a present name ask for different things" : null),
  };
}

const keyOf = (want: Want) => `${want.type} ${want.session}`;

/** A lock of ours on somebody unlisted, while the policy locks a name that nobody has: it may be the same user. */
function perhapsLost({ user, policy, memory }: Case, users: readonly User[]): string | null {
  if (policy.target.identify === undefined || !user.locked) return null;
  if (!memory.own.includes(user.id)) return null;
  const locks = linesOf(policy).filter(({ key }) => key.startsWith("locked:"));
  const lost = locks.some((line) => meantBy(line, users, policy, memory.met).users.size === 0);
  return lost ? "a lock of ours while a locked name is nobody's" : null;
}

/** A lock of ours on somebody who now has a protected name, and was not met under it. */
function protectedUnmet({ user, policy, memory }: Case, users: readonly User[]) {
  if (policy.target.identify === undefined || !user.locked) return null;
  if (!memory.own.includes(user.id) || nameOf(user, policy) === null) return null;
  const lines = linesOf(policy).filter(({ key }) => key.startsWith("protected:"));
  const unmet = lines.some((line) => {
    const meant = meantBy(line, users, policy, memory.met);
    return meant.users.has(user.id) && memory.met[line.key] !== user.id;
  });
  return unmet ? "a lock of ours on who took a protected name" : null;
}
