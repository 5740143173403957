/**
 * Renews docs/messages.md (`npm run messages`): the sentences come from the sources, what each means and what to do is
 * written by hand beside it. A row is kept by its sentence: one that is written short, with `…` for the rest, becomes
 * whole; a new one is put at the end, to be explained; one that no source says is told. A test compares.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { literals, sentences } from "./messages/sentences.ts";

const ROOT = join(import.meta.dirname, "..");
const PAGE = join(ROOT, "docs", "messages.md");

export const UNEXPLAINED = "## Not explained yet";
const NEW_TABLE = `\n${UNEXPLAINED}\n\n| message | it means | do |\n| --- | --- | --- |\n`;

/** Parts of other sentences, which the page has whole. */
const PARTS = new Set([
  "keys and values",
  "a text of … characters",
  "the same exception",
  "the same device",
  "the same raise",
  "the same channel",
  "{ type: …, …, until: …, reason: … }",
]);

/** What a library says, or what is put together of single words. */
const UNCHECKED = new Set([
  "error: unknown option …",
  "error: unknown command …",
  "Plan: … to lock, … to wipe, … to re-authenticate, … to unlock.",
]);

export interface Said {
  /** Whole messages, `…` where a value stands. */
  sentences: readonly string[];
  /** All texts in the sources, of which a report is put together. */
  literals: readonly string[];
}

/** The page anew, the sentences that it lacked, and those of it that no source says. */
export interface Renewed {
  page: string;
  lacking: string[];
  stale: string[];
}

export function renewed(page: string, said: Said): Renewed {
  const known = [...new Set(said.sentences.map(shown))].filter((text) => !PARTS.has(text));
  const corpus = said.literals.map(plain).join("\n");
  const seen = new Set<string>();
  const stale: string[] = [];
  const ofSpan = (span: string): string[] => {
    const fits = known.includes(span) ? [span] : known.filter((text) => isShort(span, text));
    for (const text of fits) seen.add(text);
    if (fits.length > 0) return fits;
    const filled = known.filter((text) => isShort(text, span));
    for (const text of filled) seen.add(text);
    const isOurs = filled.length > 0 || UNCHECKED.has(span) || isPutTogether(span, corpus);
    if (!isOurs) stale.push(span);
    return [span];
  };
  const text = withSpans(page, ofSpan);
  const lacking = known.filter((sentence) => !seen.has(sentence));
  const rows = lacking.map((sentence) => `| ${code(sentence)} |  |  |\n`).join("");
  const head = page.includes(UNEXPLAINED) ? "" : NEW_TABLE;
  return { page: rows === "" ? text : text + head + rows, lacking, stale };
}

/** Each code span of the column of messages, replaced by what `change` makes of it; of one sentence in a row once. */
function withSpans(page: string, change: (span: string) => string[]): string {
  let column = -1;
  const lines = page.split("\n").map((line) => {
    const cells = line.split(/ ?(?<!\\)\| ?/);
    if (!line.startsWith("|")) column = -1;
    else if (column < 0) column = cells.findIndex((cell) => cell === "message" || cell === "fault");
    else if (!line.startsWith("| --- |")) {
      const old = cells[column] ?? "";
      const spans = [...old.matchAll(/(`+) ?(.+?) ?\1/g)];
      const anew = spans.map(([, , span = ""]) => change(span.replaceAll("\\|", "|")));
      const done = new Set<string>();
      const cell = old.replace(/(`+).+?\1/g, () => {
        const fresh = (anew.shift() ?? []).filter((text) => !done.has(text));
        for (const text of fresh) done.add(text);
        return fresh.map(code).join(", ");
      });
      return line.replace(old, () => cell);
    }
    return line;
  });
  return lines.join("\n");
}

/** As the page shows a sentence: without the place before it, and one `…` for values side by side. */
function shown(sentence: string): string {
  return sentence
    .replace(/^…:…: /, "")
    .replace(/…{2,}/g, "…")
    .replace(/\s+/g, " ")
    .trim();
}

/** Whether `short` becomes `long` by filling in its `…`: what was left out, or values. */
function isShort(short: string, long: string): boolean {
  const parts = plain(short).replace(/^… /, "").split("…");
  if (parts.join("").length < 8) return false;
  const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*");
  return new RegExp(`^${short.startsWith("… ") ? "(?:.* )?" : ""}${pattern}$`).test(plain(long));
}

/** Whether all pieces between the `…` of a span stand in texts of the sources, as those of a report do. */
function isPutTogether(span: string, corpus: string): boolean {
  const isThere = (piece: string) => corpus.includes(piece.replace(/^[^a-z]+|[^a-z]+$/g, ""));
  const isJoined = (piece: string) => {
    const words = piece.trim().split(" ");
    const cuts = Array.from({ length: Math.max(0, words.length - 3) }, (_, i) => i + 2);
    return cuts.some((at) =>
      [words.slice(0, at), words.slice(at)].every((w) => isThere(w.join(" "))),
    );
  };
  const pieces = plain(span.replace(/\d+/g, "…")).split("…");
  return pieces.every((piece) => isThere(piece) || isJoined(piece));
}

/** As texts are compared: quotes, case, emphasis and line breaks don't matter. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .replace(/["“”'`]/g, "")
    .replace(/\s+/g, " ");
}

function code(text: string): string {
  const cell = text.replaceAll("|", "\\|");
  return cell.includes("`") ? `\`\` ${cell} \`\`` : `\`${cell}\``;
}

/** What the sources of this checkout say. */
export async function saidBySources(): Promise<Said> {
  const found = await sentences(ROOT);
  return { sentences: found.map(({ text }) => text), literals: await literals(ROOT) };
}

if (import.meta.main) {
  const { page, lacking, stale } = renewed(await readFile(PAGE, "utf8"), await saidBySources());
  await writeFile(PAGE, page);
  for (const text of lacking) console.error(`explain in docs/messages.md: ${text}`);
  for (const text of stale) console.error(`no source says: ${text}`);
  if (lacking.length + stale.length > 0) process.exitCode = 1;
}
