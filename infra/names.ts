/** Names of AWS resources, made from the names that people chose for stacks and targets. */
import { createHash } from "node:crypto";

const HASH_DIGITS = 6;

/**
 * A name of letters, digits, `-` and `_`, at most `longest` characters: the text itself where it is one already, else
 * what is left of it and six digits of its hash, so that two texts never share a name.
 */
export function safeName(text: string, longest = 32): string {
  const clean = text.replace(/[^A-Za-z0-9_-]+/g, "-");
  if (clean === text && text.length <= longest && /^[A-Za-z0-9]/.test(text)) return text;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, HASH_DIGITS);
  const start = clean.replace(/^[-_]+/, "").slice(0, longest - HASH_DIGITS - 1);
  return `${start === "" ? "x" : start}-${hash}`;
}
