/** Users stream in, one plan comes out: the only plan function, for previews and runs alike. */
import { UsageError } from "../errors.ts";
import type { InventoryFacts, UserRecord } from "../model/inventory.ts";
import type { Held, Notice, Plan } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { Memory, Outcome } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { rulebook } from "../policy/effective.ts";
import { overNotices } from "../policy/over.ts";
import { compareText } from "../text/order.ts";
import { DAY } from "../time.ts";
import { applyLimits, type Limited } from "./brakes/limits.ts";
import * as say from "./decide/reasons.ts";
import { spareRenamed } from "./decide/renamed.ts";
import { planDigest } from "./digest.ts";
import { reviewOf } from "./saved.ts";
import type { PlannerOptions } from "./scope.ts";
import { type Seen, watcher } from "./seen.ts";
import { inOrder, type Step, step, summarise } from "./steps.ts";

export interface Planned {
  plan: Plan;
  /** False where a part of what is wanted was left out on purpose: a plan for one user, or a saved one. */
  whole: boolean;
  /** Of a saved plan: what is no longer true, and why. */
  skipped: Outcome[];
  /** One for each of plan.actions, in the same order. */
  steps: Step[];
  /** Session id → its sign-in: wipes that this plan turns into sign-outs, and earlier ones still owed. */
  owedWipes: Record<string, Instant | null>;
}

export interface Planner {
  add(record: UserRecord): void;
  /** Throws UsageError where `only` is nobody of the inventory. */
  finish(facts: InventoryFacts): Planned;
}

/** Plans one target at one moment. Holds the wanted actions, not the users. */
export function planner(options: PlannerOptions): Planner {
  const { only } = options.scope;
  const { add, seen } = watcher(options);
  return {
    add,
    finish(inventory) {
      if (!seen.met) throw new UsageError(say.noSuchUser(options.policy, only ?? ""));
      return conclude(seen, inventory, options);
    },
  };
}

/** What of the wanted is done now, and the plan that says so. */
function conclude(seen: Seen, inventory: InventoryFacts, options: PlannerOptions): Planned {
  const { policy, at, memory } = options;
  const { only, saved } = options.scope;
  const spared = spareRenamed(seen.wants, seen.names.lostLock(at), rulebook(policy), memory);
  const review = saved ? reviewOf(saved) : null;
  const kept = review ? review.keep(spared.wants) : spared.wants;
  const limited = applyLimits(kept, { policy, at, inventory, usage: seen.usage.total() });
  for (const want of limited.taken) {
    if (want.owesWipe && want.session !== null) seen.owedWipes.set(want.session, want.signedInAt);
  }
  const steps = limited.taken.map(step).sort((a, b) => inOrder(a, b));
  const held = heldOf(limited);
  const notices = [
    ...seen.notices,
    ...limited.held.flatMap(({ want }) => want.whenHeld),
    ...spared.notices,
    ...seen.moved.map((notice) => notice()),
    ...seen.names.notices(),
    ...seen.devices.notices(),
    ...expiring(policy, at),
    ...overNotices(policy, at),
  ].sort(byKindAndUser);
  const plan: Plan = {
    ...headOf(options),
    inventory,
    summary: summarise(steps),
    actions: steps.map(({ action }) => action),
    held,
    refusals: limited.refusals,
    notices,
    ledger: ledgerOf(seen, steps, options),
    ...(saved ? { reviewed: saved.digest } : {}),
  };
  plan.digest = planDigest(plan);
  return {
    plan,
    whole: only === null && kept.length === spared.wants.length,
    skipped: review?.skipped(plan.actions, held) ?? [],
    steps,
    owedWipes: Object.fromEntries(seen.owedWipes),
  };
}

/** What a plan says of itself; its digest is made when the rest is known. */
function headOf({ policy, at, version }: PlannerOptions) {
  return {
    format: "curfew/plan/2",
    digest: "",
    version,
    target: policy.target.name,
    url: policy.target.url,
    evaluatedAt: new Date(at).toISOString(),
    expiresAt: new Date(at + policy.planExpires).toISOString(),
    policy: { digest: policy.digest, commit: policy.commit, files: policy.files },
  } as const;
}

/** What waits, in the order of a plan. */
function heldOf({ held }: Limited): Held[] {
  return held
    .map(({ want, by }) => ({ ...step(want), by }))
    .sort(inOrder)
    .map(({ action, by }) => ({ ...action, by }));
}

/** What an apply of this plan changes in the ledger without a write to the backend. */
function ledgerOf(seen: Seen, steps: readonly Step[], { memory, scope }: PlannerOptions) {
  const adopt = reviewedOf(seen.adopt, scope.saved?.ledger.adopt);
  const lock = steps.flatMap(({ action }) => (action.type === "lock" ? action.user : []));
  const noted = noting(seen.newNames, memory, [...adopt, ...lock]);
  return {
    adopt,
    forget: reviewedOf(seen.forget, scope.saved?.ledger.forget),
    ...(noted.length > 0 ? { names: Object.fromEntries(noted) } : {}),
  };
}

/** Sorted; of a saved plan only what it holds. */
function reviewedOf(ids: readonly string[], saved: readonly string[] | undefined): string[] {
  return ids.filter((id) => saved?.includes(id) ?? true).sort(compareText);
}

/** The names of those whose lock is or becomes ours, sorted by id. */
function noting(
  names: ReadonlyMap<string, string>,
  { ownLocks }: Memory,
  becomeOurs: readonly string[],
): [string, string][] {
  const ours = new Set(becomeOurs);
  return [...names]
    .filter(([user]) => ours.has(user) || Object.hasOwn(ownLocks, user))
    .sort(([a], [b]) => compareText(a, b));
}

function byKindAndUser(a: Notice, b: Notice): number {
  return (
    compareText(a.kind, b.kind) ||
    compareText(a.user ?? "", b.user ?? "") ||
    compareText(a.message, b.message)
  );
}

/** How long before its end an exception becomes a notice. */
const EXPIRES_SOON = 14 * DAY;

function expiring(policy: Policy, at: Instant): Notice[] {
  return policy.exceptions
    .filter((e) => at < e.until && e.until - at <= EXPIRES_SOON)
    .map((e) => say.expiringException(e, at));
}
