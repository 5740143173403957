/** How much of a type a run may still do, and the words of a refusal. */
import type { InventoryFacts } from "../../model/inventory.ts";
import type { Refusal } from "../../model/plan.ts";
import type { Limit, Policy } from "../../model/policy.ts";
import type { ActionType, Instant } from "../../model/vocabulary.ts";
import { raisesOf } from "../../policy/raises.ts";
import { DAY, iso } from "../../time.ts";
import type { Usage } from "./usage.ts";

/** What the brakes judge by: the policy at a moment, the estate, and what the last 24 hours used. */
export interface LimitContext {
  policy: Policy;
  at: Instant;
  inventory: InventoryFacts;
  usage: Usage;
}

/** The tightest bound on a type in this run. */
export interface Allowance {
  /** Actions that may still be taken; Infinity where nothing limits. */
  left: number;
  /** The key that leaves the least. */
  key: Refusal["limit"];
  caps: Cap[];
}

interface Cap {
  key: Refusal["limit"];
  /** The value as it is written, after raises. */
  value: number;
  /** The value as a count of actions. */
  count: number;
  /** What the last 24 hours used of it; 0 for perRun. */
  used: number;
}

/** Where several bounds are given the smallest holds; percentages round down, but never below one unless they are 0. */
export function allowance(
  type: ActionType,
  { policy, at, inventory, usage }: LimitContext,
): Allowance {
  const limit = raised(policy, type, at);
  const ofUsers = type === "lock" || type === "unlock";
  const base = ofUsers ? inventory.users : inventory.active + usage.ended;
  const share = (percent: number) =>
    percent === 0 ? 0 : Math.max(1, Math.floor((percent * base) / 100));
  const used = usage.types[type];
  const caps: Cap[] = [];
  if (limit.max !== undefined) caps.push({ key: "max", value: limit.max, count: limit.max, used });
  if (limit.percent !== undefined)
    caps.push({ key: "percent", value: limit.percent, count: share(limit.percent), used });
  if (limit.perRun !== undefined)
    caps.push({ key: "perRun", value: limit.perRun, count: share(limit.perRun), used: 0 });
  const left = (cap: Cap) => Math.max(0, cap.count - cap.used);
  const tightest = caps.toSorted((a, b) => left(a) - left(b))[0];
  return {
    left: tightest ? left(tightest) : Number.POSITIVE_INFINITY,
    key: tightest?.key ?? "max",
    caps,
  };
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

/** Names the limit, the numbers, and the line of policy that would allow it. */
export function refusalOf(
  type: ActionType,
  wanted: number,
  allowed: Allowance,
  context: LimitContext,
): Refusal {
  const { policy, at, inventory, usage } = context;
  const base =
    type === "lock" || type === "unlock" ? inventory.users : inventory.active + usage.ended;
  const cap = allowed.caps.find((c) => c.key === allowed.key);
  const source = policy.limits.types[type].source;
  const place = source ? `${source.file}:${source.line}` : "the default";
  const unit =
    cap && cap.key !== "max" ? `${cap.value}% (${cap.count} of ${base})` : `${cap?.value}`;
  const used = cap && cap.used > 0 ? `, ${cap.used} of it used in the last 24 hours` : "";
  const needed = allowed.caps
    .filter((c) => c.count - c.used < wanted)
    .map(
      (c) => `${c.key}: ${c.key === "max" ? c.used + wanted : percentFor(c.used + wanted, base)}`,
    );
  const until = iso(at + DAY).slice(0, 10);
  const line = `{ type: ${type}, ${needed.join(", ")}, until: ${until}, reason: … }`;
  return {
    type,
    limit: allowed.key,
    wanted,
    allowed: allowed.left,
    message: `${wanted} ${type} ${wanted === 1 ? "action" : "actions"} wanted, ${allowed.left} allowed by limits.${type}.${allowed.key} ${unit} (${place})${used}: nothing of this type is done. If it is meant, add to limits.raise in ${policy.files[0]}: ${line}`,
  };
}

/** The smallest whole percentage that allows `n` of `base`. */
function percentFor(n: number, base: number): number {
  return base === 0 ? 100 : Math.min(100, Math.ceil((n * 100) / base));
}
