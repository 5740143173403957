/** When what is wanted of a user may change, if nobody does anything. */
import type { Session, User } from "../../model/inventory.ts";
import type { Exception } from "../../model/policy.ts";
import type { Instant } from "../../model/vocabulary.ts";
import type { Rulebook } from "../../policy/effective.ts";
import { connectedAt, knownSignIn } from "./session.ts";
import type { Owned } from "./want.ts";

/** The moments after `from` and before `end`, in order: all that a policy compares a moment with. */
export function turns(book: Rulebook, owned: Owned) {
  const { policy } = book;
  return (user: User, from: Instant, end: Instant): Instant[] => {
    const { groups, exceptions: own, entries } = book.forUser(user, from, owned.met);
    const rules = [policy, ...groups].map(({ sessions }) => sessions);
    const allowed = (rule: Exception["rule"]) => own.filter((e) => e.rule === rule && e.allow);
    const bounds = (key: "maxAge" | "maxIdle") => [
      ...rules.flatMap((r) => r[key]?.value ?? []),
      ...allowed(`sessions.${key}`).flatMap((e) => e.allow ?? []),
    ];
    const [ages, idles] = [bounds("maxAge"), bounds("maxIdle")];
    const moments = [
      ...rules.flatMap((r) => r.notBefore?.value ?? []),
      ...own.map((e) => e.until),
      ...entries.flatMap((e) => [e.from, e.until]),
      ...user.sessions.filter(isActive).flatMap((session) => [
        // A limit of time is broken when it is passed, not when it is met.
        ...past(knownSignIn(session), ages),
        ...past(connectedAt(session), idles),
      ]),
    ];
    const within = moments.filter((at) => at !== undefined && at > from && at < end);
    return [...new Set(within as Instant[])].sort((a, b) => a - b);
  };
}

const isActive = ({ state }: Session) => state === "active";

function past(since: Instant | null, bounds: readonly number[]): Instant[] {
  return since === null ? [] : bounds.map((bound) => since + bound + 1);
}
