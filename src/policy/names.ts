/** When two names are one. docs/contract.md, "Names"; everything that compares names of users asks here. */
import { readJson } from "../json.ts";

/** What a name is compared by: one that holds an `@` without case and without spaces around it, any other as written. */
export function nameKey(name: string): string {
  return name.includes("@") ? loosely(name) : name;
}

/** Without case and without spaces around it: how `protected` compares any name, ids included. */
export function loosely(name: string): string {
  return /^[\0-\x7f]*$/.test(name)
    ? name.trim().toLowerCase()
    : Array.from(name.trim(), withoutCase).join("");
}

/**
 * A letter of either case, by way of the capital, so that letters with several small forms are one. What only looks
 * like a letter stays apart from it: a Kelvin sign or a long s from those of ASCII, a ligature from its letters.
 */
function withoutCase(letter: string): string {
  const small = letter.toUpperCase().toLowerCase();
  return small.length === letter.length && small > "\x7f" ? small : letter.toLowerCase();
}

/** Whether a user is who is asked for: by the id, or by the name that the user has now. */
export function isCalled(
  asked: string,
  { id, name }: { id: string; name: string | null },
): boolean {
  return id === asked || (name !== null && nameKey(name) === nameKey(asked));
}

/** The ids of those whom the ledger remembers by a name. `met`: policy/lines.ts; without `identify` names are ids. */
export function rememberedAs(
  asked: string,
  met: Readonly<Record<string, string>>,
  identify: string | null,
): Set<string> {
  const known = identify === null ? [] : Object.entries(met);
  return new Set(known.filter(([line]) => isOf(line, asked)).map(([, user]) => user));
}

/** What a line of the ledger's names is about: its list, and the name as it is compared. */
export function lineOfMet(line: string): { list: string; name: string } {
  const parts = readJson(line)?.value;
  const texts = Array.isArray(parts) ? parts.map(String) : [line];
  return { list: texts.slice(0, -1).join("."), name: texts.at(-1) ?? "" };
}

function isOf(line: string, asked: string): boolean {
  const { list, name } = lineOfMet(line);
  return name === (list === "protected" ? loosely(asked) : nameKey(asked));
}
