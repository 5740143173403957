/** The users that a policy names, and whether the target has them. */
import type { User } from "../model/inventory.ts";
import type { Notice } from "../model/plan.ts";
import type { LockedEntry } from "../model/policy.ts";
import type { Instant } from "../model/vocabulary.ts";
import type { Rulebook } from "../policy/effective.ts";
import * as say from "./decide/reasons.ts";

export interface NamesMeter {
  /** `id` is null where a record does not say it. */
  see(user: Pick<User, "name" | "ambiguous"> & { id: string | null }): void;
  /** A name that the policy locks at this moment and nobody has; null where there is none. */
  lostLock(at: Instant): string | null;
  /** The id of the user who has one of the watched names; of several the lowest, null where nobody has it. */
  holder(watched: string): string | null;
  /** One notice for each name that no user has, or that several have. */
  notices(): Notice[];
}

/** Watches users stream by. A name in another case is another name; it is only suggested. `watched`: whose holder is asked for. */
export function namesMeter(book: Rulebook, watched: Iterable<string> = []): NamesMeter {
  const holders = new Map<string, string | null>(Array.from(watched, (name) => [name, null]));
  const missing = new Map(book.named);
  const loosely = Map.groupBy(missing.keys(), (name) => name.toLowerCase());
  /** The lowest of the names that differ only in case, so that the order of pages changes nothing. */
  const similar = new Map<string, string>();
  const ambiguous = new Map<string, Notice>();
  return {
    see({ id, name, ambiguous: several }) {
      if (name === null) return;
      const holder = holders.get(name);
      if (id !== null && (holder === null || (holder !== undefined && id < holder))) {
        holders.set(name, id);
      }
      const source = book.named.get(name);
      if (source && several) ambiguous.set(name, say.ambiguousName(name, source));
      if (loosely.size === 0) return;
      missing.delete(name);
      for (const meant of loosely.get(name.toLowerCase()) ?? []) {
        const before = similar.get(meant);
        if (before === undefined || name < before) similar.set(meant, name);
      }
    },
    lostLock: (at) => {
      const inForce = ({ from = -Infinity, until = Infinity }: LockedEntry) =>
        from <= at && at < until;
      const locks = (name: string) => book.lockedEntries(name).some(inForce);
      return [...missing.keys()].find(locks) ?? null;
    },
    holder: (name) => holders.get(name) ?? null,
    notices: () => [
      ...ambiguous.values(),
      ...[...missing].map(([name, source]) => {
        const { identify } = book.policy.target;
        return say.unknownUser(name, similar.get(name) ?? null, source, identify);
      }),
    ],
  };
}
