/** What a change of the policy causes: both policies planned on one inventory (docs/contract.md, "The cause"). */
import type { Action, Plan } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import { neededFields } from "../policy/effective.ts";
import { planDigest } from "./digest.ts";
import { actionKey } from "./key.ts";
import type { Base, Planned, Planner, PlannerOptions, Scope } from "./plan.ts";

/** Fields of the user model that the base compares. */
export function fieldsOfBase({ base }: Scope): string[] {
  return base?.policy ? neededFields(base.policy) : [];
}

/** Plans the policy, and its base beside it, to tell what only the base wants. */
export function againstBase(
  options: PlannerOptions,
  base: Base,
  plain: (options: PlannerOptions) => Planner,
): Planner {
  const head = plain(options);
  const scope = { ...options.scope, base: null };
  const before = base.policy ? plain({ ...options, policy: base.policy, scope }) : null;
  return {
    add(record) {
      head.add(record);
      before?.add(record);
    },
    finish(facts) {
      const planned = head.finish(facts);
      return {
        ...planned,
        plan: compared(planned, before?.finish(facts).plan ?? null, base, options.policy),
      };
    },
  };
}

function compared({ plan }: Planned, before: Plan | null, base: Base, policy: Policy): Plan {
  const { commit } = base;
  const wanted = new Set([...plan.actions, ...plan.held].map(actionKey));
  const averted = before
    ? [...before.actions, ...before.held].filter((a) => !wanted.has(actionKey(a)))
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
    ...exceptions.map((exception) => ("user" in exception ? exception.user : null)),
    ...groups.flatMap(({ members }) => members.map(({ value }) => value)),
    ...policy.protected.map(({ value }) => value),
  ];
  return names.filter((one) => one === name).length;
}

function withoutHolder(action: Action & { by?: unknown }): Action {
  const { by: _, ...averted } = action;
  return averted;
}
