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

/** Whether so many of a type may be taken together, with those that count. */
export function fits(
  taking: readonly Want[],
  limit: Limit,
  type: Type,
  counted: readonly Attempt[],
  base: Bases,
): boolean {
  const mine = counted.filter((attempt) => attempt.type === type && attempt.outside === null);
  if (taking.length === 0) return true;
  if (limit.max !== undefined && mine.length + taking.length > limit.max) return false;
  if (type !== "wipe") {
    const size = type === "re-authenticate" ? base.active : base.users;
    return isWithin(taking.length, mine.length, limit, size);
  }
  const [active, rest] = split(taking);
  const [activeUsed, restUsed] = split(mine);
  return (
    isWithin(active.length, activeUsed.length, limit, base.active) &&
    isWithin(rest.length, restUsed.length, limit, base.others)
  );
}

function split<T extends { ended?: string[]; ends?: string[] }>(all: readonly T[]): [T[], T[]] {
  return [all.filter(isOfActive), all.filter((one) => !isOfActive(one))];
}

function isWithin(taking: number, used: number, limit: Limit, base: number): boolean {
  if (taking === 0) return true;
  return used + taking <= share(limit.percent, base) && taking <= share(limit.perRun, base);
}

/** Rounded down, but never below one unless 0; 100 % is no bound at all. */
export function share(percent: number | undefined, base: number): number {
  if (percent === undefined || percent === 100) return Number.POSITIVE_INFINITY;
  return percent === 0 ? 0 : Math.max(1, Math.floor((base * percent) / 100));
}
