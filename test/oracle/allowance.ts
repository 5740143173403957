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
  return [...new Map(counts.map((attempt) => [keyOf(attempt), attempt])).values()];
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
  /** Whether so many may be taken together, with those that count. */
  fits(taking: readonly Want[]): boolean;
  /** How many may be taken, the tightest bound told. */
  places: number;
}

export function roomFor(limit: Limit, type: Type, counted: readonly Attempt[], base: Bases): Room {
  const mine = counted.filter((attempt) => attempt.type === type && attempt.outside === null);
  const keys = new Set(mine.map(keyOf));
  // What counts already counts once.
  const fresh = (taking: readonly Want[]) => taking.filter((want) => !keys.has(keyOf(want))).length;
  const of = type === "re-authenticate" ? base.active : base.users;
  const { max = Number.POSITIVE_INFINITY } = limit;
  const places = Math.min(
    max - mine.length,
    share(limit.percent, of) - mine.length,
    share(limit.perRun, of),
  );
  const isWithin = (taking: readonly Want[], used: number, size: number) => {
    const more = fresh(taking);
    if (more > 0 && used + more > share(limit.percent, size)) return false;
    return taking.length === 0 || taking.length <= share(limit.perRun, size);
  };
  const fits = (taking: readonly Want[]) => {
    const more = fresh(taking);
    if (more > 0 && mine.length + more > max) return false;
    if (type !== "wipe") return isWithin(taking, mine.length, of);
    const [active, rest] = split(taking);
    const [activeUsed, restUsed] = split(mine);
    return (
      isWithin(active, activeUsed.length, base.active) &&
      isWithin(rest, restUsed.length, base.others)
    );
  };
  return { fits, places };
}

function split<T extends { ended?: string[]; ends?: string[] }>(all: readonly T[]): [T[], T[]] {
  return [all.filter(isOfActive), all.filter((one) => !isOfActive(one))];
}

/** Rounded down, but never below one unless 0; 100 % is no bound at all. */
export function share(percent: number | undefined, base: number): number {
  if (percent === undefined || percent === 100) return Number.POSITIVE_INFINITY;
  return percent === 0 ? 0 : Math.max(1, Math.floor((base * percent) / 100));
}
