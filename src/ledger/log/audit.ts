/**
 * The audit log: chained lines (line.ts) in blobs `<key>/audit/<number of the first line>.jsonl`.
 *
 * A blob is put only where none is, under the name that the line after the head must have: so of two writers one is
 * first, the other chains on to it, and the log can't fork. A blob is never changed or removed.
 */
import { UsageError } from "../../errors.ts";
import { DamagedBlobError } from "../../json.ts";
import { type BlobStore, putOnce } from "../store/contract.ts";
import {
  type AuditEntry,
  type AuditLine,
  chain,
  type Head,
  headOf,
  parseLine,
  ROOT,
} from "./line.ts";

/** Times that appending starts again when another run writes in between. */
const TRIES = 20;
/** Blobs read at once. */
const AHEAD = 8;

/** Where the log goes on. `broken` says why it does so by a new chain; null where it follows the line before. */
interface Tail extends Head {
  broken: { blob: string; message: string } | null;
}

/** Writes the audit log of one ledger. */
export interface AuditWriter {
  /**
   * Puts entries, one blob of them, at the end of the log; without any, no blob. `known` gives the furthest head that
   * the ledger knows of, null for none; it is asked where this writer has none. Returns the new head. Throws UsageError
   * where others write all the time.
   */
  append(entries: readonly AuditEntry[], known: () => Promise<Head | null>): Promise<Head>;
}

/** Nothing is read or written yet. */
export function auditWriter(store: BlobStore, key: string): AuditWriter {
  /** As of the last append of this process. */
  let last: Tail | null = null;
  return {
    async append(entries, known) {
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const tail: Tail = last ?? (await findTail(store, key, await known()));
        if (entries.length === 0) return { seq: tail.seq, hash: tail.hash };
        const { lines, head } = chain(anchored(entries, tail), tail);
        const put = await putOnce(store, blobKey(key, tail.seq + 1), lines, { ifAbsent: true });
        last = put === null ? null : { ...head, broken: null };
        if (put !== null) return head;
      }
      throw new UsageError(
        `The audit log under ${key} is written by other runs all the time. Let them end and run again.`,
      );
    },
  };
}

/** A chain that begins anew says why. */
function anchored(entries: readonly AuditEntry[], { broken }: Tail): readonly AuditEntry[] {
  const [first] = entries;
  if (broken === null || first === undefined) return entries;
  const { run, at } = first;
  return [{ run, at, kind: "ledger-damaged", ...broken, aside: null }, ...entries];
}

/** Follows the blobs from a known head; where that fails, the last blob tells. */
async function findTail(store: BlobStore, key: string, known: Head | null): Promise<Tail> {
  const start: Tail = { ...(known ?? { seq: 0, hash: ROOT }), broken: null };
  let tail = start;
  for (let follow = known !== null; follow; ) {
    const blob = await store.get(blobKey(key, tail.seq + 1));
    if (blob === null) return tail;
    tail = tailOf(tail.seq + 1, blob.text);
    follow = tail.broken === null;
  }
  const numbers = (await store.list(auditPrefix(key))).flatMap((name) => numberOf(name) ?? []);
  const first = numbers.at(-1);
  const blob = first === undefined ? null : await store.get(blobKey(key, first));
  if (first === undefined || blob === null) return start;
  const found = tailOf(first, blob.text);
  // What the ledger knows to have been written is never numbered again.
  return { ...found, seq: Math.max(found.seq, start.seq) };
}

/** The last line of a blob; where it can't be chained on to, a number that no line of the blob has. */
function tailOf(first: number, text: string): Tail {
  const lines = linesOf(text);
  const seq = first + Math.max(lines.length, 1) - 1;
  const head = headOf(lines.at(-1) ?? "");
  if (head !== null && head.seq === seq) return { ...head, broken: null };
  const blob = blobName(first);
  const message = `The last line of ${blob} is not as it was written, so nothing can be chained to it.`;
  return { seq, hash: ROOT, broken: { blob, message } };
}

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

/** All lines, blob by blob. A blob without any gives one empty line. */
export async function* storedLines(store: BlobStore, key: string): AsyncGenerator<StoredLine> {
  const names = await store.list(auditPrefix(key));
  for (let start = 0; start < names.length; start += AHEAD) {
    const some = names.slice(start, start + AHEAD);
    const blobs = await Promise.all(some.map((name) => store.get(name)));
    for (const [i, name] of some.entries()) {
      const place = { blob: name.slice(key.length + 1), first: numberOf(name) };
      const lines = linesOf(blobs[i]?.text ?? "");
      for (const [n, text] of (lines.length > 0 ? lines : [""]).entries())
        yield { ...place, number: n + 1, text };
    }
  }
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

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function auditPrefix(key: string): string {
  return `${key}/audit/`;
}

function blobName(first: number): string {
  return `audit/${String(first).padStart(12, "0")}.jsonl`;
}

function blobKey(key: string, first: number): string {
  return `${key}/${blobName(first)}`;
}

function numberOf(name: string): number | null {
  const digits = /\/audit\/(\d{12})\.jsonl$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}
