/** One reading of a ledger: what its log makes of the cache, and where the log ends. It is read here, and goes on in ledger.ts. */
import { UsageError } from "../errors.ts";
import type { Head } from "../model/run.ts";
import {
  type Cache,
  ofAnotherVersion,
  type Place,
  type ProvingLine,
  readCache,
  stateText,
} from "./cache.ts";
import { followingLines, type StoredLine, storedLines } from "./log/audit.ts";
import { Chain, type End } from "./log/chain.ts";
import { type AuditEntry, chain, isOfOldVersion, ROOT } from "./log/line.ts";
import { Replay } from "./replay.ts";
import { emptyState } from "./state.ts";

/** Something that could not be understood. */
export interface Damaged {
  /** Below the ledger's key, e.g. `state.json`. */
  blob: string;
  /** What is wrong, as a sentence that names the blob, without its full stop. */
  message: string;
  /** Whether what it said is known all the same: the log says it again. */
  mended: boolean;
  /** Kept aside when it is replaced; null where it is gone, or stays as it is. */
  text: string | null;
}

/** A ledger as it was read. */
export interface Reading {
  replay: Replay;
  end: End;
  /** The tag of the cache's blob; null where there is none. Its text is not kept: it may be as large as all the rest. */
  tag: string | null;
  damaged: Damaged[];
}

/** Blobs that are read one after the other; where there are more, they are listed and read several at once. */
const FOLLOWED = 64;

/**
 * Reads what is remembered; `known` is how far the log is known to reach. Only reads. Throws UsageError where it is of
 * another version of Curfew.
 */
export async function readLedger(at: Place, known: Head | null = null): Promise<Reading> {
  const cache = await readCache(at);
  const { end, damaged, cuts, ...reading } = await readLog(at, cache, known);
  const found = [...damaged];
  const most = Math.max(known?.seq ?? 0, cache.named?.seq ?? 0);
  const removed = `of ${most}: those after it were removed`;
  // Once the log has said so it goes on, until somebody knows of as many lines again.
  const cut = most > end.seq && !cuts.some((told) => told.endsWith(removed));
  const message = `the audit log ends with line ${end.seq} ${removed}`;
  if (cut) {
    reading.replay.loseLocks();
    found.push({ blob: "audit", message, mended: false, text: null });
  }
  if (cache.why !== null) {
    const message = `state.json ${cache.why}`;
    const text = cache.blob?.text ?? null;
    found.unshift({ blob: "state.json", message, mended: found.length === 0, text });
  }
  // What was removed is followed by nothing: a new chain begins, and says so for ever.
  const anew = { seq: end.seq, hash: ROOT, broken: { blob: "audit", message } };
  return { ...reading, tag: cache.blob?.tag ?? null, end: cut ? anew : end, damaged: found };
}

async function readLog(at: Place, cache: Cache, known: Head | null): Promise<Followed> {
  const { store, key } = at;
  const after = cache.proved?.by.seq ?? 0;
  if (cache.proved !== null) {
    const followed = await through(at, followingLines(store, key, after, FOLLOWED), cache, known);
    const { end, damaged, blobs } = followed;
    const isAll = blobs < FOLLOWED && damaged.length === 0;
    if (isAll && (known?.seq ?? 0) <= end.seq) return followed;
  }
  // Lines that are damaged or gone don't tell where the next ones are.
  const wanted = (first: number | null) => first !== null && first > after;
  return through(at, storedLines(store, key, wanted), cache, known);
}

/** Other runs write without a pause. */
export function neverStill(place: string): UsageError {
  return new UsageError(
    `The ledger in ${place} is written by other runs all the time. Let them end and run again.`,
  );
}

/** What came of following the log: how many blobs, and what it says itself of lines that were removed. */
type Followed = Omit<Reading, "tag"> & { blobs: number; cuts: string[] };

async function through(
  at: Place,
  lines: AsyncIterable<StoredLine>,
  cache: Cache,
  known: Head | null,
): Promise<Followed> {
  const replay = new Replay(cache.proved?.state ?? emptyState());
  const seen = new Chain(cache.proved?.by);
  const damaged = new Map<string, Damaged>();
  const cuts: string[] = [];
  let blobs = 0;
  for await (const stored of lines) {
    const { line, faults } = seen.see(stored);
    const rewritten = line !== null && line.seq === known?.seq && line.hash !== known.hash;
    const [fault = rewritten ? REWRITTEN : undefined] = faults;
    if (stored.number === 1) blobs++;
    if (fault !== undefined) {
      if (isOfOldVersion(stored.text)) throw ofAnotherVersion(at);
      replay.loseLocks();
      const { blob, number } = stored;
      const message = `${blob}, line ${number} ${fault}`;
      // More may follow from the first.
      if (!damaged.has(blob)) damaged.set(blob, { blob, message, mended: false, text: null });
    }
    if (line?.kind === "ledger-damaged" && line.blob === "audit") cuts.push(line.message);
    if (line !== null) replay.tell(line);
  }
  return { replay, end: seen.end, damaged: [...damaged.values()], blobs, cuts };
}

const REWRITTEN =
  "is another than lease.json knows: the log was rewritten up to here, or lease.json is of another log";

/** What a step puts into the log. */
export interface LogStep {
  /** The text of its blob, and the line after which that comes. */
  text: string;
  after: number;
  head: Head;
  /** What proves the state that a run left, and its text; null in the middle of a run. */
  left: { proof: ProvingLine; text: string } | null;
}

/** Tells entries to a reading, and chains them to its end. The reading goes on from there once they are written. */
export function goOn(reading: Reading, entries: readonly AuditEntry[]): LogStep {
  const { replay, end } = reading;
  const after = end.seq;
  const all = anchored(entries, end);
  for (const [n, entry] of all.entries()) replay.tell({ ...entry, seq: after + 1 + n });
  const ended = all.at(-1)?.kind === "run-ended";
  const state = ended ? stateText(replay.state()) : null;
  const sealed = all.map((entry) =>
    state !== null && entry.kind === "run-ended" ? { ...entry, state: state.hash } : entry,
  );
  const { lines, head } = chain(sealed, end);
  reading.end = { ...head, broken: null };
  const left = state && { proof: { first: after + 1, ...head }, text: state.text };
  return { text: lines, after, head, left };
}

/** A chain that begins anew says why. */
function anchored(entries: readonly AuditEntry[], { broken }: End): readonly AuditEntry[] {
  const [first] = entries;
  if (broken === null || first === undefined) return entries;
  const { run, at } = first;
  return [{ run, at, kind: "ledger-damaged", ...broken, aside: null }, ...entries];
}
