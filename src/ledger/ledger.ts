/** A ledger over a blob store: an audit log, by which it remembers, and a cache of that. */
import type { Holder, LeaseClock, Ledger } from "../model/ports.ts";
import type {
  Attempt,
  Head,
  Memory,
  Outcome,
  RunEnd,
  RunStart,
  RunStop,
  Settled,
} from "../model/run.ts";
import type { ToldBook } from "../model/told.ts";
import type { Instant } from "../model/vocabulary.ts";
import { keptOf } from "../policy/stored.ts";
import { cacheText, type Place, reachOfCache, stateKey } from "./cache.ts";
import { asideKey, deploymentKey, normaliseUrl } from "./key.ts";
import { leaseKey, parseLease } from "./lease/blob.ts";
import { acquireLease, confirmUnleased, type FencedLease, LeaseLostError } from "./lease/lease.ts";
import { auditKey, type ReadLine, readAudit } from "./log/audit.ts";
import {
  beginEntries,
  damagedEntry,
  diedEntry,
  endEntry,
  intentEntries,
  outcomeEntries,
  policyEntry,
  type ReleaseRequest,
  releasedEntry,
  stopEntry,
  type TokenRequest,
  tokenEntry,
} from "./log/entries.ts";
import { type AuditEntry, ROOT } from "./log/line.ts";
import { ownedBy } from "./owned.ts";
import {
  type Damaged,
  goOn,
  type LogStep,
  neverStill,
  type Reading,
  readLedger,
} from "./reading.ts";
import { memoryOf, type OwnLock } from "./state.ts";
import { type BlobStore, putOnce } from "./store/contract.ts";
import { toldBook } from "./told.ts";
import { type AuditReport, verifyAudit } from "./verify.ts";

/** A ledger that keeps an audit log, which can be read and checked. */
export interface StoredLedger extends Ledger {
  lock(holder: Holder, clock: LeaseClock): Promise<FencedLease>;
  /** Tells the audit log that somebody asks for a token, before it is made. Needs no lease, as `stop`. */
  token(asked: TokenRequest): Promise<void>;
  /** Own locks, with the line of the audit log that made each ours. Only reads. */
  locks(): Promise<Readonly<Record<string, OwnLock>>>;
  /** Gives an own lock up, and tells the audit log so: it is foreign from then on. Needs the lease. */
  release(asked: ReleaseRequest): Promise<void>;
  /** The audit log, oldest line first; lines that can't be understood are left out. */
  audit(): AsyncIterable<ReadLine>;
  /** Checks the audit log. */
  verify(): Promise<AuditReport>;
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

/** Times that a step starts again when another run writes in between. */
const TRIES = 20;

/**
 * `<key>/audit/` (log/audit.ts), `<key>/state.json` (cache.ts), `<key>/damaged/<hash>.json`, `<key>/lease.json`
 * (lease/lease.ts) and `<key>/told.json` (told.ts). Each step of a run puts one blob of lines at the end of the log,
 * before what it tells of happens. When the run ends the state is cached, up to its last line.
 */
class BlobLedger implements StoredLedger {
  readonly place: string;
  readonly told: ToldBook;
  readonly #at: Place;
  readonly #url: string;
  /** As far as this process has read and written the log; null where that must be read. */
  #reading: Reading | null = null;
  #damaged: Damaged[] = [];
  #lease: FencedLease | null = null;
  #clock: LeaseClock | null = null;
  #head: Head | null = null;

  constructor(store: BlobStore, options: LedgerOptions) {
    const key = deploymentKey(options.url);
    this.#url = normaliseUrl(options.url);
    this.place = `${options.place.replace(/\/+$/, "")}/${key}`;
    this.#at = { store, key, place: this.place };
    this.told = toldBook(store, key, this.place);
  }

