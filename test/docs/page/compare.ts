/** Whether a terminal shows what a page says that it does. */

/** What differs from run to run and from machine to machine, and the word that stands for it in a comparison. */
const VARIES: readonly [RegExp, string][] = [
  [/\b\d{8}T\d{9}Z-[0-9a-f]{8}\b/g, "RUN"],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| UTC)/g, "MOMENT"],
  [/^( *)\d\d:\d\d:\d\d UTC/g, "$1MOMENT"], // Where the day stands at the end of the line before.
  [/\b(?:127\.0\.0\.1|localhost):\d+/g, "HOST"],
  [/\b(?:127-0-0-1|localhost)-\d+-([0-9a-f]{24})-[0-9a-f]{12}\b/g, "LEDGER"],
  [/\b(?:sha256:)?[0-9a-f]{64}\b|\bsha256:[0-9a-f]{12}\b/g, "DIGEST"],
  [/\bdamaged\/[0-9a-f]{16}\.json/g, "DAMAGED"],
  [/\bcommit [0-9a-f]{12}\b/g, "COMMIT"],
  [/\bby +\S+ on [^,\s]+, process \d+/g, "by SOMEBODY"],
  [/\bCurfew \d+\.\d+\.\d+/g, "CURFEW"],
  [/\b\d+ minutes? ago\b/g, "MINUTES ago"],
  [/\bin \d+(?:\.\d+)? m?s\b/g, "in SECONDS"],
];

/** A text without what varies. */
export function steady(text: string): string {
  return VARIES.reduce((now, [pattern, word]) => now.replace(pattern, word), text);
}

/** A line of a page that stands for lines which are left out. */
const LEFT_OUT = "…";

/** Whether these lines are what a page prints, which may leave lines out where it says so. */
export function fits(printed: readonly string[], real: readonly string[]): boolean {
  const [want, have] = [printed, real].map((lines) => lines.map((line) => steady(line).trimEnd()));
  return matches(want ?? [], have ?? []);
}

function matches(printed: readonly string[], real: readonly string[]): boolean {
  const cut = printed.findIndex((line) => line.trim() === LEFT_OUT);
  const head = cut < 0 ? printed : printed.slice(0, cut);
  const begins = head.every((line, i) => line === real[i]);
  if (cut < 0) return begins && head.length === real.length;
  const rest = printed.slice(cut + 1);
  const left = real.slice(head.length);
  // What is left out is at least a line: a page must not hide that it shows all.
  return begins && left.some((_, i) => matches(rest, left.slice(i + 1)));
}
