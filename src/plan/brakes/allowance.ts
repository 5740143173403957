/** How much of a type a run may still do. */
import type { InventoryFacts } from "../../model/inventory.ts";
import type { Refusal } from "../../model/plan.ts";
import type { Limit, Policy } from "../../model/policy.ts";
import type { Failure } from "../../model/run.ts";
import type { ActionType, Instant } from "../../model/vocabulary.ts";
import { raisesOf } from "../../policy/raises.ts";
import type { Caused } from "../decide/want.ts";
import { countedKey, type Pool, type Usage } from "./usage.ts";

/** What the brakes judge by: the policy at a moment, the estate, and what the last 24 hours used. */
export interface LimitContext {
  policy: Policy;
  at: Instant;
  inventory: InventoryFacts;
  usage: Usage;
  failures: readonly Failure[];
  /** How many runs for the whole target took something of a type. */
  took: Partial<Record<ActionType, number>>;
  /** Somebody asked for one user: what failed before does not wait. */
  asked: boolean;
  /** Sign-outs that are wanted beside those at hand, and were counted only. */
  surplus: number;
}

/** One bound on a type in this run. */
export interface Cap {
  key: Refusal["limit"];
  /** The value as it is written, after raises. */
  value: number;
  /** The value as a count of actions, and of how many a percentage is. */
  count: number;
  base: number;
  /** What the last 24 hours used of it; 0 for perRun. */
  used: number;
  /** Of wipes: the sessions that it is of; null for all. */
  pool: Pool | null;
}

/** The bounds on a type; none where nothing limits, and none for a percentage of 100. */
export function capsOf(type: ActionType, context: LimitContext): Cap[] {
  const { policy, at, inventory, usage } = context;
  const limit = raised(policy, type, at);
  const counted = [...usage.counted.values()].filter(
    (c) => c.type === type && c.counts === "limit",
  );
  const caps: Cap[] = [];
  if (limit.max !== undefined) {
    const { max } = limit;
    caps.push({ key: "max", value: max, count: max, base: 0, used: counted.length, pool: null });
  }
  const bases: [Pool | null, number][] =
    type === "wipe"
      ? [
          ["active", usage.active],
          ["ended", usage.others],
        ]
      : [[null, type === "re-authenticate" ? usage.active : inventory.users]];
  for (const key of ["percent", "perRun"] as const) {
    const value = limit[key];
    if (value === undefined || value >= 100) continue;
    for (const [pool, base] of bases) {
      const ofPool = counted.filter((c) => pool === null || c.pool === pool).length;
      const used = key === "perRun" ? 0 : ofPool;
      caps.push({ key, value, count: share(value, base), base, used, pool });
    }
  }
  return caps;
}

/** Rounded down, but never below one unless the percentage is 0. */
function share(percent: number, base: number): number {
  return percent === 0 ? 0 : Math.max(1, Math.floor((percent * base) / 100));
}

/** The smallest whole percentage that allows `n` of `base`; 100 allows all. */
export function percentFor(n: number, base: number): number {
  for (let percent = 1; percent < 100; percent++) if (share(percent, base) >= n) return percent;
  return 100;
}

/** How much of a bound these wants take: what counts already counts once. */
export function costOf(cap: Cap, wants: readonly Caused[], usage: Usage): number {
  return wants.filter((want) => {
    if (cap.pool !== null && poolOf(want) !== cap.pool) return false;
    return cap.key === "perRun" || !usage.counted.has(countedKey(want, "limit"));
  }).length;
}

function poolOf({ expects }: Caused): Pool {
  return expects.state === "active" ? "active" : "ended";
}

/** What is left of the tightest bound, and its key; Infinity where nothing limits. */
export function leftOf(caps: readonly Cap[]): { left: number; key: Refusal["limit"] } {
  const each = (["max", "percent", "perRun"] as const).flatMap((key) => {
    const pools = caps.filter((cap) => cap.key === key);
    const left = pools.reduce((sum, cap) => sum + Math.max(0, cap.count - cap.used), 0);
    return pools.length > 0 ? [{ left, key }] : [];
  });
  const [tightest] = each.sort((a, b) => a.left - b.left);
  return tightest ?? { left: Number.POSITIVE_INFINITY, key: "max" };
}

/** A limit with the raises that are in force: a raise only ever widens. */
function raised(policy: Policy, type: ActionType, at: Instant): Limit {
  const limit = { ...policy.limits.types[type] };
  for (const raise of raisesOf(policy, type, at)) {
    for (const key of ["max", "percent", "perRun"] as const) {
      const to = raise[key];
      if (to !== undefined && limit[key] !== undefined) limit[key] = Math.max(limit[key], to);
    }
  }
  return limit;
}
