/** One consistent reading of a ledger: its state, and the events that are not yet part of it. Only reads. */
import { UsageError } from "../errors.ts";
import { DamagedBlobError } from "../json.ts";
import type { Memory } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { parseEvent, parseState, type State, type StoredEvent } from "./format.ts";
import { readAudit } from "./log/audit.ts";
import type { Head } from "./log/line.ts";
import { emptyMemory, replay } from "./memory.ts";
import type { BlobStore } from "./store/contract.ts";

/** A blob that could not be understood; `text` is null where it is gone. */
export interface Damaged {
  key: string;
  text: string | null;
  /** The end of a sentence, e.g. `is not JSON`. */
  why: string;
}

export interface Reading {
  memory: Memory;
  /** The state's tag; null where there is none. */
  tag: string | null;
  /** The keys of all events that lie in the store. */
  events: string[];
  /** The runs that began and are not part of the state: they are at work, or died. */
  unfinished: { id: string; at: Instant }[];
  /** The highest that any blob names. */
  fence: number;
  /** The furthest head of the audit log that any blob names. */
  audit: Head | null;
  damaged: Damaged[];
}

/** Times that reading starts again when another run writes in between. */
const TRIES = 20;
const AT_ONCE = 16;

/** Reads the ledger under `key`. Throws UsageError where others write all the time. */
export async function readLedger(store: BlobStore, key: string, place: string): Promise<Reading> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const reading = await readOnce(store, key);
    if (reading !== null) return reading;
  }
  throw neverStill(place);
}

/** Other runs write without a pause. */
export function neverStill(place: string): UsageError {
  return new UsageError(
    `The ledger in ${place} is written by other runs all the time. Let them end and run again.`,
  );
}

/** null where another run made an event part of the state while this one read. */
async function readOnce(store: BlobStore, key: string): Promise<Reading | null> {
  const damaged: Damaged[] = [];
  const events = await store.list(`${key}/runs/`);
  const stateKey = `${key}/state.json`;
  const blob = await store.get(stateKey);
  if (blob === null && (await isLost(store, key, events)))
    damaged.push({
      key: stateKey,
      text: null,
      why: "is gone, though the audit log tells of runs that ended",
    });
  const nothing: State = { memory: emptyMemory(), folded: [], fence: 0, audit: null };
  const state = (blob && orDamaged(parseState, stateKey, blob.text, damaged)) ?? nothing;

  const known = new Set(state.folded);
  const fresh = events.filter((name) => !known.has(name));
  const blobs = await inChunks(fresh, async (name) => ({ name, blob: await store.get(name) }));
  const stored: StoredEvent[] = [];
  for (const { name, blob } of blobs) {
    if (blob === null) return null;
    const event = orDamaged(parseEvent, name, blob.text, damaged);
    if (event !== null) stored.push(event);
  }
  const heads = [state, ...stored].flatMap(({ audit }) => audit ?? []);
  return {
    memory: replay(state.memory, inOrder(stored)),
    tag: blob?.tag ?? null,
    events,
    unfinished: stored.flatMap(({ event }) => (event.kind === "begin" ? event.begin : [])),
    fence: stored.reduce((most, { fence }) => Math.max(most, fence), state.fence),
    audit: heads.toSorted((a, b) => a.seq - b.seq).at(-1) ?? null,
    damaged,
  };
}

/** Without a state: whether a run ended that no longer has its events, which go when the state has them. */
async function isLost(store: BlobStore, key: string, events: readonly string[]): Promise<boolean> {
  const runs = new Set(events.map((name) => name.split("/").at(-2)));
  for await (const line of readAudit(store, key)) {
    if (line.kind === "run-ended" && !runs.has(line.run)) return true;
  }
  return false;
}

/**
 * Runs one after the other, by fence, since clocks may go back; of one fence by when they began, first of all what
 * came late from runs that are part of the state.
 */
function inOrder(stored: readonly StoredEvent[]): StoredEvent["event"][] {
  const began = new Map<string, Instant>();
  for (const { event } of stored) {
    if (event.kind === "begin") began.set(event.begin.id, event.begin.at);
  }
  const when = ({ event }: StoredEvent) =>
    began.get(event.kind === "begin" ? event.begin.id : event.run) ?? 0;
  return stored
    .toSorted((a, b) => a.fence - b.fence || when(a) - when(b))
    .map(({ event }) => event);
}

function orDamaged<T>(
  parse: (text: string) => T,
  key: string,
  text: string,
  damaged: Damaged[],
): T | null {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof DamagedBlobError)) throw error;
    damaged.push({ key, text, why: error.message });
    return null;
  }
}

/** Calls `work` on each item, some at once; the results are in order. */
export async function inChunks<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return results;
}
