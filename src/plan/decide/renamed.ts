/**
 * With `identify` a name may move. A lock is of the user whom Curfew locked, whoever has the name now: while the policy
 * locks that name, a user who was given another one, or none, is not let in. The user model alone opens no door.
 */
import type { User } from "../../model/inventory.ts";
import type { Notice } from "../../model/plan.ts";
import type { Policy } from "../../model/policy.ts";
import type { Instant } from "../../model/vocabulary.ts";
import type { Rulebook } from "../../policy/effective.ts";
import * as say from "./reasons.ts";
import type { Caused, Owned } from "./want.ts";

/** The name by which the policy last locked a user whose lock is ours; null where the ledger does not know it. */
export function lockedAs(user: User, owned: Owned): string | null {
  const names = owned.lockedAs ?? {};
  return Object.hasOwn(names, user.id) ? (names[user.id] ?? null) : null;
}

/** The name by which Curfew locked a user whom the policy does not lock by the present one, where it still locks that; else null. */
export function formerName(user: User, book: Rulebook, at: Instant, owned: Owned): string | null {
  const name = lockedAs(user, owned);
  if (book.policy.target.identify === null || name === null) return null;
  return book.forUser({ ...user, name }, at).locked.length > 0 ? name : null;
}

/** `former`: by which Curfew locked the user; `holder`: the user who has that name now, null where nobody has. */
export function renamed(
  user: User,
  former: string,
  holder: string | null,
  { target, users }: Policy,
): Notice {
  const now =
    user.name === null ? `the user model gives it no ${target.identify}` : `it is ${user.name} now`;
  const moved = holder === null ? "nobody is called that" : `the name has moved to user ${holder}`;
  const [left, remedy] = user.locked
    ? ["left locked", `if this is still who is meant, correct the name, else remove the entry`]
    : ["somebody lifted the lock: left unlocked", "to lock it again, correct the name"];
  return {
    kind: "orphaned-lock",
    user: user.id,
    message: `locked by Curfew as ${former}, which the policy still locks, but ${now} and ${moved}: ${remedy}; ${left}`,
    ...(users.source ?? {}),
  };
}

/**
 * A user whom the ledger knows by no name, and who was renamed, looks unlisted: while the policy locks a name that
 * nobody has (`lost`), nobody unlisted is unlocked.
 */
export function spareRenamed(
  wants: readonly Caused[],
  lost: string | null,
  book: Rulebook,
  owned: Owned,
): { wants: readonly Caused[]; notices: Notice[] } {
  const { policy } = book;
  const known = owned.lockedAs ?? {};
  if (policy.target.identify === null || lost === null) return { wants, notices: [] };
  const doubtful = (want: Caused) =>
    want.type === "unlock" &&
    !Object.hasOwn(known, want.user) &&
    book.lockedEntries(want.name ?? "").length === 0;
  return {
    wants: wants.filter((want) => !doubtful(want)),
    notices: wants.filter(doubtful).map((want) => say.perhapsRenamed(want.user, lost, policy)),
  };
}
