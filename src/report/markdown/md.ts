/** Markdown as GitHub and GitLab read it: escaping, and a page that keeps to a size and says what it left out. */
import { clip, printable } from "../../text/safe.ts";
import { number } from "../../text/words.ts";

/** What GitHub takes in one comment, in characters. */
const COMMENT = 65_536;
/** Room that is left for what a workflow puts around the report: a marker to find the comment again, a title, a link. */
const RESERVE = 1_536;
/** The size of a report where nothing else is asked. */
export const MAX_CHARS = COMMENT - RESERVE;

/** How large a page is, in bytes of UTF-8: never less than in characters, however these are counted. */
export function sizeOf(text: string): number {
  return Buffer.byteLength(text);
}

/** Free text from a policy or a backend, on one line, as itself: no markup, HTML, link, mention or issue reference comes of it. */
export function md(text: string): string {
  return (
    printable(text)
      .replace(/&/g, "&amp;")
      .replace(/</g, "&lt;")
      .replace(/>/g, "&gt;")
      .replace(/[\\`*_[\]|~!$]/g, "\\$&")
      .replace(/^(\d*)([#+.)-])/, "$1\\$2")
      // Mentions and references are found after rendering, so an escape would not stop them; a zero-width space does.
      .replace(/(#|GH-)(?=\d)/gi, "$1&#8203;")
      .replace(/(?<![A-Za-z0-9])@/g, "@&#8203;")
      .replace(/:(?=\/\/)/g, "&#58;")
      .replace(/\b(www)\./gi, "$1&#46;")
  );
}

/** As `md`, but of at most `width` characters; "…" stands for what is left out. */
export function mdClip(text: string, width = 80): string {
  return md(clip(text, width));
}

/** An id, a path or a digest in code type; one with other characters than these have is escaped text. */
export function code(text: string): string {
  return /^[\w.:/+-]+$/.test(text) ? `\`${text}\`` : md(text);
}

/** A row of a table; cells are Markdown already. */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |\n`;
}

/** The head of a table and its rule. */
export function tableHead(titles: readonly string[]): string {
  return `${tableRow(titles)}|${" --- |".repeat(titles.length)}\n`;
}

/** A title and what stands below it, as Markdown. */
export type Column<T> = readonly [title: string, cell: (of: T) => string];

/** A table that may not fit. */
export function table<T>(
  { open, close }: Frame,
  columns: readonly Column<T>[],
  all: readonly T[],
  rank: number,
): Listing {
  const head = tableHead(columns.map(([title]) => title));
  const draw = (one: T) => tableRow(columns.map(([, cell]) => cell(one)));
  return { open: open + head, close, rows: lazily(all, draw), total: all.length, rank };
}

function* lazily<T>(items: readonly T[], tell: (item: T) => string): Generator<string> {
  for (const item of items) yield tell(item);
}

/** A list that may not fit: `open` and `close` are always there, rows as far as the page has room. */
export interface Listing {
  open: string;
  close: string;
  /** Rows, made one at a time: of a list that doesn't fit, only the first are made. */
  rows: Iterable<string>;
  total: number;
  /** Listings of a lower rank are given room first. */
  rank: number;
}

/** A piece of a page: text that must be there, or a list. */
export type Piece = string | Listing;

/** The longest line that `left` writes. */
const LEFT = 160;

function left(n: number, total: number, where: string): string {
  return `\n_${n === total ? "" : "… and "}${number(n)}${n === total ? "" : " more"} not shown for lack of room; ${where} has them all._\n`;
}

/**
 * Joins the pieces into a page of at most `maxChars` characters, reckoned by `sizeOf`. The fixed text is reserved first, then rows
 * are placed in the order of rank; what finds no room is counted in a line that points to `where`.
 * Fixed text alone may exceed `maxChars`: it is never cut.
 */
export function page(pieces: readonly Piece[], maxChars: number, where: string): string {
  const listings = pieces.filter((piece) => typeof piece !== "string");
  let room = maxChars;
  for (const piece of pieces) {
    room -=
      typeof piece === "string" ? sizeOf(piece) : sizeOf(piece.open) + sizeOf(piece.close) + LEFT;
  }
  const bodies = new Map<Listing, string>();
  for (const listing of listings.toSorted((a, b) => a.rank - b.rank)) {
    const body = fill(listing, room, where);
    room -= body.taken;
    bodies.set(listing, listing.open + body.text + listing.close);
  }
  return pieces.map((p) => (typeof p === "string" ? p : (bodies.get(p) ?? ""))).join("");
}

function fill(listing: Listing, room: number, where: string): { text: string; taken: number } {
  const kept: string[] = [];
  let taken = 0;
  for (const text of listing.rows) {
    const size = sizeOf(text);
    if (taken + size > room) continue;
    kept.push(text);
    taken += size;
  }
  const missing = listing.total - kept.length;
  const note = missing > 0 ? left(missing, listing.total, where) : "";
  return { text: kept.join("") + note, taken };
}

/** What stands around a list. */
interface Frame {
  open: string;
  close: string;
}

/** A list that is folded away until the reader opens it. */
export function details(summary: string): Frame {
  return { open: `<details><summary>${summary}</summary>\n\n`, close: "\n</details>\n\n" };
}

/** A list that is there at once, below its title. */
export function opened(title: string): Frame {
  return { open: `${title}\n\n`, close: "\n" };
}
