/** Compares rules that the backend holds by settings of its own with the policy: docs/contract.md, "Targets". */
import type { Notice } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { OwnSettings } from "../model/settings.ts";
import { exactSpan } from "../time.ts";

/** One notice for each group whose own limit is absent or laxer than the policy's, and for what could not be read. */
export function toldElsewhere(policy: Policy, settings: OwnSettings | null): Notice[] {
  if (settings === null) return [];
  const { source } = policy.target;
  const unread = settings.faults.map((fault): Notice => {
    const message = `what the app's groups say of idle sessions can't be compared: ${fault}`;
    return { kind: "told-elsewhere", user: null, message, file: source.file, line: source.line };
  });
  const differing = settings.groups.flatMap(({ group, label, idle }): Notice[] => {
    const limit = strictest(policy, [group, label]);
    if (!limit || (idle !== null && idle <= limit.value)) return [];
    const says = idle === null ? "names none" : `is ${exactSpan(idle)}`;
    const message = `sessions.maxIdle is ${exactSpan(limit.value)}, and the automaticLogoutTime of the group ${group} ${says}: change it in the app, which alone holds this rule`;
    const { file, line } = limit.source;
    return [{ kind: "told-elsewhere", user: null, message, file, line }];
  });
  return [...unread, ...differing];
}

/** The least `maxIdle` of the top level and of the policy's group of this name; undefined where there is none. */
function strictest({ sessions, groups }: Policy, names: readonly (string | null)[]) {
  const own = groups.find(({ name }) => names.includes(name));
  return [sessions.maxIdle, own?.sessions.maxIdle]
    .filter((rule) => rule !== undefined)
    .sort((a, b) => a.value - b.value)[0];
}
