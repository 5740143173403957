/**
 * What falls due for certain, apart from what only silence would bring. Who works today is never idle today, and would
 * be on the day on which `sessions.maxIdle` is over if nothing came from that device again: a forecast of such days
 * would say every day that everybody is signed out in two weeks.
 */
import type { User } from "../../model/inventory.ts";
import type { Policy, SessionRules } from "../../model/policy.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { type Rulebook, rulebook } from "../../policy/effective.ts";
import { connectedAt } from "../decide/session.ts";
import type { Owned } from "../decide/want.ts";
import { type Fall, type Foresee, foreseer } from "./foresee.ts";

/** What falls due of one user. A session may be in both: idle first, or for certain later. */
export interface Apart {
  /** Whatever comes also where every device goes on connecting, and what is wanted at `from` already. */
  certain: Fall[];
  /** What only `sessions.maxIdle` brings, of sessions that have been silent for at least half of the time that it takes. */
  idle: Fall[];
}

export function foreseenApart(
  book: Rulebook,
  owned: Owned,
): (user: User, from: Instant, end: Instant) => Apart {
  const all = foreseer(book, owned);
  if (!limitsIdleness(book.policy)) return (...of) => ({ certain: all(...of), idle: [] });
  const working = foreseer(book, owned, rulebook(withoutIdleness(book.policy)));
  return (user, from, end) => ({
    certain: working(user, from, end),
    idle: onlyIdle(all, user, from, end),
  });
}

function onlyIdle(all: Foresee, user: User, from: Instant, end: Instant): Fall[] {
  const connected = new Map(user.sessions.map((session) => [session.id, connectedAt(session)]));
  return all(user, from, end).filter(({ at, session, reasons }) => {
    const since = connected.get(session ?? "") ?? null;
    if (at === from || since === null) return false;
    const alone = reasons.every(({ rule }) => rule === "sessions.maxIdle");
    // A limit of time is broken a millisecond after it is met.
    return alone && 2 * (from - since) >= at - 1 - since;
  });
}

const limitsIdleness = ({ sessions, groups }: Policy): boolean =>
  [{ sessions }, ...groups].some((of) => of.sessions.maxIdle !== undefined);

/** The policy as it is for devices that go on connecting. */
export function withoutIdleness(policy: Policy): Policy {
  const without = ({ maxIdle: _, ...others }: SessionRules): SessionRules => others;
  const groups = policy.groups.map((group) => ({ ...group, sessions: without(group.sessions) }));
  return { ...policy, sessions: without(policy.sessions), groups };
}
