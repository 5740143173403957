/**
 * Checks the audit chain, and what the ledger says against it.
 *
 * Found: a line that was changed, dropped, put in, repeated or moved; a blob that is gone; by the heads that the
 * state and the events of unfinished runs keep, a log that was cut off or rewritten before the last of them; a state
 * that is older than the log; and a lock that is ours by the ledger and not by the log, or the other way round.
 *
 * Not to be proved from the store alone: lines after the last such head that were cut off with their events, and a
 * log of which somebody who may write everything has rewritten all lines, the state and the events, or to which
 * somebody has added lines. For that, compare the head with one that was written down elsewhere, e.g. in the output
 * of an earlier run.
 */

import { DamagedBlobError } from "../../json.ts";
import { parseEvent, parseState, type State, type StoredEvent } from "../format.ts";
import { readLedger } from "../read.ts";
import type { BlobStore } from "../store/contract.ts";
import { disagreements, runsOf, type Told } from "./agreement.ts";
import { type StoredLine, storedLines } from "./audit.ts";
import { Claims } from "./claims.ts";
import { type AuditLine, type Head, parseLine, ROOT } from "./line.ts";

/** What is wrong, in a sentence that names blob and line, or the user and the remedy. */
export interface AuditFault {
  /** `state`: the log may be as it was written, and the ledger says something else. */
  about: "log" | "state";
  /** Below the ledger's key, e.g. `audit/000000000001.jsonl`. */
  blob: string;
  /** Within the blob, from 1; null where it is about all of it. */
  line: number | null;
  message: string;
}

export interface AuditReport {
  /** How many lines are as they were written. */
  lines: number;
  /** How many lines from the first on are proved to be all there, as written, and in order. */
  proved: number;
  /** The hash of the last line that is as it was written; null where there is none. */
  head: string | null;
  faults: AuditFault[];
}

/** Reads the whole log; damage is a fault, never an error. Throws UsageError where others write all the time. */
export async function verifyAudit(store: BlobStore, key: string): Promise<AuditReport> {
  const known = await knownHeads(store, key);
  const before = await readLedger(store, key, key);
  const check = new Check(known.heads);
  for await (const line of storedLines(store, key)) check.see(line);
  // A run may have written meanwhile: a fault is what no reading clears.
  const after = await readLedger(store, key, key);
  const report = check.end(known);
  const told = check.told(runsOf(after));
  const said = { before, after, claimants: known.claimants };
  return { ...report, faults: [...report.faults, ...disagreements(told, said)] };
}

/** A head that the ledger keeps, and the blob that does. */
interface KnownHead extends Head {
  blob: string;
}

interface Known {
  heads: KnownHead[];
  faults: AuditFault[];
  /** Runs that the ledger has not forgotten or taken into its state; null where there is a state. */
  unfinished: Set<string> | null;
  /** By user, the blob that says that the lock is ours. */
  claimants: Map<string, string>;
}

async function knownHeads(store: BlobStore, key: string): Promise<Known> {
  const heads: KnownHead[] = [];
  const faults: AuditFault[] = [];
  const claimants = new Map<string, string>();
  const events = await store.list(`${key}/runs/`);
  let hasState = false;
  for (const name of [`${key}/state.json`, ...events]) {
    const blob = name.slice(key.length + 1);
    const text = (await store.get(name))?.text;
    if (text === undefined) continue;
    if (blob === "state.json") hasState = true;
    try {
      const parsed = blob === "state.json" ? parseState(text) : parseEvent(text);
      if (parsed.audit !== null) heads.push({ ...parsed.audit, blob });
      for (const user of claimsOf(parsed)) if (!claimants.has(user)) claimants.set(user, blob);
    } catch (error) {
      if (!(error instanceof DamagedBlobError)) throw error;
      const message = `${blob} ${error.message}, so it can't tell whether lines of the audit log are missing at its end.`;
      faults.push({ about: "log", blob, line: null, message });
    }
  }
  const runs = events.map((name) => name.split("/").at(-2) ?? "");
  return { heads, faults, unfinished: hasState ? null : new Set(runs), claimants };
}

/** The users whose locks a blob says are ours. */
function claimsOf(blob: State | StoredEvent): string[] {
  if ("memory" in blob) return Object.keys(blob.memory.ownLocks);
  if (blob.event.kind !== "begin") return [];
  const { attempts, plan } = blob.event.begin;
  const locks = attempts.filter(({ type }) => type === "lock");
  return [...plan.ledger.adopt, ...locks.map(({ user }) => user)];
}

