/**
 * Checks the audit chain, and the cache of it.
 *
 * Found: what chain.ts finds; by the lines that the state and the lease name, a log that was cut off or rewritten before
 * the last of them; a state that is not the one which its line proves; and an own lock whose line is not there.
 *
 * Not to be proved from the store alone: lines after the last such one that were cut off, and a log of which somebody
 * who may write everything has rewritten all lines and the state, or to which somebody has added lines. For that,
 * compare the head with one that was written down elsewhere, e.g. in the output of an earlier run.
 */
import type { Head } from "../model/run.ts";
import { type Cache, ofAnotherVersion, type Place, readCache } from "./cache.ts";
import { leaseKey, parseLease, type StoredLease } from "./lease/blob.ts";
import { type StoredLine, storedLines } from "./log/audit.ts";
import { Chain } from "./log/chain.ts";
import { type AuditLine, isOfOldVersion } from "./log/line.ts";
import type { OwnLock } from "./state.ts";

/** What is wrong, in a sentence that names blob and line, or the user and the remedy. */
export interface AuditFault {
  /** `state`: the log may be as it was written, and its cache is not. */
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

/** Reads the whole log; damage is a fault. Throws UsageError where it is of another version of Curfew. */
export async function verifyAudit(at: Place): Promise<AuditReport> {
  // Before the log, which has by then what the state says, whoever writes meanwhile.
  const cache = await readCache(at);
  const lease = await at.store.get(leaseKey(at.key));
  const check = new Check(cache, lease === null ? "damaged" : parseLease(lease.text));
  for await (const line of storedLines(at.store, at.key)) {
    if (isOfOldVersion(line.text)) throw ofAnotherVersion(at);
    check.see(line);
  }
  return check.end();
}

/** A line that a blob beside the log names. */
interface Named extends Head {
  by: string;
}

class Check {
  readonly #cache: Cache;
  readonly #named: Named[];
  readonly #chain = new Chain();
  readonly #faults: AuditFault[] = [];
  /** The own locks of the state by the line that is to say so, as far as none did. */
  readonly #unproved: Map<number, string[]>;
  #blob = "audit";
  #lines = 0;
  #proved = 0;
  /** The last line that one of those names. */
  #confirmed = 0;
  #head: string | null = null;
  /** How many runs ended. */
  #ended = 0;

  constructor(cache: Cache, lease: StoredLease | "damaged") {
    this.#cache = cache;
    const known = lease === "damaged" ? null : lease.log;
    this.#named = [
      ...(cache.named ? [{ ...cache.named, by: "state.json" }] : []),
      ...(known ? [{ ...known, by: "lease.json" }] : []),
    ];
    this.#unproved = byLine(cache.proved?.state.locks ?? {});
  }

  see(stored: StoredLine): void {
    const { said, line, faults } = this.#chain.see(stored);
    this.#blob = stored.blob;
    for (const fault of faults) this.#fault(stored, fault);
    if (said === null) return;
    if (said.intact) {
      this.#lines++;
      this.#head = said.line.hash;
    }
    this.#compare(stored, said.line);
    if (line !== null) this.#owns(line);
    if (line?.kind === "run-ended") this.#ended++;
    if (this.#faults.length === 0) this.#proved = said.line.seq;
  }

  end(): AuditReport {
    const faults = [...this.#faults, ...this.#ofEnd(), ...this.#ofCache(), ...this.#ofLocks()];
    return { lines: this.#lines, proved: this.#proved, head: this.#head, faults };
  }

  /** State and lease wrote down the hash of a line. */
  #compare(stored: StoredLine, { seq, hash }: AuditLine): void {
    for (const named of this.#named) {
      if (named.seq !== seq) continue;
      if (named.hash === hash) {
        this.#confirmed = seq;
        continue;
      }
      const what = `is another than ${named.by} knows: the log was rewritten up to here, or ${named.by} is of another log`;
      this.#fault(stored, what);
      this.#proved = Math.min(this.#proved, this.#confirmed);
    }
  }

  #owns(line: AuditLine): void {
    const users = this.#unproved.get(line.seq);
    if (users === undefined || !("user" in line)) return;
    const makesOurs = ["intent", "outcome", "adopted"].includes(line.kind);
    const left = users.filter((user) => !(makesOurs && user === line.user));
    if (left.length === 0) this.#unproved.delete(line.seq);
    else this.#unproved.set(line.seq, left);
  }

  #ofCache(): AuditFault[] {
    const { blob, named, why } = this.#cache;
    const fault = (about: AuditFault["about"], blob: string, message: string) => {
      return [{ about, blob, line: null, message }];
    };
    if (named !== null && named.seq > this.#chain.seq) return [];
    const untold = "it can't be told whether lines of the audit log are missing at its end";
    // One that ended may have died before it wrote the state.
    if (blob === null && this.#ended > 1)
      return fault("log", "state.json", `state.json is gone, though runs ended: ${untold}.`);
    if (why === null) return [];
    if (named === null) return fault("log", "state.json", `state.json ${why}: ${untold}.`);
    // What is wrong with that line is told.
    if (this.#faults.length > 0) return [];
    const message = `state.json ${why}: it was changed, or put in place of the right one. The next apply builds it again from the log.`;
    return fault("state", "state.json", message);
  }

  /** Lines that were named, and are not there. */
  #ofEnd(): AuditFault[] {
    const last = this.#chain.seq;
    return this.#named
      .filter(({ seq }) => seq > last)
      .map(({ seq, by }) => {
        const message = `The audit log ends with line ${last}, and ${by} knows of ${seq} lines: those after it were removed.`;
        return { about: "log", blob: this.#blob, line: null, message };
      });
  }

  #ofLocks(): AuditFault[] {
    return [...this.#unproved].flatMap(([line, users]) =>
      users.map((user): AuditFault => {
        const message = `state.json says that the lock of ${user} is ours by line ${line} of the audit log, which does not say so.`;
        return { about: "state", blob: "state.json", line: null, message };
      }),
    );
  }

  #fault({ blob, number }: StoredLine, what: string): void {
    const message = `${blob}, line ${number} ${what}.`;
    this.#faults.push({ about: "log", blob, line: number, message });
  }
}

function byLine(locks: Record<string, OwnLock>): Map<number, string[]> {
  const users = new Map<number, string[]>();
  for (const [user, { line }] of Object.entries(locks))
    users.set(line, [...(users.get(line) ?? []), user]);
  return users;
}
