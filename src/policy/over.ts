/** What a policy holds that has ended: it does nothing any more. docs/contract.md, "Time". */
import type { Notice } from "../model/plan.ts";
import type { Policy } from "../model/policy.ts";
import type { Instant, Source } from "../model/vocabulary.ts";
import { iso } from "../time.ts";

interface Ending {
  what: string;
  user: string | null;
  until?: Instant;
  source: Source;
}

/** One notice for each raise, exception, entry and freeze whose end has come. */
export function overNotices(policy: Policy, at: Instant): Notice[] {
  return endings(policy).flatMap(({ what, user, until, source }): Notice[] => {
    if (until === undefined || until > at) return [];
    const message = `${what} ended at ${iso(until)}: remove it, or give it a later end`;
    return [{ kind: "over", user, message, file: source.file, line: source.line }];
  });
}

function endings({ limits, exceptions, users, freeze }: Policy): Ending[] {
  return [
    ...limits.raise.map((raise) => ({ ...raise, what: `the raise of ${raise.type}`, user: null })),
    ...exceptions.map((exception) => ({
      ...exception,
      what: `the exception of ${exception.user ?? `group ${exception.group}`} from ${exception.rule}`,
      user: exception.user ?? null,
    })),
    ...(users.locked ?? []).map((entry) => ({ ...entry, what: `the lock of ${entry.user}` })),
    ...(freeze ? [{ ...freeze, what: "the freeze", user: null }] : []),
  ];
}
