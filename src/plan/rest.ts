/** What waits and is not listed, in groups that a report tells alike: its totals are those of a list that is whole. */
import type { Held, HeldGroup } from "../model/plan.ts";
import type { Caused } from "./decide/want.ts";

/** Wants by what a report tells of them; `of` is the first of each. */
export type Groups<By> = Map<string, { of: Caused; by: By; n: number; sessions: number }>;

/** Adds `n` wants that are told alike, and how many active sessions they end that nothing else does. */
export function addTo<By extends string | null>(
  groups: Groups<By>,
  of: Caused,
  by: By,
  sessions: number,
  n = 1,
): void {
  const key = JSON.stringify([of.type, by, of.cause, of.retryOf, of.wipes !== null, linesOf(of)]);
  const known = groups.get(key);
  if (known === undefined) groups.set(key, { of, by, n, sessions });
  else {
    known.n += n;
    known.sessions += sessions;
  }
}

/** The groups, as a plan has them. */
export function groupsOf(groups: Groups<Held["by"]>): HeldGroup[] {
  return [...groups.values()].map(({ of, by, n, sessions }) => ({
    ...{ type: of.type, by, cause: of.cause },
    ...(of.retryOf === null ? {} : { retryOf: of.retryOf }),
    ...(of.type === "lock" ? { wipe: of.wipes !== null } : {}),
    ...{ lines: linesOf(of), n, sessions },
  }));
}

function linesOf({ reasons }: Caused): HeldGroup["lines"] {
  return reasons.map(({ rule, file, line }) => ({ rule, file, line }));
}

/** The active sessions that a want ends. */
export function endedBy({ session, ends, expects }: Caused): string[] {
  const own = session !== null && (expects.state ?? "active") === "active" ? [session] : [];
  return [...own, ...Object.keys(ends)];
}
