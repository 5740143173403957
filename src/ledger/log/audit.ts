/**
 * The blobs of the audit log: chained lines (line.ts), in `<key>/audit/<number of the first line>.jsonl`.
 *
 * A blob is put only where none is, under the name that the line after the last must have: so of two writers one is
 * first, the other chains on to it, and the log can't fork. A blob is never changed or removed.
 */
import { DamagedBlobError } from "../../json.ts";
import type { BlobStore } from "../store/contract.ts";
import { type AuditLine, MOST, parseLine } from "./line.ts";

/** Blobs read at once. */
const AHEAD = 8;

/** A line of a blob, as it lies there. */
export interface StoredLine {
  /** `audit/….jsonl` */
  blob: string;
  /** The number that the blob's name gives to its first line; null where it gives none. */
  first: number | null;
  /** Within the blob, from 1. */
  number: number;
  text: string;
}

/** The key of the blob whose first line has this number. */
export function auditKey(key: string, first: number): string {
  return `${key}/audit/${String(first).padStart(12, "0")}.jsonl`;
}

/** All lines, blob by blob, of those blobs that are wanted by the number of their first line. */
export async function* storedLines(
  store: BlobStore,
  key: string,
  wanted: (first: number | null) => boolean = () => true,
): AsyncGenerator<StoredLine> {
  const names = (await store.list(`${key}/audit/`)).filter((name) => wanted(numberOf(name)));
  for (let start = 0; start < names.length; start += AHEAD) {
    const some = names.slice(start, start + AHEAD);
    const blobs = await Promise.all(some.map((name) => store.get(name)));
    for (const [i, name] of some.entries()) yield* linesOf(key, name, blobs[i]?.text ?? "");
  }
}

/** The lines from the blob that holds the line of this number on. */
export async function* linesFrom(
  store: BlobStore,
  key: string,
  seq: number,
): AsyncGenerator<StoredLine> {
  const firsts = (await store.list(`${key}/audit/`)).map((name) => numberOf(name) ?? 0);
  const from = firsts.reduce((best, first) => (first <= seq ? Math.max(best, first) : best), 0);
  yield* storedLines(store, key, (first) => first !== null && first >= from);
}

/** The lines after the first so many, blob by blob until there is none, of `most` blobs; one that is missing ends them. */
export async function* followingLines(
  store: BlobStore,
  key: string,
  after: number,
  most: number,
): AsyncGenerator<StoredLine> {
  for (let first = after + 1, blobs = 0; blobs < most; blobs++) {
    const name = auditKey(key, first);
    const blob = await store.get(name);
    if (blob === null) return;
    const lines = linesOf(key, name, blob.text);
    yield* lines;
    first += lines.length;
  }
}

/** A line by its number and that of the first one of its blob; null where it is not there. */
export async function lineAt(
  store: BlobStore,
  key: string,
  { first, seq }: { first: number; seq: number },
): Promise<StoredLine | null> {
  const name = auditKey(key, first);
  const blob = await store.get(name);
  return blob === null ? null : (linesOf(key, name, blob.text)[seq - first] ?? null);
}

/** A line of the log; `intact` is false where it is not as it was written, and absent elsewhere. */
export type ReadLine = AuditLine & { intact?: false };

/** What the audit log says, oldest first. Lines that can't be understood are left out: verifyAudit names them. */
export async function* readAudit(store: BlobStore, key: string): AsyncGenerator<ReadLine> {
  for await (const { text } of storedLines(store, key)) {
    try {
      const { line, intact } = parseLine(text);
      yield intact ? line : { ...line, intact };
    } catch (error) {
      if (!(error instanceof DamagedBlobError)) throw error;
    }
  }
}

/** The lines of a blob's text; one without any has one empty line. */
function linesOf(key: string, name: string, text: string): StoredLine[] {
  const place = { blob: name.slice(key.length + 1), first: numberOf(name) };
  const lines = text.split("\n");
  if (lines.at(-1) === "" && lines.length > 1) lines.pop();
  return lines.map((line, n) => ({ ...place, number: n + 1, text: line }));
}

function numberOf(name: string): number | null {
  const digits = /\/audit\/(\d{12})\.jsonl$/.exec(name)?.[1];
  // A blob of a number that no log reaches is no part of one.
  return digits === undefined || Number(digits) > MOST ? null : Number(digits);
}
