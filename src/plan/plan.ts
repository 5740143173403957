/** Users stream in, one plan comes out: the only plan function, for previews and runs alike. */
import { UsageError } from "../errors.ts";
import type { InventoryFacts, UserRecord } from "../model/inventory.ts";
import type { Held, Notice, Plan } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { Known, Memory, Outcome } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { rulebook } from "../policy/effective.ts";
import { compareText } from "../text/order.ts";
import { applyLimits } from "./brakes/limits.ts";
import { usageMeter } from "./brakes/usage.ts";
import { type CauseFinder, causeFinder } from "./cause.ts";
import { decide } from "./decide/decide.ts";
import * as say from "./decide/reasons.ts";
import { renamed, spareRenamed } from "./decide/renamed.ts";
import type { Caused } from "./decide/want.ts";
import { planDigest } from "./digest.ts";
import { locksInFlight } from "./in-flight.ts";
import { namesMeter } from "./names.ts";
import { observer } from "./observe.ts";
import { reviewOf } from "./saved.ts";
import { inOrder, type Step, step, summarise } from "./steps.ts";

export interface PlannerOptions extends Known {
  /** The version of Curfew, for the plan. */
  version: string;
  scope: Scope;
}

/** What a plan is asked for. The limits are those of the whole estate all the same. */
export interface Scope {
  /** Only this user (its name or id); null: everybody. */
  only: string | null;
  /** Carry out this saved plan: what is in it and still true, and nothing else. */
  saved: Plan | null;
  /** Tell what a change causes: compare with the policy before it. Absent: compare with the last run's. */
  base?: Base | null;
}

/** The policy that a change starts from. */
export interface Base {
  /** null: there was none, and it wants nothing. */
  policy: Policy | null;
  commit: string | null;
}

export const EVERYTHING: Scope = { only: null, saved: null };

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
  const { policy, at, memory } = options;
  const { only, saved } = options.scope;
  const book = rulebook(policy);
  const causes: CauseFinder = causeFinder(book, at, memory, options.scope.base ?? null);
  const usage = usageMeter(memory.attempts, at);
  const names = namesMeter(book, Object.values(memory.lockedAs ?? {}));
  const inFlight = locksInFlight(memory, at);
  const observe = observer(memory, at);
  const wants: Caused[] = [];
  const notices: Notice[] = [];
  /** Told at the end, when it is known who has the name now. */
  const moved: (() => Notice)[] = [];
  const ledger = { adopt: [] as string[], forget: [] as string[] };
  /** Of users whom the policy locks, whether the lock is ours or not. */
  const newNames = new Map<string, string>();
  const owedWipes = new Map(Object.entries(memory.owedWipes));
  let met = only === null;

  return {
    add(record) {
      if ("unreadable" in record) {
        // With `identify` the name of a record that can't be read is unknown.
        const name = policy.target.identify === null ? record.unreadable.id : null;
        const locked = name !== null && book.lockedEntries(name).length > 0;
        notices.push(say.unreadable(record.unreadable, locked));
        names.see({ id: record.unreadable.id, name });
        return;
      }
      const { user } = record;
      usage.see(user);
      names.see(user);
      if (only !== null && only !== user.name && only !== user.id) return;
      met = true;
      const decision = decide(user, book, at, memory);
      if (decision.owing) {
        if (owedWipes.size > 0) for (const session of user.sessions) owedWipes.delete(session.id);
        for (const [session, signedIn] of decision.owing) owedWipes.set(session, signedIn);
      }
      notices.push(...decision.notices, ...observe(user, decision));
      if (decision.adopt) ledger.adopt.push(user.id);
      // A lock that may still take effect stays ours, without a word.
      const forget = decision.forget && !inFlight.has(user.id);
      if (forget) ledger.forget.push(user.id);
      const { newName, formerName } = decision;
      if (newName !== null) newNames.set(user.id, newName);
      if (formerName !== null && (user.locked || forget)) {
        moved.push(() => renamed(user, formerName, names.holder(formerName), policy));
      }
      if (decision.wants.length > 0) wants.push(...causes(user, decision.wants));
    },
    finish(inventory) {
      if (!met) throw new UsageError(say.noSuchUser(policy, only ?? ""));
      const spared = spareRenamed(wants, names.lostLock(at), book, memory);
      const review = saved ? reviewOf(saved) : null;
      const kept = review ? review.keep(spared.wants) : spared.wants;
      const limited = applyLimits(kept, { policy, at, inventory, usage: usage.total() });
      for (const want of limited.taken) {
        if (want.owesWipe && want.session !== null) owedWipes.set(want.session, want.signedInAt);
      }
      const steps = limited.taken.map(step).sort((a, b) => inOrder(a, b));
      const held = limited.held
        .map(({ want, by }) => ({ ...step(want), by }))
        .sort(inOrder)
        .map(({ action, by }): Held => ({ ...action, by }));
      const told = limited.held.flatMap(({ want }) => want.whenHeld);
      const all = [
        ...notices,
        ...told,
        ...spared.notices,
        ...moved.map((notice) => notice()),
        ...names.notices(),
        ...expiring(policy, at),
      ];
      const adopt = reviewedOf(ledger.adopt, saved?.ledger.adopt);
      const lock = steps.flatMap(({ action }) => (action.type === "lock" ? action.user : []));
      const noted = noting(newNames, memory, [...adopt, ...lock]);
      const plan: Plan = {
        format: "curfew/plan/2",
        digest: "",
        version: options.version,
        target: policy.target.name,
        url: policy.target.url,
        evaluatedAt: new Date(at).toISOString(),
        expiresAt: new Date(at + policy.planExpires).toISOString(),
        policy: { digest: policy.digest, commit: policy.commit, files: policy.files },
        inventory,
        summary: summarise(steps),
        actions: steps.map(({ action }) => action),
        held,
        refusals: limited.refusals,
        notices: all.sort(byKindAndUser),
        ledger: {
          adopt,
          forget: reviewedOf(ledger.forget, saved?.ledger.forget),
          ...(noted.length > 0 ? { names: Object.fromEntries(noted) } : {}),
        },
        ...(saved ? { reviewed: saved.digest } : {}),
      };
      plan.digest = planDigest(plan);
      return {
        plan,
        whole: only === null && kept.length === spared.wants.length,
        skipped: review?.skipped(plan.actions, held) ?? [],
        steps,
        owedWipes: Object.fromEntries(owedWipes),
      };
    },
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
const EXPIRES_SOON = 14 * 24 * 60 * 60_000;

function expiring(policy: Policy, at: Instant): Notice[] {
  return policy.exceptions
    .filter((e) => at < e.until && e.until - at <= EXPIRES_SOON)
    .map((e) => say.expiringException(e, at));
}
