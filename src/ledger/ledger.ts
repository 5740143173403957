/** A ledger over a blob store: one compacted state, the events of runs that are not yet part of it, and the audit log. */

import type { Holder, LeaseClock, Ledger } from "../model/ports.ts";
import type { Memory, Outcome, RunEnd, RunStart, RunStop } from "../model/run.ts";
import type { ToldBook } from "../model/told.ts";
import type { Instant } from "../model/vocabulary.ts";
import { eventText, stateText } from "./format.ts";
import { asideKey, deploymentKey, normaliseUrl, shortHash } from "./key.ts";
import { acquireLease, confirmUnleased, type Lease, LeaseLostError } from "./lease/lease.ts";
import { type AuditWriter, auditWriter, readAudit } from "./log/audit.ts";
import {
  beginEntries,
  damagedEntry,
  diedEntry,
  endEntry,
  outcomeEntries,
  stopEntry,
  type TokenRequest,
  tokenEntry,
} from "./log/entries.ts";
import type { AuditEntry, AuditLine, Head } from "./log/line.ts";
import { type AuditReport, verifyAudit } from "./log/verify.ts";
import { applyFinish, prune, type RunEvent } from "./memory.ts";
import { type Damaged, inChunks, neverStill, type Reading, readLedger } from "./read.ts";
import { type BlobStore, checkKey, putOnce } from "./store/contract.ts";
import { toldBook } from "./told.ts";

/** A ledger that keeps an audit log, which can be read and checked. */
export interface StoredLedger extends Ledger {
  lock(holder: Holder, clock: LeaseClock): Promise<Lease>;
  /** Tells the audit log that somebody asks for a token, before it is made. Needs no lease, as `stop`. */
  token(asked: TokenRequest): Promise<void>;
  /** The audit log, oldest line first; lines that can't be understood are left out. */
  audit(): AsyncIterable<AuditLine>;
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

/** Times that finishing starts again when another run writes in between. */
const TRIES = 20;

/**
 * `<key>/state.json`, `<key>/runs/<run>/<number>-<kind>-<fence>-<hash>.json`, `<key>/damaged/<hash>.json`,
 * `<key>/audit/` (audit.ts), `<key>/lease.json` (lease.ts) and `<key>/told.json` (told.ts).
 * A run only adds events until it finishes; then one conditional put makes them, and those of runs that died,
 * part of the state, which names their keys. From then on they don't count, so it does not matter which are removed.
 * Whatever is written is in the audit log first.
 */
class BlobLedger implements StoredLedger {
  readonly place: string;
  readonly told: ToldBook;
  readonly #store: BlobStore;
  readonly #url: string;
  readonly #key: string;
  readonly #audit: AuditWriter;
  /** How many events each run has. */
  readonly #counts = new Map<string, number>();
  #damaged: Damaged[] = [];
  #lease: Lease | null = null;
  #clock: LeaseClock | null = null;
  #head: Head | null = null;

