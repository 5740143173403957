/**
 * Patterns for the texts by which devices call themselves: docs/contract.md, "Versions". Own code, as no
 * library of globs is about plain text: they know paths, hidden files and braces, and take characters apart.
 */

/** What one character of a text must be, or any number of any characters. */
type Part = "many" | ((character: string) => boolean);

/** Text → whether it fits; or why the pattern is none. */
export type Compiled = { fits: (text: string) => boolean } | { fault: string };

/** Compiles `*`, `?`, `[…]`, `[!…]` and `[^…]`; a backslash takes the meaning from each of them. Case is ignored. */
export function compilePattern(pattern: string): Compiled {
  const characters = split(pattern);
  const parts: Part[] = [];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? "";
    const next = characters[at + 1] ?? "";
    if (character === "*") parts.push("many");
    else if (character === "?") parts.push(() => true);
    else if (character === "[") {
      const bracket = readBracket(characters, at);
      if ("fault" in bracket) return bracket;
      parts.push(bracket.fits);
      at = bracket.end;
    } else if (character === "\\" && SPECIAL.has(next)) {
      parts.push((other) => same(next, other));
      at += 1;
    } else parts.push((other) => same(character, other));
  }
  return { fits: (text) => fits(parts, split(text)) };
}

const SPECIAL = new Set(["*", "?", "[", "]", "\\"]);
const SPECIAL_INSIDE = new Set(["]", "[", "\\", "!", "^", "-"]);

interface Bracket {
  fits: (character: string) => boolean;
  /** Where its closing bracket stands. */
  end: number;
}

/** Reads `[…]` from its opening bracket on. A `]` right at its beginning is one of its characters. */
function readBracket(characters: readonly string[], open: number): Bracket | { fault: string } {
  const negated = ["!", "^"].includes(characters[open + 1] ?? "");
  const first = open + (negated ? 2 : 1);
  const choices: ((character: string) => boolean)[] = [];
  let at = first;
  const take = (): string => {
    const next = characters[at + 1] ?? "";
    if (characters[at] === "\\" && SPECIAL_INSIDE.has(next)) at += 1;
    return characters[at++] ?? "";
  };
  while (at < characters.length && (characters[at] !== "]" || at === first)) {
    if (characters[at] === "[" && characters[at + 1] === ":") {
      return { fault: "has a class such as [:alpha:], which is not understood: write [a-z]" };
    }
    const from = take();
    if (characters[at] === "-" && at + 1 < characters.length && characters[at + 1] !== "]") {
      at += 1;
      const to = take();
      if (order(from) > order(to)) {
        return { fault: `has the range ${from}-${to}, which holds nothing: write ${to}-${from}` };
      }
      choices.push(between(order(from), order(to)));
    } else choices.push((other) => same(from, other));
  }
  if (at >= characters.length) {
    return {
      fault: "has a [ that no ] closes: for the bracket itself, write a backslash before it",
    };
  }
  return { fits: (other) => choices.some((is) => is(other)) !== negated, end: at };
}

/** Goes back to the last `*` alone, so that its time is the pattern's length times the text's, whatever is in them. */
function fits(parts: readonly Part[], text: readonly string[]): boolean {
  let part = 0;
  let at = 0;
  let lastMany = -1;
  let retry = 0;
  while (at < text.length) {
    const is = parts[part];
    if (is === "many") {
      lastMany = part;
      part += 1;
      retry = at;
    } else if (is?.(text[at] ?? "")) {
      part += 1;
      at += 1;
    } else if (lastMany >= 0) {
      part = lastMany + 1;
      retry += 1;
      at = retry;
    } else return false;
  }
  return parts.slice(part).every((is) => is === "many");
}

const CHARACTERS = new Intl.Segmenter("en", { granularity: "grapheme" });

/** What people see as one character is one: an emoji, a letter and its accent. */
function split(text: string): string[] {
  const composed = text.normalize("NFC");
  // Faster, and a carriage return stays apart from its line feed.
  if (/^[\0-\x7f]*$/.test(composed)) return [...composed];
  return Array.from(CHARACTERS.segment(composed), ({ segment }) => segment);
}

function same(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase() || a.toUpperCase() === b.toUpperCase();
}

const order = (character: string): number => character.codePointAt(0) ?? 0;

function between(from: number, to: number): (character: string) => boolean {
  const holds = (character: string) =>
    [...character].length === 1 && from <= order(character) && order(character) <= to;
  return (other) => holds(other) || holds(other.toLowerCase()) || holds(other.toUpperCase());
}
