/** The users that a policy names, and whether the target has them. */
import type { User } from "../model/inventory.ts";
import type { Notice } from "../model/plan.ts";
import type { LockedEntry } from "../model/policy.ts";
import type { Known } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { type Rulebook, rulebook } from "../policy/effective.ts";
import type { Line, Met } from "../policy/lines.ts";
import { nameKey } from "../policy/names.ts";
import { decide } from "./decide/decide.ts";
import * as notice from "./decide/notices.ts";

export interface NamesMeter {
  /** `id` is null where a record does not say it. */
  see(user: Pick<User, "name" | "ambiguous"> & { id: string | null }): void;
  /** A name that the policy locks at this moment, that nobody has and no apply has met; null where there is none. */
  lostLock(at: Instant): string | null;
  /** The id of the user who has what a line is compared by; of several the lowest, null where nobody has it. */
  holder(name: string): string | null;
  /** Lines that the ledger does not know and whose name one user alone has, and who that is. */
  met(): [line: string, user: string][];
  /** Lines that the ledger knows and the policy has no more. */
  gone(): string[];
  /** One notice for each name that no user has, or that several have. */
  notices(): Notice[];
}

/** Watches users stream by. `known`: what the ledger knows of names. */
export function namesMeter(book: Rulebook, known: Met = {}): NamesMeter {
  const { identify } = book.policy.target;
  const { lines } = book;
  const met = identify === null ? {} : known;
  const missing = new Map(book.named);
  /** Of lines that say a name and no id: who has it, two at most. */
  const bearers = new Map<Line, Set<string>>();
  const holders = new Map<string, string>();
  const ambiguous = new Map<string, Notice>();
  const hints = similarNames([...missing.keys()]);
  const bear = (line: Line, id: string, several: boolean | undefined) => {
    const before = holders.get(line.name);
    if (before === undefined || id < before) holders.set(line.name, id);
    const all = bearers.get(line) ?? new Set();
    if (all.size < 2) bearers.set(line, all.add(id));
    const { written } = line;
    const source = book.named.get(written) ?? line.source;
    if (several || all.size > 1) ambiguous.set(written, notice.ambiguousName(written, source));
  };
  return {
    see(user) {
      const { id, name, ambiguous: several } = user;
      if (book.named.size === 0) return;
      const { byName, byId } = lines.present(user);
      for (const { written } of [...byName, ...byId]) missing.delete(written);
      if (id !== null) for (const line of byName) bear(line, id, several);
      if (name !== null) hints.see(name);
    },
    lostLock: (at) => {
      const inForce = ({ from = -Infinity, until = Infinity }: LockedEntry) =>
        from <= at && at < until;
      const isMet = (name: string) =>
        Object.hasOwn(met, JSON.stringify(["users.locked", nameKey(name)]));
      const locks = (name: string) => book.lockedEntries(name).some(inForce) && !isMet(name);
      return [...missing.keys()].find(locks) ?? null;
    },
    holder: (name) => holders.get(name) ?? null,
    met: () =>
      [...bearers].flatMap(([{ key, written }, [first = "", ...others]]) => {
        const sole = others.length === 0 && !ambiguous.has(written) && !Object.hasOwn(met, key);
        return sole ? [[key, first] as [string, string]] : [];
      }),
    gone: () => Object.keys(known).filter((key) => identify === null || !lines.byKey.has(key)),
    notices: () => [
      ...ambiguous.values(),
      ...[...missing].map(([name, source]) =>
        notice.unknownUser(name, hints.of(name), source, identify),
      ),
    ],
  };
}

/** Of each name the lowest that differs only in case, so that the order of pages changes nothing. */
function similarNames(names: readonly string[]) {
  const loosely = Map.groupBy(names, (name) => name.toLowerCase());
  const similar = new Map<string, string>();
  return {
    see(name: string): void {
      for (const meant of loosely.get(name.toLowerCase()) ?? []) {
        const before = similar.get(meant);
        if (before === undefined || name < before) similar.set(meant, name);
      }
    },
    of: (name: string) => similar.get(name) ?? null,
  };
}

/** Whether something is to be done to a user whom a line names by the present name: then the backend is asked who has it. */
export function actsByName({ policy, at, memory }: Known): (user: User) => boolean {
  const book = rulebook(policy);
  return (user) => {
    if (policy.target.identify === null) return false;
    if (book.lines.present(user).byName.length === 0) return false;
    const { wants, adopt } = decide(user, book, at, memory);
    return adopt || wants.length > 0;
  };
}
