/** The one user whom a command is asked about, among all that stream by. */
import { NoSuchUserError, UsageError } from "../errors.ts";
import type { UnreadableUser, UserRecord } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import type { Memory } from "../model/run.ts";
import { isCalled, rememberedAs } from "../policy/names.ts";
import { didYouMean } from "../text/suggest.ts";

export interface OneUser {
  /** Whether this record is of the user who is asked about. */
  is(record: UserRecord): boolean;
  /** Throws NoSuchUserError where nobody was, with the closest name; UsageError where the record can't be read. */
  found(): void;
}

/** `asked`: an id, or a name where the policy identifies users by a field. `met`: whom the ledger remembers by a name. */
export function oneUser(asked: string, { target }: Policy, met: Memory["met"] = {}): OneUser {
  const known = rememberedAs(asked, met, target.identify);
  let found = false;
  let unreadable: UnreadableUser | null = null;
  let closest: string | null = null;
  const consider = (name: string) => {
    if (didYouMean(asked, [name]) === "") return;
    const both = closest === null ? [name] : [closest, name].sort();
    closest = both.find((one) => didYouMean(asked, both) === didYouMean(asked, [one])) ?? closest;
  };
  return {
    is(record) {
      if ("unreadable" in record) {
        if (record.unreadable.id === asked) unreadable = record.unreadable;
        return false;
      }
      const { id, name } = record.user;
      const is = isCalled(asked, record.user) || known.has(id);
      found ||= is;
      if (!found) for (const one of new Set([id, name ?? id])) consider(one);
      return is;
    },
    found() {
      if (found) return;
      if (unreadable !== null) {
        const why = `the record of user ${asked} can't be read, so nothing is done to it: ${unreadable.message}`;
        throw new UsageError(`${target.name}: ${why}`);
      }
      const by = target.identify === null ? "id" : `${target.identify} or id`;
      const rest = `ive the ${by} of one user, in the same letters`;
      const hint =
        closest === null ? `g${rest}` : `${didYouMean(asked, [closest]).slice(2)} G${rest}`;
      throw new NoSuchUserError(`${target.name} has no user ${asked}: ${hint}`);
    },
  };
}