class Check {
  readonly #faults: AuditFault[] = [];
  readonly #heads: Map<number, KnownHead[]>;
  /** The line that was seen last; its hash null where it can't be told. */
  #last: { seq: number; hash: string | null } = { seq: 0, hash: ROOT };
  #blob = "";
  #lines = 0;
  #proved = 0;
  /** The last line of which the ledger knew the hash. */
  #confirmed = 0;
  #head: string | null = null;
  readonly #ended = new Set<string>();
  #lastEnd: { seq: number; run: string } | null = null;
  readonly #claims = new Claims();

  constructor(heads: readonly KnownHead[]) {
    this.#heads = Map.groupBy(heads, ({ seq }) => seq);
  }

  see(stored: StoredLine): void {
    const fault = (message: string) => this.#fault(stored, message);
    const begins = stored.blob !== this.#blob;
    this.#blob = stored.blob;
    let parsed: ReturnType<typeof parseLine>;
    try {
      parsed = parseLine(stored.text);
    } catch (error) {
      if (!(error instanceof DamagedBlobError)) throw error;
      fault(stored.text === "" ? "is empty" : error.message);
      // Where its own number can't be told, its place tells it.
      const due = this.#last.seq + 1;
      const seq = begins && stored.first !== null ? Math.max(due, stored.first) : due;
      if (seq > due) this.#missing(stored, seq);
      this.#last = { seq, hash: null };
      return;
    }
    const { line, intact } = parsed;
    if (begins && line.seq !== stored.first)
      fault(`has the number ${line.seq}, which is not the blob's: it was moved or renamed`);
    const due = this.#last.seq + 1;
    this.#place(stored, line);
    if (intact) {
      this.#lines++;
      this.#head = line.hash;
    } else fault("was changed: its hash does not fit what it says");
    this.#compare(stored, line);
    // What is no proof of itself is none of anything else.
    if (intact && line.seq >= due) {
      this.#claims.see(line);
      if (line.kind === "run-ended") this.#lastEnd = { run: line.run, seq: line.seq };
    }
    if (line.kind === "run-ended") this.#ended.add(line.run);
    if (this.#faults.length === 0) this.#proved = line.seq;
  }

  end({ faults, unfinished }: Known): AuditReport {
    for (const head of [...this.#heads.values()].flat()) {
      if (head.seq <= this.#last.seq) continue;
      const blob = this.#blob || "audit";
      const message = `The audit log ends with line ${this.#last.seq}, and ${head.blob} knows of ${head.seq} lines: those after it were removed.`;
      this.#faults.push({ about: "log", blob, line: null, message });
    }
    const lost = unfinished && [...this.#ended].some((run) => !unfinished.has(run));
    if (lost) {
      const message =
        "state.json is gone, though the audit log tells of runs that ended: it can't be told whether lines are missing at the end.";
      this.#faults.push({ about: "log", blob: "state.json", line: null, message });
    }
    return {
      lines: this.#lines,
      proved: this.#proved,
      head: this.#head,
      faults: [...this.#faults, ...faults],
    };
  }

  /** What it tells of the ledger; `runs` are those that have events there. */
  told(runs: ReadonlySet<string>): Told {
    return { ours: this.#claims.end(runs), lastEnd: this.#lastEnd };
  }

  /** Whether a line follows the one before. */
  #place(stored: StoredLine, line: AuditLine): void {
    const due = this.#last.seq + 1;
    if (line.seq < due) {
      this.#fault(
        stored,
        `has the number ${line.seq} where ${due} is due: it was moved, or put in twice`,
      );
      return;
    }
    if (line.seq > due) this.#missing(stored, line.seq);
    const anew = line.prev === ROOT && line.seq > 1;
    if (anew && line.kind === "ledger-damaged")
      this.#fault(stored, `begins the chain anew, and says why: ${line.message}`);
    else if (line.seq === due && this.#last.hash !== null && line.prev !== this.#last.hash)
      this.#fault(
        stored,
        "does not follow the line before: that one was changed, or this one put in",
      );
    this.#last = { seq: line.seq, hash: line.hash };
  }

  #missing(stored: StoredLine, seq: number): void {
    const [from, to] = [this.#last.seq + 1, seq - 1];
    const what =
      from === to ? `line ${from} of the log is` : `lines ${from} to ${to} of the log are`;
    this.#fault(stored, `comes too early: ${what} missing before it`);
  }

  /** The ledger wrote down the hashes of some lines. */
  #compare(stored: StoredLine, line: AuditLine): void {
    for (const head of this.#heads.get(line.seq) ?? []) {
      if (head.hash === line.hash) {
        this.#confirmed = line.seq;
        continue;
      }
      this.#fault(stored, `is another than ${head.blob} knows: the log was rewritten up to here`);
      this.#proved = Math.min(this.#proved, this.#confirmed);
    }
  }

  #fault({ blob, number }: StoredLine, what: string): void {
    const message = `${blob}, line ${number} ${what}.`;
    this.#faults.push({ about: "log", blob, line: number, message });
    this.#claims.doubt();
  }
}
