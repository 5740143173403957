/** What a change of the policy causes: both policies planned on one inventory (docs/contract.md, "The cause"). */
import type { InventoryFacts } from "../model/inventory.ts";
import type { Action, Plan } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { Duration } from "../model/vocabulary.ts";
import { neededFields } from "../policy/effective.ts";
import { loosely } from "../policy/names.ts";
import { planDigest } from "./digest.ts";
import { actionKey } from "./key.ts";
import { actsByName } from "./names.ts";
import { type Planned, type Planner, planner } from "./plan.ts";
import type { Base, PlannerOptions, Scope } from "./scope.ts";

/** Fields of the user model that the base compares. */
export function fieldsOfBase({ base }: Scope): string[] {
  return base?.policy ? neededFields(base.policy) : [];
}

/** What a read must ask for beside what the policy compares. */
export function neededOf(options: PlannerOptions) {
  return { fields: fieldsOfBase(options.scope), acts: actsByName(options) };
}

/** The planners of one read: of the policy and, where a change is told, of the policy before it. */
export type Planners = { plan: Planner; before?: Planner };

export function plannersOf(options: PlannerOptions): Planners {
  const { base } = options.scope;
  const plan = planner(options);
  if (!base?.policy) return { plan };
  const scope = { ...options.scope, base: null };
  // Whatever the base wants may be averted, so all that it holds is listed.
  const listed = Number.POSITIVE_INFINITY;
  return { plan, before: planner({ ...options, policy: base.policy, scope, listed }) };
}

/** The plan of the policy; with a base, also what only the base wants. */
export function finish(
  { plan, before }: Planners,
  facts: InventoryFacts,
  { policy, scope }: Pick<PlannerOptions, "policy" | "scope">,
  skew: Duration | null = null,
): Planned {
  const planned = plan.finish(facts, skew);
  if (!scope.base) return planned;
  const earlier = before?.finish(facts, skew).plan ?? null;
  return { ...planned, plan: compared(planned, earlier, scope.base, policy) };
}

function compared(
  { plan, wanted }: Planned,
  before: Plan | null,
  base: Base,
  policy: Policy,
): Plan {
  const { commit } = base;
  const averted = before
    ? [...before.actions, ...before.held].filter((a) => !wanted(actionKey(a)))
    : [];
  const added = (user: string | null) =>
    user !== null && mentions(policy, user) > (base.policy ? mentions(base.policy, user) : 0);
  const compared: Plan = {
    ...plan,
    notices: plan.notices.map((notice) =>
      notice.kind === "unknown-user" && added(notice.user) ? { ...notice, added: true } : notice,
    ),
    base: { commit },
    averted: averted.map(withoutHolder),
  };
  compared.digest = planDigest(compared);
  return compared;
}

/** On how many lines a policy names somebody. */
function mentions({ users, exceptions, groups, ...policy }: Policy, name: string): number {
  const names = [
    ...(users.locked ?? []).map(({ user }) => user),
    ...exceptions.map((exception) => exception.user ?? ""),
    ...groups.flatMap(({ members }) => members.map(({ value }) => value)),
    ...policy.protected.map(({ value }) => value),
  ];
  return names.filter((one) => loosely(one) === loosely(name)).length;
}

function withoutHolder(action: Action & { by?: unknown }): Action {
  const { by: _, ...averted } = action;
  return averted;
}
