/**
 * Whether the lines of the audit log follow one another, as they were written. Found: a line that was changed, dropped,
 * put in, repeated or moved, and a blob that is gone or renamed. Pure.
 */
import { DamagedBlobError } from "../../json.ts";
import type { Head } from "../../model/run.ts";
import type { StoredLine } from "./audit.ts";
import { type AuditLine, type ParsedLine, parseLine, ROOT } from "./line.ts";

/** What a stored line is worth. */
export interface ChainSeen {
  /** null where it says nothing. */
  said: ParsedLine | null;
  /** What it says, where it is as it was written and not one that came before. */
  line: AuditLine | null;
  /** What is wrong, each the end of a sentence that names the line. Empty: it follows the line before. */
  faults: string[];
}

/** The end of a log. */
export interface End extends Head {
  broken: { blob: string; message: string } | null;
}

/** Sees the lines of a log in their order. */
export class Chain {
  /** The line that was seen last; its hash null where it can't be told. */
  #last: { seq: number; hash: string | null };
  /** Whether the last line is as it was written. */
  #sound = true;
  /** No line that was seen, or for which there is a place in the blobs that were seen, has a higher number. */
  #most: number;
  #blob = "";

  /** `from` is the line after which the lines come that will be seen. */
  constructor(from: Head = { seq: 0, hash: ROOT }) {
    this.#last = from;
    this.#most = from.seq;
  }

  /** The number of the last line. */
  get seq(): number {
    return this.#last.seq;
  }

  see(stored: StoredLine): ChainSeen {
    const faults: string[] = [];
    const begins = stored.blob !== this.#blob;
    this.#blob = stored.blob;
    if (stored.first !== null) this.#reach(stored.first + stored.number - 1);
    const said = this.#parsed(stored, faults);
    if (said === null) {
      // Where its own number can't be told, its place tells it.
      const due = this.#last.seq + 1;
      const seq = begins && stored.first !== null ? Math.max(due, stored.first) : due;
      if (seq > due) faults.push(this.#missing(seq));
      this.#move({ seq, hash: null }, false);
      return { said, line: null, faults };
    }
    const { line, intact } = said;
    if (begins && line.seq !== stored.first)
      faults.push(`has the number ${line.seq}, which is not the blob's: it was moved or renamed`);
    const due = this.#last.seq + 1;
    faults.push(...this.#place(said));
    if (!intact) faults.push("was changed: its hash does not fit what it says");
    return { said, line: intact && line.seq >= due ? line : null, faults };
  }

  /** Where the log goes on: after which line, and why by a new chain, where nothing can be chained to that one. */
  get end(): End {
    const { seq, hash } = this.#last;
    if (this.#sound && hash !== null && seq === this.#most) return { seq, hash, broken: null };
    const blob = this.#blob;
    const message = `The last line of ${blob} is not as it was written, so nothing can be chained to it.`;
    return { seq: this.#most, hash: ROOT, broken: { blob, message } };
  }

  #parsed(stored: StoredLine, faults: string[]): ParsedLine | null {
    try {
      return parseLine(stored.text);
    } catch (error) {
      if (!(error instanceof DamagedBlobError)) throw error;
      faults.push(stored.text === "" ? "is empty" : error.message);
      return null;
    }
  }

  /** What is wrong with the place of a line. */
  #place({ line, intact }: ParsedLine): string[] {
    const { seq, prev, kind } = line;
    const { hash } = this.#last;
    const due = this.#last.seq + 1;
    if (seq < due)
      return [`has the number ${seq} where ${due} is due: it was moved, or put in twice`];
    const faults = seq > due ? [this.#missing(seq)] : [];
    if (prev === ROOT && seq > 1 && kind === "ledger-damaged")
      faults.push(`begins the chain anew, and says why: ${line.message.replace(/\.$/, "")}`);
    else if (seq === due && hash !== null && prev !== hash)
      faults.push("does not follow the line before: that one was changed, or this one put in");
    // Where a line was changed, its number may be, too.
    this.#move({ seq: intact ? seq : due, hash: line.hash }, intact);
    return faults;
  }

  #missing(seq: number): string {
    const [from, to] = [this.#last.seq + 1, seq - 1];
    const what =
      from === to ? `line ${from} of the log is` : `lines ${from} to ${to} of the log are`;
    return `comes too early: ${what} missing before it`;
  }

  #move(to: { seq: number; hash: string | null }, sound: boolean): void {
    this.#last = to;
    this.#sound = sound;
    this.#reach(to.seq);
  }

  #reach(seq: number): void {
    this.#most = Math.max(this.#most, seq);
  }
}
