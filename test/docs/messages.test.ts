import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sentences } from "./sentences.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Parts of other sentences, which the page has whole. */
const PARTS = new Set([
  "keys and values",
  "a text of … characters",
  "the same exception",
  "the same device",
  "the same raise",
  "the same channel",
  ": did you mean …?",
]);

/** As they are compared: numbers are values, and quotes, case and line breaks don't matter. */
function plain(text: string): string {
  return text.toLowerCase().replace(/["“”]/g, "").replace(/\d+/g, "…").replace(/\s+/g, " ");
}

/** A text as a pattern: `…` stands for anything, also at either end; null where that leaves next to nothing. */
function pattern(text: string): RegExp | null {
  const parts = plain(text)
    .split("…")
    .map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .filter((part) => /[a-z]/.test(part));
  return parts.join("").length < 8 ? null : new RegExp(parts.join(".*"));
}

/** Whether one of the spans says it: cut short or in full, with its values left open or filled in. */
function isSaid(text: string, spans: readonly string[]): boolean {
  const asPattern = pattern(text);
  return spans.some(
    (span) => pattern(span)?.test(plain(text)) || asPattern?.test(plain(span)) === true,
  );
}

test("docs/messages.md has every sentence of an error, of a fault of a policy and of a notice", async () => {
  const page = await readFile(join(ROOT, "docs/messages.md"), "utf8");
  const spans = [...page.matchAll(/(`+)(.+?)\1/g)].map(([, , span = ""]) => span);
  const said = await sentences(ROOT);
  // What reads the sources finds something: fewer would mean that it has gone blind.
  expect(said.length).toBeGreaterThan(150);
  const missing = said.filter(({ text }) => !PARTS.has(text) && !isSaid(text, spans));
  expect(missing.map(({ place, text }) => `${place}: ${text}`)).toEqual([]);
});
