/** Users stream in, one plan comes out: the only plan function, for previews and runs alike. */
import { NoSuchUserError } from "../errors.ts";
import type { InventoryFacts, UserRecord } from "../model/inventory.ts";
import type { Notice, Plan } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { Asked, Found, Outcome, Undone } from "../model/run.ts";
import type { Duration, Instant } from "../model/vocabulary.ts";
import { rulebook } from "../policy/effective.ts";
import { overNotices } from "../policy/over.ts";
import { compareText } from "../text/order.ts";
import { DAY } from "../time.ts";
import { neverShown } from "./brakes/failures.ts";
import { applyLimits, type Limited, type Waiting } from "./brakes/limits.ts";
import * as notice from "./decide/notices.ts";
import { planDigest } from "./digest.ts";
import { toldElsewhere } from "./elsewhere.ts";
import { heldOf } from "./held.ts";
import type { Counted } from "./keep.ts";
import { actionKey } from "./key.ts";
import { withoutLost } from "./remembered.ts";
import { reviewOf } from "./saved.ts";
import type { PlannerOptions } from "./scope.ts";
import { type Seen, watcher } from "./seen.ts";
import { inOrder, type Step, step, summarise } from "./steps.ts";

export interface Planned {
  plan: Plan;
  /** False for one user, and for a saved plan: such an apply is no last run, whatever it carries out. */
  whole: boolean;
  /** Whether an action is wanted, held or not, by its key; also where the plan does not list it. */
  wanted(key: string): boolean;
  /** Of a saved plan: what is no longer true, and why. */
  skipped: Outcome[];
  /** One for each of plan.actions, in the same order. */
  steps: Step[];
  /** Remembered attempts that this inventory shows undone: they count no more, for good. */
  undone: readonly Undone[];
  /** What it shows of actions of earlier runs that had no outcome. */
  found: readonly Found[];
  /** Session id → its sign-in: wipes that this plan turns into sign-outs, and earlier ones still owed. */
  owedWipes: Record<string, Instant | null>;
  /** Session id → its sign-in: wipes of earlier runs that the inventory shows. */
  wiped: Record<string, Instant | null>;
  /** Sessions whose wipe need not be known any more: gone, or signed in anew. */
  wipesOver: string[];
  /** Who was asked for since they did not come; absent where nobody was. */
  asked?: Asked;
}

export interface Planner {
  add(record: UserRecord): void;
  /**
   * `skew`: how far the backend's clock is ahead of this machine's, where that is known. Throws NoSuchUserError where `only`
   * is nobody of the inventory.
   */
  finish(facts: InventoryFacts, skew?: Duration | null): Planned;
}

/** Plans one target at one moment. Holds the wanted actions, not the users. */
export function planner(options: PlannerOptions): Planner {
  const { only } = options.scope;
  const { add, seen } = watcher(options);
  return {
    add,
    finish(inventory, skew = null) {
      if (seen.asked?.size === 0)
        throw new NoSuchUserError(notice.noSuchUser(options.policy, only ?? ""));
      return conclude(seen, inventory, options, skew);
    },
  };
}

