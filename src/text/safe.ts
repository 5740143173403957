/**
 * Text from a backend or a policy, made safe to print. Names, labels and error messages may carry escape
 * sequences, line breaks or bidi controls that would repaint a terminal or reorder a line.
 */
import stringWidth from "string-width";

/** Control, format (bidi, zero-width, tags), line and paragraph separators, lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const SHORT: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** The text on one line, every unprintable character as a visible escape: `\x1b`, `\n`, `\u202e`, `\u{e0041}`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (c) => SHORT[c] ?? escaped(c.codePointAt(0) ?? 0));
}

function escaped(code: number): string {
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
}

/**
 * What a CI runner takes for an order: `::command::` at the start of a line, behind spaces (GitHub; colours are passed
 * over too), and `##[command]`, `##vso[…]` and `##teamcity[…]` anywhere in one (GitHub, Azure Pipelines, TeamCity).
 */
const ORDER = /(?<=^(?:[^\S\r\n]|\p{Cc}\[[\d;]*m)*):(?=:)|#(?=#\w*\[)/gmu;

/**
 * A whole report of which a CI runner obeys no line: the first character of an order as a visible escape, `\u003a` or
 * `\u0023`. In JSON that is the same text to whoever parses it: an order can only stand inside a string there.
 */
export function withoutOrders(text: string): string {
  return text.replace(ORDER, (char) => (char === ":" ? "\\u003a" : "\\u0023"));
}

/** How many terminal cells printable text takes: 2 for East Asian wide characters and emoji, 0 for combining marks. */
export function cells(text: string): number {
  if (ASCII.test(text)) return text.length;
  let sum = 0;
  for (const char of graphemes(text)) sum += widthOf(char);
  return sum;
}

const ASCII = /^[ -~]*$/;

/** Looking a character up is slow, for an emoji twenty times as slow as for a letter, and a report repeats its own. */
const widths = new Map<string, number>();
const MOST_WIDTHS = 10_000;

function widthOf(char: string): number {
  const known = widths.get(char);
  if (known !== undefined) return known;
  const width = stringWidth(char);
  if (widths.size < MOST_WIDTHS) widths.set(char, width);
  return width;
}

const GRAPHEMES = new Intl.Segmenter("en", { granularity: "grapheme" });

/** What a reader takes for one character each: a letter with its marks, an emoji with its colour, a flag. */
export function* graphemes(text: string): Generator<string> {
  for (const { segment } of GRAPHEMES.segment(text)) yield segment;
}

/** `text` filled with spaces to `width` cells. */
export function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - cells(text)));
}

/** Printable free text of at most `width` cells; "…" stands for what is left out. Never use it on an id. */
export function clip(text: string, width: number): string {
  // No more than this many characters can show, so a label of megabytes costs nothing.
  const safe = printable(text.slice(0, 8 * width));
  if (cells(safe) <= width && text.length <= 8 * width) return safe;
  let kept = "";
  let used = 0;
  for (const char of graphemes(safe)) {
    used += cells(char);
    if (used > width - 1) break;
    kept += char;
  }
  return `${kept}…`;
}
