/** A ledger over a blob store: one compacted state, and the events of runs that are not yet part of it. */
import { UsageError } from "../errors.ts";
import type { Instant, Ledger, Memory, Outcome, RunEnd, RunStart } from "../model.ts";
import {
  DamagedBlobError,
  eventText,
  parseEvent,
  parseState,
  type State,
  stateText,
} from "./format.ts";
import { deploymentKey, normaliseUrl, shortHash } from "./key.ts";
import { applyFinish, emptyMemory, prune, type RunEvent, replay } from "./memory.ts";
import { type BlobStore, ConflictError } from "./store.ts";

/** A ledger that says what of it was lost. */
export interface StoredLedger extends Ledger {
  /**
   * Sentences that name each blob that could not be understood when the ledger was last read, and where it is kept;
   * null where all was sound. What such a blob said is lost: locks degrade to foreign (DESIGN.md, "What must hold" 3).
   */
  damage(): string | null;
}

export interface LedgerOptions {
  /** The address of the deployment. */
  url: string;
  /** What to call the store in messages, e.g. `.curfew` or `s3://bucket/prefix`. */
  place: string;
}

/** Opens the ledger of one deployment; nothing is read or written yet. Throws UsageError where the url is none. */
export function openLedger(store: BlobStore, options: LedgerOptions): StoredLedger {
  return new BlobLedger(store, options);
}

/** Times that reading and writing start again when another run writes in between. */
const TRIES = 20;
const AT_ONCE = 16;

interface Damaged {
  key: string;
  text: string;
  why: string;
}

/** One consistent reading: the state and all events that it does not contain. */
interface Reading {
  memory: Memory;
  /** The state's tag; null where there is none. */
  tag: string | null;
  /** The keys of all events that lie in the store. */
  events: string[];
  damaged: Damaged[];
}

/**
 * `<key>/state.json`, `<key>/runs/<run>/<number>-<kind>-<hash>.json` and `<key>/damaged/<hash>.json`.
 * A run only adds events until it finishes; then one conditional put makes them, and those of runs that died,
 * part of the state, which names their keys. From then on they don't count, so it does not matter which are removed.
 */
class BlobLedger implements StoredLedger {
  readonly place: string;
  readonly #store: BlobStore;
  readonly #url: string;
  readonly #key: string;
  /** How many events each run has. */
  readonly #counts = new Map<string, number>();
  #damaged: Damaged[] = [];

  constructor(store: BlobStore, options: LedgerOptions) {
    this.#store = store;
    this.#url = normaliseUrl(options.url);
    this.#key = deploymentKey(options.url);
    this.place = `${options.place.replace(/\/+$/, "")}/${this.#key}`;
  }

  /** Only reads, so that a plan needs no right to write. */
  async recall(): Promise<Memory> {
    return (await this.#read()).memory;
  }

  async begin(run: RunStart): Promise<void> {
    await this.#append(run.id, { kind: "begin", begin: run });
  }

  async record(run: string, outcomes: readonly Outcome[]): Promise<void> {
    if (outcomes.length > 0) await this.#append(run, { kind: "outcomes", run, outcomes });
  }

  async finish(run: RunEnd): Promise<void> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const past = await this.#read();
      await this.#keepAside(past.damaged);
      const memory = prune(applyFinish(past.memory, run), run.at);
      if (!(await this.#replaceState(past.tag, { memory, folded: past.events }))) continue;
      await inChunks(past.events, (key) => this.#store.delete(key));
      return;
    }
    throw this.#busy();
  }

  damage(): string | null {
    if (this.#damaged.length === 0) return null;
    return this.#damaged.map((blob) => this.#sentence(blob)).join(" ");
  }

  async #read(): Promise<Reading> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const reading = await this.#readOnce();
      if (reading === null) continue;
      this.#damaged = reading.damaged;
      return reading;
    }
    throw this.#busy();
  }

  /** null where another run made an event part of the state while this one read. */
  async #readOnce(): Promise<Reading | null> {
    const damaged: Damaged[] = [];
    const events = await this.#store.list(`${this.#key}/runs/`);
    const stateKey = `${this.#key}/state.json`;
    const blob = await this.#store.get(stateKey);
    const empty: State = { memory: emptyMemory(), folded: [] };
    const state = blob ? orDamaged(parseState, stateKey, blob.text, damaged) : empty;
    const { memory, folded } = state ?? empty;

    const known = new Set(folded);
    const fresh = events.filter((key) => !known.has(key));
    const blobs = await inChunks(fresh, async (key) => ({ key, blob: await this.#store.get(key) }));
    const parsed: RunEvent[] = [];
    for (const { key, blob } of blobs) {
      if (blob === null) return null;
      const event = orDamaged(parseEvent, key, blob.text, damaged);
      if (event !== null) parsed.push(event);
    }
    return { memory: replay(memory, inOrder(parsed)), tag: blob?.tag ?? null, events, damaged };
  }

  /** The hash keeps two writers of one run apart, so that no key ever means two different events. */
  async #append(run: string, event: RunEvent): Promise<void> {
    const prefix = `${this.#key}/runs/${run}/`;
    const number = this.#counts.get(run) ?? (await this.#store.list(prefix)).length;
    const text = eventText(event);
    const name = `${String(number).padStart(6, "0")}-${event.kind}-${shortHash(text, 16)}`;
    await this.#store.put(`${prefix}${name}.json`, text);
    this.#counts.set(run, number + 1);
  }

  /** False where another run was faster. */
  async #replaceState(tag: string | null, state: State): Promise<boolean> {
    const condition = tag === null ? ({ ifAbsent: true } as const) : { ifTag: tag };
    try {
      await this.#store.put(`${this.#key}/state.json`, stateText(this.#url, state), condition);
      return true;
    } catch (error) {
      if (error instanceof ConflictError) return false;
      throw error;
    }
  }

  /** Before what is damaged is replaced or removed. */
  async #keepAside(damaged: Damaged[]): Promise<void> {
    for (const { text } of damaged) await this.#store.put(this.#aside(text), text);
  }

  #aside(text: string): string {
    return `${this.#key}/damaged/${shortHash(text, 16)}.json`;
  }

  #sentence({ key, text, why }: Damaged): string {
    const [name, aside] = [key, this.#aside(text)].map((k) => k.slice(this.#key.length + 1));
    return (
      `The ledger in ${this.place} is damaged: ${name} ${why}. What it said is lost; ` +
      `locks that only it knew of count as foreign and are not lifted. ` +
      `It is not deleted: the next apply keeps it as ${aside}.`
    );
  }

  #busy(): UsageError {
    return new UsageError(
      `The ledger in ${this.place} is written by other runs all the time. Let them end and run again.`,
    );
  }
}

/** Runs one after the other, by when they began; first of all what came late from runs that are part of the state. */
function inOrder(events: readonly RunEvent[]): RunEvent[] {
  const began = new Map<string, Instant>();
  for (const event of events) {
    if (event.kind === "begin") began.set(event.begin.id, event.begin.at);
  }
  const when = (event: RunEvent) =>
    began.get(event.kind === "begin" ? event.begin.id : event.run) ?? Number.NEGATIVE_INFINITY;
  return events.toSorted((a, b) => when(a) - when(b));
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

async function inChunks<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(start, start + AT_ONCE).map(work))));
  }
  return results;
}
