/** Users stream in, one plan comes out: the only plan function, for previews and runs alike. */
import { UsageError } from "../errors.ts";
import {
  ACTION_TYPES,
  type Action,
  type ActionType,
  type Attempt,
  type Held,
  type Instant,
  type InventoryFacts,
  type Memory,
  type Notice,
  type Outcome,
  type Plan,
  type Policy,
  type UserRecord,
} from "../model.ts";
import { rulebook } from "../policy/effective.ts";
import { iso } from "../time.ts";
import { type Caused, type CauseFinder, causeFinder } from "./cause.ts";
import { decide } from "./decide.ts";
import { planDigest } from "./digest.ts";
import { applyLimits, bySignIn, compareText } from "./limits.ts";
import { namesMeter } from "./names.ts";
import { observer } from "./observe.ts";
import * as say from "./reasons.ts";
import { reviewOf } from "./saved.ts";
import { usageMeter } from "./usage.ts";

export interface PlannerOptions {
  policy: Policy;
  at: Instant;
  memory: Memory;
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
}

export const EVERYTHING: Scope = { only: null, saved: null };

/** An action together with what the ledger must remember of it. */
export type Step = { action: Action; attempt: Omit<Attempt, "run" | "at" | "status"> };

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
  const causes: CauseFinder = causeFinder(book, at, memory);
  const usage = usageMeter(memory.attempts, at);
  const names = namesMeter(book);
  const observe = observer(memory, at);
  const wants: Caused[] = [];
  const notices: Notice[] = [];
  const ledger: Plan["ledger"] = { adopt: [], forget: [] };
  const owedWipes = new Map(Object.entries(memory.owedWipes));
  let met = only === null;

  /** With `identify` a user who was renamed looks unlisted: while the policy locks a name that nobody has, our locks stay. */
  const spareRenamed = (lost: string | null): { wants: Caused[]; notices: Notice[] } => {
    const doubtful = (want: Caused) =>
      want.type === "unlock" && book.lockedEntries(want.name ?? "").length === 0;
    if (policy.target.identify === null || lost === null) return { wants, notices: [] };
    const spared = wants.filter(doubtful);
    return {
      wants: wants.filter((want) => !doubtful(want)),
      notices: spared.map((want) => say.perhapsRenamed(want.user, lost, policy)),
    };
  };

  return {
    add(record) {
      if ("unreadable" in record) {
        // With `identify` the name of a record that can't be read is unknown.
        const name = policy.target.identify === null ? record.unreadable.id : null;
        const locked = name !== null && book.lockedEntries(name).length > 0;
        notices.push(say.unreadable(record.unreadable, locked));
        names.see({ name });
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
      if (decision.forget) ledger.forget.push(user.id);
      if (decision.wants.length > 0) wants.push(...causes(user, decision.wants));
    },
    finish(inventory) {
      if (!met) throw new UsageError(say.noSuchUser(policy, only ?? ""));
      const renamed = spareRenamed(names.lostLock());
      const review = saved ? reviewOf(saved) : null;
      const kept = review ? review.keep(renamed.wants) : renamed.wants;
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
        ...renamed.notices,
        ...names.notices(),
        ...expiring(policy, at),
      ];
      const plan: Plan = {
        format: "curfew/plan/1",
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
          adopt: reviewedOf(ledger.adopt, saved?.ledger.adopt),
          forget: reviewedOf(ledger.forget, saved?.ledger.forget),
        },
        ...(saved ? { reviewed: saved.digest } : {}),
      };
      plan.digest = planDigest(plan);
      return {
        plan,
        whole: only === null && kept.length === renamed.wants.length,
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

function step(want: Caused): Step {
  const { type, user, session, cause, reasons, expects } = want;
  const action: Action = {
    type,
    user,
    session,
    ...(type === "lock" ? { wipe: want.wipes !== null } : {}),
    cause,
    reasons,
    expects,
    ...(want.name !== null && want.name !== user ? { name: want.name } : {}),
    ...(want.label !== null ? { label: want.label } : {}),
    ...(want.since !== null ? { since: iso(want.since) } : {}),
    ...(want.urgent ? { urgent: true } : {}),
    ...(want.exempt ? { exempt: true } : {}),
  };
  const wipes = Object.fromEntries((want.wipes ?? []).map((w) => [w.session ?? "", w.signedInAt]));
  const { urgent, exempt } = want;
  const attempt = { type, user, session, wipe: want.wipes !== null, urgent, exempt, wipes };
  return { action, attempt: { ...attempt, signedInAt: want.signedInAt } };
}

const RANK = Object.fromEntries(ACTION_TYPES.map((type, i) => [type, i])) as Record<
  ActionType,
  number
>;

/** lock, wipe, re-authenticate (oldest sign-in first), unlock; then by user and session id: SPEC.md. */
function inOrder(a: Step, b: Step): number {
  return (
    RANK[a.action.type] - RANK[b.action.type] ||
    (a.action.type === "re-authenticate" ? bySignIn(a.attempt, b.attempt) : 0) ||
    compareText(a.action.user, b.action.user) ||
    compareText(a.action.session ?? "", b.action.session ?? "")
  );
}

function byKindAndUser(a: Notice, b: Notice): number {
  return (
    compareText(a.kind, b.kind) ||
    compareText(a.user ?? "", b.user ?? "") ||
    compareText(a.message, b.message)
  );
}

function summarise(steps: readonly Step[]): Plan["summary"] {
  const summary: Plan["summary"] = { lock: 0, unlock: 0, "re-authenticate": 0, wipe: 0 };
  for (const { action } of steps) summary[action.type]++;
  return summary;
}

/** How long before its end an exception becomes a notice. */
const EXPIRES_SOON = 14 * 24 * 60 * 60_000;

function expiring(policy: Policy, at: Instant): Notice[] {
  return policy.exceptions
    .filter((e) => at < e.until && e.until - at <= EXPIRES_SOON)
    .map((e) => say.expiringException(e, at));
}