/** What of the wanted is done now, and the plan that says so. */
function conclude(
  seen: Seen,
  inventory: InventoryFacts,
  options: PlannerOptions,
  skew: Duration | null,
): Planned {
  const { policy, at, memory } = options;
  const { only, saved } = options.scope;
  const wants = seen.wants.wants();
  const spared = withoutLost(wants, seen.names.lostLock(at), rulebook(policy), memory);
  const review = saved ? reviewOf(saved) : null;
  const kept = review ? review.keep(spared.wants) : spared.wants;
  const usage = seen.usage.total();
  const { took = {} } = memory;
  const failures = [...memory.failures, ...neverShown(memory.attempts)];
  const asked = only !== null;
  // One user is never one of many, and of a saved plan only what is in it is looked at.
  const counted = review === null && !asked ? seen.wants.counted : null;
  const surplus = surplusOf(counted);
  const context = { policy, at, inventory, usage, failures, took, asked, surplus };
  const clock = seen.clock.judge(skew);
  const limited = applyLimits(clock.hold(kept), context);
  for (const want of limited.taken) {
    if (want.owesWipe && want.session !== null) seen.owedWipes.set(want.session, want.signedInAt);
  }
  const steps = limited.taken.map(step).sort((a, b) => inOrder(a, b));
  const { all, ...held } = heldOf(limited, counted, context, options.listed);
  const notices = [
    ...seen.notices,
    ...spared.notices,
    ...clock.notices,
    ...seen.moved.map((notice) => notice()),
    ...seen.names.notices(),
    ...seen.devices.notices(),
    ...expiring(policy, at),
    ...overNotices(policy, at),
    ...(asked ? [] : toldElsewhere(policy, options.settings ?? null)),
  ].sort(byKindAndUser);
  const plan: Plan = {
    ...headOf(options),
    inventory,
    summary: summarise(steps),
    actions: steps.map(({ action }) => action),
    ...held,
    refusals: limited.refusals,
    notices,
    ledger: ledgerOf(seen, options),
    ...(saved ? { reviewed: saved.digest } : {}),
  };
  plan.digest = planDigest(plan);
  return {
    plan,
    whole: only === null && !saved,
    wanted: wantedOf(limited, all, counted),
    skipped: review?.skipped(plan.actions, all) ?? [],
    steps,
    undone: usage.undone,
    found: seen.left.found(),
    owedWipes: seen.wipes.stillOwed(seen.owedWipes),
    ...seen.wipes.found(),
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

/** The sign-outs that were counted only, and that nothing holds but the limits. */
function surplusOf(counted: Counted | null): number {
  return [...(counted?.groups.values() ?? [])].reduce(
    (n, one) => n + (one.by === null ? one.n : 0),
    0,
  );
}

function wantedOf(
  { taken }: Limited,
  held: readonly Waiting[],
  counted: Counted | null,
): Planned["wanted"] {
  const keys = new Set([...taken, ...held.map(({ want }) => want)].map(actionKey));
  return (key) => keys.has(key) || counted?.has(key) === true;
}

/** What an apply of this plan changes in the ledger without a write to the backend. */
function ledgerOf(
  { adopt, forget, lifted, names, left, asked }: Seen,
  { scope, memory }: PlannerOptions,
): Plan["ledger"] {
  const saved = scope.saved?.ledger;
  const met = names
    .met()
    .filter(([, user]) => asked?.has(user) ?? true)
    .filter(([line, user]) => !saved || saved.met?.[line] === user)
    .sort(([a], [b]) => compareText(a, b));
  const earlier = left.left();
  const gone = reviewedOf(asked ? [] : names.gone(), saved && (saved.gone ?? []));
  return {
    adopt: reviewedOf(adopt, saved?.adopt),
    forget: reviewedOf(forget, saved?.forget),
    ...(lifted.length > 0 ? { lifted: lifted.sort(compareText) } : {}),
    ...(met.length > 0 ? { met: Object.fromEntries(met) } : {}),
    ...(gone.length > 0 ? { gone } : {}),
    ...(earlier.length > 0 ? { left: earlier } : {}),
    ...(memory.runs.length === 0 && memory.last === null ? { none: true as const } : {}),
  };
}

/** Sorted; of a saved plan only what it holds. */
function reviewedOf(ids: readonly string[], saved: readonly string[] | undefined): string[] {
  return ids.filter((id) => saved?.includes(id) ?? true).sort(compareText);
}

/** Of foreign locks those on protected users come first, which alone have a line. */
function byKindAndUser(a: Notice, b: Notice): number {
  return (
    compareText(a.kind, b.kind) ||
    (a.kind === "foreign-lock" ? Number(b.line !== undefined) - Number(a.line !== undefined) : 0) ||
    compareText(a.user ?? "", b.user ?? "") ||
    compareText(a.message, b.message)
  );
}

/** How long before its end an exception becomes a notice. */
const EXPIRES_SOON = 14 * DAY;

function expiring(policy: Policy, at: Instant): Notice[] {
  return policy.exceptions
    .filter((e) => at < e.until && e.until - at <= EXPIRES_SOON)
    .map((e) => notice.expiringException(e, at));
}
