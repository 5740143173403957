/** docs/contract.md, "Limits": how many actions of a type may still be taken. */
import { keyOf } from "./cause.ts";
import { DAY, isInForce } from "./time.ts";
import type { Attempt, Limit, Memory, Policy, Type, User, Want } from "./types.ts";

const DEFAULTS: Record<Type, Limit> = {
  lock: { max: 50, percent: 10, exceed: "refuse" },
  unlock: { max: 50, percent: 10, exceed: "refuse" },
  "re-authenticate": { percent: 25, perRun: 5, exceed: "pace" },
  wipe: { max: 0, exceed: "refuse" },
};

/** A limit with its defaults, and with the raises in force, each of which only widens a key that is there. */
export function limitOf(policy: Policy, type: Type, at: number): Limit {
  const limit = { ...DEFAULTS[type], ...policy.limits?.[type] };
  for (const raise of policy.limits?.raise ?? []) {
    if (raise.type !== type || !isInForce(raise, at)) continue;
    for (const key of ["max", "percent", "perRun"] as const)
      if (limit[key] !== undefined) limit[key] = Math.max(limit[key], raise[key] ?? 0);
  }
  return limit;
}

/** What came about in the last 24 hours, or may have, each once, and was not seen undone. */
export function counting(memory: Memory, at: number): Attempt[] {
  const counts = memory.attempts.filter(
    ({ at: then, status, undone }) =>
      at - then < DAY && (status === "applied" || status === "unknown") && !undone,
  );
  return [
    ...new Map(counts.map((attempt) => [`${attempt.outside} ${keyOf(attempt)}`, attempt])).values(),
  ];
}

/** Sessions active now or ended by what counts, and all others but the unused. */
export function bases(users: readonly User[], counted: readonly Attempt[]) {
  const ended = new Set(counted.flatMap((attempt) => attempt.ended));
  const used = users.flatMap(({ sessions }) => sessions.filter((s) => s.state !== "unused"));
  for (const { id } of used.filter(({ state }) => state === "active")) ended.add(id);
  const others = used.filter(({ id }) => !ended.has(id)).length;
  return { users: users.length, active: ended.size, others };
}

type Bases = ReturnType<typeof bases>;

/** Wipes of active sessions and the rest are counted apart. */
const isOfActive = ({ ended, ends }: { ended?: string[]; ends?: string[] }) =>
  (ended ?? ends ?? []).length > 0;

/** How much of a type may still be taken. */
export interface Room {
  /** Whether all of them may be taken together, with those that count. */
  fits(taking: readonly Want[]): boolean;
  /** Takes one where it fits beside those that were taken so before. */
  takes(want: Want): boolean;
  /** How many may be taken, the tightest bound told. */
  places: number;
}

export function roomFor(limit: Limit, type: Type, counted: readonly Attempt[], base: Bases): Room {
  const mine = counted.filter((attempt) => attempt.type === type && attempt.outside === null);
  const of = type === "re-authenticate" ? base.active : base.users;
  const { max = Number.POSITIVE_INFINITY } = limit;
  const places = Math.min(
    max - mine.length,
    share(limit.percent, of) - mine.length,
    share(limit.perRun, of),
  );
  const taker = () =>
    takerOf(limit, type, mine, { all: of, active: base.active, rest: base.others });
  const fits = (taking: readonly Want[]) => {
    const takes = taker();
    return taking.every((want) => takes(want));
  };
  return { fits, takes: taker(), places };
}

type Pools = Record<"all" | "active" | "rest", number>;

function takerOf(
  limit: Limit,
  type: Type,
  mine: readonly Attempt[],
  sizes: Pools,
): (want: Want) => boolean {
  const keys = new Set(mine.map(keyOf));
  const poolOf = (one: Attempt | Want) =>
    type !== "wipe" ? "all" : isOfActive(one) ? "active" : "rest";
  const used: Pools = { all: 0, active: 0, rest: 0 };
  const now: Pools = { all: 0, active: 0, rest: 0 };
  for (const attempt of mine) used[poolOf(attempt)]++;
  let sum = mine.length;
  return (want) => {
    const pool = poolOf(want);
    // What counts already counts once.
    const more = keys.has(keyOf(want)) ? 0 : 1;
    if (more > 0 && sum >= (limit.max ?? Number.POSITIVE_INFINITY)) return false;
    if (more > 0 && used[pool] >= share(limit.percent, sizes[pool])) return false;
    if (now[pool] >= share(limit.perRun, sizes[pool])) return false;
    sum += more;
    used[pool] += more;
    now[pool]++;
    return true;
  };
}

/** Rounded down, but never below one unless 0; 100 % is no bound at all. */
export function share(percent: number | undefined, base: number): number {
  if (percent === undefined || percent === 100) return Number.POSITIVE_INFINITY;
  return percent === 0 ? 0 : Math.max(1, Math.floor((base * percent) / 100));
}
