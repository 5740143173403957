/** The users that a policy names, and whether the target has them. */
import type { Notice, User } from "../model.ts";
import type { Rulebook } from "../policy/effective.ts";
import * as say from "./reasons.ts";

export interface NamesMeter {
  see(user: Pick<User, "name" | "ambiguous">): void;
  /** One notice for each name that no user has, or that several have. */
  notices(): Notice[];
}

/** Watches users stream by. A name in another case is another name; it is only suggested. */
export function namesMeter(book: Rulebook): NamesMeter {
  const missing = new Map(book.named);
  const loosely = new Map([...missing.keys()].map((name) => [name.toLowerCase(), name]));
  const similar = new Map<string, string>();
  const ambiguous = new Map<string, Notice>();
  return {
    see({ name, ambiguous: several }) {
      if (name === null) return;
      const source = missing.get(name);
      if (source && several) ambiguous.set(name, say.ambiguousName(name, source));
      if (source || ambiguous.has(name)) missing.delete(name);
      else {
        const meant = loosely.get(name.toLowerCase());
        if (meant !== undefined) similar.set(meant, name);
      }
    },
    notices: () => [
      ...ambiguous.values(),
      ...[...missing].map(([name, source]) =>
        say.unknownUser(name, similar.get(name) ?? null, source, book.policy.target.identify),
      ),
    ],
  };
}