  async lock(holder: Holder, clock: LeaseClock): Promise<FencedLease> {
    const { store, key, place } = this.#at;
    const lastFence = async () => (await this.#read()).replay.fence;
    const lease = await acquireLease(store, key, holder, clock, { place, lastFence });
    this.#lease = lease;
    this.#clock = clock;
    // What was read before is of another time, and did not know how far the log reaches.
    this.#reading = null;
    return lease;
  }

  /** Only reads, so that a plan needs no right to write. */
  async recall(): Promise<Memory> {
    const { replay } = await this.#read();
    const died = this.#lease === null ? {} : { died: true as const };
    const open = replay.open.map((run) => ({ ...run, ...died }));
    return { ...memoryOf(replay.state()), ...(open.length > 0 ? { open } : {}) };
  }

  async begin(run: RunStart): Promise<void> {
    await this.#confirm();
    const holder = this.#lease?.holder ?? null;
    await this.#append(() => beginEntries(run, holder, this.#fence()));
  }

  async intend(
    run: RunStart,
    attempts: readonly Attempt[],
    settled: readonly Settled[] = [],
  ): Promise<void> {
    if (attempts.length + settled.length === 0) return;
    await this.#confirm();
    await this.#append(() => intentEntries(run, attempts, settled));
  }

  async owned(users: readonly string[]): Promise<ReadonlySet<string>> {
    const { replay } = this.#reading ?? (await this.#read());
    const { store, key } = this.#at;
    return ownedBy(store, key, replay.locks, users);
  }

  async record(run: string, outcomes: readonly Outcome[]): Promise<void> {
    if (outcomes.length === 0) return;
    await this.#confirm();
    await this.#append(() => outcomeEntries({ run, at: this.#now() }, outcomes));
  }

  async finish(run: RunEnd): Promise<void> {
    await this.#confirm();
    const step = await this.#append((reading) => this.#ending(run, reading));
    if (step !== null) await this.#cache(step);
  }

  async stop(run: RunStop): Promise<void> {
    await this.#append((reading) => (hasBegun(run.id, reading) ? [] : [stopEntry(run)]), false);
  }

  async token(asked: TokenRequest): Promise<void> {
    await this.#append(() => [tokenEntry(asked)], false);
  }

  async locks(): Promise<Readonly<Record<string, OwnLock>>> {
    return (await this.#read()).replay.locks;
  }

  async release(asked: ReleaseRequest): Promise<void> {
    await this.#confirm();
    await this.#append(() => [releasedEntry(asked, this.#fence())]);
  }

  head(): Head | null {
    return this.#head;
  }

  damage(): string | null {
    if (this.#damaged.length === 0) return null;
    return this.#damaged.map((damaged) => this.#sentence(damaged)).join(" ");
  }

  audit(): AsyncIterable<ReadLine> {
    return readAudit(this.#at.store, this.#at.key);
  }

  verify(): Promise<AuditReport> {
    return verifyAudit(this.#at);
  }

  async #read(): Promise<Reading> {
    const reading = await readLedger(this.#at, this.#lease?.log ?? (await this.#known()));
    this.#damaged = reading.damaged;
    this.#reading = reading;
    return reading;
  }

  /** How far the log reached when somebody last held the lease: a look finds what an apply would. */
  async #known(): Promise<Head | null> {
    const { store, key } = this.#at;
    const blob = await store.get(leaseKey(key));
    const lease = blob === null ? "damaged" : parseLease(blob.text);
    return lease === "damaged" ? null : lease.log;
  }

  /** 0 without a lease. */
  #fence(): number {
    return this.#lease?.fence ?? 0;
  }

  /** null without a lease: then no clock is at hand. */
  #now(): Instant | null {
    return this.#clock?.now() ?? null;
  }

  /** Throws LeaseLostError where this run may not write (any more). */
  async #confirm(): Promise<void> {
    const { store, key, place } = this.#at;
    if (this.#lease) await this.#lease.confirm();
    else await confirmUnleased(store, key, place);
  }

  /**
   * Puts what `made` tells at the end of the log, in one blob; null where that is nothing. Where another run has
   * written meanwhile, the log is read again. Throws LeaseLostError where a run with a higher fence has begun, but for
   * what needs no lease.
   */
  async #append(
    made: (reading: Reading) => readonly AuditEntry[],
    fenced = true,
  ): Promise<LogStep | null> {
    const { store, key, place } = this.#at;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const reading = this.#reading ?? (await this.#read());
      if (fenced && reading.replay.fence > this.#fence())
        throw new LeaseLostError(
          `A later run wrote the ledger in ${place}: this run writes nothing more. Run again.`,
        );
      const entries = made(reading);
      if (entries.length === 0) return null;
      // Until it is written, what was read is not what lies there.
      this.#reading = null;
      const step = goOn(reading, entries);
      const name = auditKey(key, step.after + 1);
      if ((await putOnce(store, name, step.text, { ifAbsent: true })) === null) continue;
      this.#reading = reading;
      this.#head = step.head;
      this.#lease?.note(step.head);
      return step;
    }
    throw neverStill(place);
  }

  /** What the log does not tell yet of the end of a run: damage, runs that died, a new policy, and that it ended. */
  #ending(run: RunEnd, { replay, damaged }: Reading): AuditEntry[] {
    const writer = { run: run.id, at: this.#now() ?? run.at };
    const { attempts, last } = replay.rest();
    const policy = run.policy && keptOf(run.policy);
    const latest = last?.policies.at(-1)?.policy ?? null;
    const isNew = run.policy !== null && policy?.digest !== latest?.digest;
    return [
      ...damaged.map(({ blob, message, text }) =>
        damagedEntry(writer, { blob, message, aside: this.#aside(text) }),
      ),
      ...replay.open
        .filter(({ id }) => id !== run.id)
        .map((died) => diedEntry(writer, died, attempts)),
      ...(isNew ? [policyEntry(writer, policy)] : []),
      // Its state is known when all of this has been told.
      endEntry(writer, run, attempts, ROOT),
    ];
  }

  /** Caches the state that a run left, unless a later one did. What can't be understood is kept aside first. */
  async #cache({ left }: LogStep): Promise<void> {
    const { store, key, place } = this.#at;
    const reading = this.#reading;
    if (left === null || reading === null) return;
    const text = cacheText(this.#url, left.proof, left.text);
    for (const { text } of reading.damaged) await this.#keepAside(text);
    let { tag: before } = reading;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const condition = before === null ? ({ ifAbsent: true } as const) : { ifTag: before };
      const tag = await putOnce(store, stateKey(key), text, condition);
      if (tag !== null) {
        // What was damaged is told, and no part of what is read from now on.
        reading.damaged = [];
        reading.tag = tag;
        return;
      }
      const blob = await store.get(stateKey(key));
      before = blob?.tag ?? null;
      const reach = blob === null ? 0 : reachOfCache(blob.text);
      if (reach !== null && reach >= left.proof.seq) return;
      if (reach === null) await this.#keepAside(blob?.text ?? null);
    }
    throw neverStill(place);
  }

  async #keepAside(text: string | null): Promise<void> {
    const { store, key } = this.#at;
    if (text !== null) await store.put(asideKey(key, text), text);
  }

  /** Where a text is kept, below the ledger's key. */
  #aside(text: string | null): string | null {
    return text === null ? null : asideKey(this.#at.key, text).slice(this.#at.key.length + 1);
  }

  #sentence({ message, mended, text }: Damaged): string {
    const aside = this.#aside(text);
    const kept = aside === null ? "" : ` It is not deleted: the next apply keeps it as ${aside}.`;
    const becomes = mended
      ? "The audit log says again what it said, and nothing is lost."
      : "What it said is lost; locks that were ours by then count as foreign and are not lifted.";
    return `The ledger in ${this.place} is damaged: ${message}. ${becomes}${kept}`;
  }
}

/** Whether a run has begun, which it then tells itself, or the next run does. */
function hasBegun(run: string, { replay }: Reading): boolean {
  if (replay.open.some(({ id }) => id === run)) return true;
  const { runs, attempts } = replay.rest();
  return runs.some(({ id }) => id === run) || attempts.some((attempt) => attempt.run === run);
}
