/** Lines for a terminal of a given width. Everything that comes in is printable; nothing is cut, only wrapped. */
import { cells, graphemes, pad } from "./safe.ts";
import type { Paint } from "./style.ts";

/** A piece of text and its colour. */
export interface Cell {
  text: string;
  paint?: Paint;
}

const GAP = 2;

/** Breaks text into lines of at most `width` cells: at spaces, else after a slash, else anywhere. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((w) => pieces(w, width))) {
    const joined = line === "" ? word.text : `${line}${word.glued ? "" : " "}${word.text}`;
    if (line !== "" && cells(joined) > width) {
      lines.push(line);
      line = word.text;
    } else line = joined;
  }
  return [...lines, line];
}

/** A word that is too long, in pieces that fit; all but the first are glued to the one before. */
function pieces(word: string, width: number): { text: string; glued: boolean }[] {
  if (cells(word) <= width) return [{ text: word, glued: false }];
  const parts = word
    .split(/(?<=\/)/)
    .flatMap((part) => (cells(part) <= width ? part : chop(part, width)));
  return parts.map((text, i) => ({ text, glued: i > 0 }));
}

function chop(text: string, width: number): string[] {
  const parts: string[] = [];
  let part = "";
  for (const char of graphemes(text)) {
    if (part !== "" && cells(part) + cells(char) > width) {
      parts.push(part);
      part = "";
    }
    part += char;
  }
  return [...parts, part];
}

/** A paragraph: wrapped, every line behind `indent` spaces. */
export function paragraph(text: string, width: number, indent = 0, paint?: Paint): string[] {
  const margin = " ".repeat(indent);
  return wrap(text, Math.max(20, width - indent)).map((l) => margin + (paint ? paint(l) : l));
}

/** "  label   value", the value wrapped beside its label. */
export function labelled(
  label: string,
  value: string,
  labelWidth: number,
  width: number,
): string[] {
  const lines = wrap(value, Math.max(20, width - labelWidth - 2));
  return lines.map((line, i) => `  ${pad(i === 0 ? label : "", labelWidth)}${line}`);
}

/** The widest cell of each column. */
export function columnWidths(rows: readonly (readonly Cell[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cells(cell.text));
    });
  }
  return widths;
}

/**
 * One row as lines. Where the columns fit side by side they are aligned; else the cells flow, and what
 * does not fit goes to the next line. A column that is empty in all rows takes no room.
 */
export function row(cellsOf: readonly Cell[], widths: readonly number[], width: number): string[] {
  const used = widths.filter((w) => w > 0);
  const total = used.reduce((sum, w) => sum + w + GAP, -GAP);
  if (total > width) return flow(cellsOf, width);
  const shown = cellsOf.filter((_, i) => (widths[i] ?? 0) > 0);
  const parts = shown.map((c, i) =>
    painted(c, pad(c.text, i < used.length - 1 ? (used[i] ?? 0) : 0)),
  );
  return [parts.join(" ".repeat(GAP)).trimEnd()];
}

function flow(cellsOf: readonly Cell[], width: number): string[] {
  const lines: string[] = [];
  let line = "";
  let used = 0;
  for (const cell of cellsOf.filter((c) => c.text !== "")) {
    for (const piece of wrap(cell.text, width)) {
      const next = cells(piece);
      if (used > 0 && used + GAP + next > width) {
        lines.push(line);
        line = painted(cell, piece);
        used = next;
      } else {
        line += (used > 0 ? " ".repeat(GAP) : "") + painted(cell, piece);
        used += (used > 0 ? GAP : 0) + next;
      }
    }
  }
  return [...lines, line];
}

const painted = (cell: Cell, text: string) => (cell.paint ? cell.paint(text) : text);