  constructor(store: BlobStore, options: LedgerOptions) {
    this.#store = store;
    this.#url = normaliseUrl(options.url);
    this.#key = deploymentKey(options.url);
    this.#audit = auditWriter(store, this.#key);
    this.place = `${options.place.replace(/\/+$/, "")}/${this.#key}`;
    this.told = toldBook(store, this.#key, this.place);
  }

  async lock(holder: Holder, clock: LeaseClock): Promise<Lease> {
    const { place } = this;
    const lastFence = async () => (await this.#read()).fence;
    const lease = await acquireLease(this.#store, this.#key, holder, clock, { place, lastFence });
    this.#lease = lease;
    this.#clock = clock;
    return lease;
  }

  /** Only reads, so that a plan needs no right to write. */
  async recall(): Promise<Memory> {
    return (await this.#read()).memory;
  }

  async begin(run: RunStart): Promise<void> {
    checkKey(this.#eventPrefix(run.id).slice(0, -1));
    const past = await this.#read();
    await this.#confirm(past);
    const entries = beginEntries(run, this.#lease?.holder ?? null, this.#fence());
    await this.#append(run.id, { kind: "begin", begin: run }, entries, async () => past.audit);
  }

  async record(run: string, outcomes: readonly Outcome[]): Promise<void> {
    if (outcomes.length === 0) return;
    checkKey(this.#eventPrefix(run).slice(0, -1));
    await this.#confirm(null);
    const entries = outcomeEntries({ run, at: this.#now() }, outcomes);
    await this.#append(run, { kind: "outcomes", run, outcomes }, entries, this.#knownHead);
  }

  async finish(run: RunEnd): Promise<void> {
    const told = new Set<string>();
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const past = await this.#read();
      await this.#confirm(past);
      const end = await this.#tellEnd(run, past, told);
      const audit = past.audit !== null && past.audit.seq > end.seq ? past.audit : end;
      await this.#keepAside(past.damaged);
      const memory = prune(applyFinish(past.memory, run), run.at);
      const state = { memory, folded: past.events, fence: this.#fence(), audit };
      const condition = past.tag === null ? ({ ifAbsent: true } as const) : { ifTag: past.tag };
      const text = stateText(this.#url, state);
      if ((await putOnce(this.#store, `${this.#key}/state.json`, text, condition)) === null)
        continue;
      this.#head = audit;
      await inChunks(past.events, (key) => this.#store.delete(key));
      return;
    }
    throw neverStill(this.place);
  }

  async stop(run: RunStop): Promise<void> {
    checkKey(this.#eventPrefix(run.id).slice(0, -1));
    const begun = await this.#store.list(this.#eventPrefix(run.id));
    if (begun.length > 0) return;
    this.#head = await this.#audit.append([stopEntry(run)], this.#knownHead);
  }

  async token(asked: TokenRequest): Promise<void> {
    this.#head = await this.#audit.append([tokenEntry(asked)], this.#knownHead);
  }

  head(): Head | null {
    return this.#head;
  }

  damage(): string | null {
    if (this.#damaged.length === 0) return null;
    return this.#damaged.map((blob) => this.#sentence(blob)).join(" ");
  }

  audit(): AsyncIterable<AuditLine> {
    return readAudit(this.#store, this.#key);
  }

  verify(): Promise<AuditReport> {
    return verifyAudit(this.#store, this.#key);
  }

  async #read(): Promise<Reading> {
    const reading = await readLedger(this.#store, this.#key, this.place);
    this.#damaged = reading.damaged;
    return reading;
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
  async #confirm(past: Reading | null): Promise<void> {
    if (this.#lease) await this.#lease.confirm();
    else await confirmUnleased(this.#store, this.#key, this.place);
    if (past === null || past.fence <= this.#fence()) return;
    throw new LeaseLostError(
      `A later run wrote the ledger in ${this.place}: this run writes nothing more. Run again.`,
    );
  }

  /**
   * The audit lines first, so that nothing is done that is not in the log. The hash keeps two writers of one run
   * apart, so that no key ever means two different events.
   */
  async #append(
    run: string,
    event: RunEvent,
    entries: readonly AuditEntry[],
    known: () => Promise<Head | null>,
  ): Promise<void> {
    const audit = await this.#audit.append(entries, known);
    const prefix = this.#eventPrefix(run);
    const number = this.#counts.get(run) ?? (await this.#store.list(prefix)).length;
    const fence = this.#fence();
    const text = eventText({ event, fence, audit });
    const name = `${digits(number, 6)}-${event.kind}-${digits(fence, 12)}-${shortHash(text, 16)}`;
    await this.#store.put(`${prefix}${name}.json`, text);
    this.#counts.set(run, number + 1);
  }

  /** What the log does not tell yet of the end of a run: damage, runs that died, and that it ended. */
  async #tellEnd(run: RunEnd, past: Reading, told: Set<string>): Promise<Head> {
    const writer = { run: run.id, at: this.#now() ?? run.at };
    const { attempts } = past.memory;
    const entries: [string, AuditEntry][] = [
      ...past.damaged.map((damaged): [string, AuditEntry] => {
        const { blob, aside } = this.#names(damaged);
        const message = `${blob} ${damaged.why}`;
        return [message, damagedEntry(writer, { blob, message, aside })];
      }),
      ...past.unfinished
        .filter(({ id }) => id !== run.id)
        .map((died): [string, AuditEntry] => [
          `${died.id} died`,
          diedEntry(writer, died, attempts),
        ]),
      ["ended", endEntry(writer, run, attempts)],
    ];
    const fresh = entries.filter(([name]) => !told.has(name));
    for (const [name] of fresh) told.add(name);
    return this.#audit.append(
      fresh.map(([, entry]) => entry),
      async () => past.audit,
    );
  }

  readonly #knownHead = async (): Promise<Head | null> => (await this.#read()).audit;

  #eventPrefix(run: string): string {
    return `${this.#key}/runs/${run}/`;
  }

  /** Before what is damaged is replaced or removed. */
  async #keepAside(damaged: Damaged[]): Promise<void> {
    for (const { text } of damaged) {
      if (text !== null) await this.#store.put(asideKey(this.#key, text), text);
    }
  }

  #names({ key, text }: Damaged): { blob: string; aside: string | null } {
    const short = (name: string) => name.slice(this.#key.length + 1);
    return { blob: short(key), aside: text === null ? null : short(asideKey(this.#key, text)) };
  }

  #sentence(damaged: Damaged): string {
    const { blob, aside } = this.#names(damaged);
    const kept = aside === null ? "" : ` It is not deleted: the next apply keeps it as ${aside}.`;
    return (
      `The ledger in ${this.place} is damaged: ${blob} ${damaged.why}. What it said is lost; ` +
      `locks that only it knew of count as foreign and are not lifted.${kept}`
    );
  }
}

function digits(number: number, length: number): string {
  return String(number).padStart(length, "0");
}
