/**
 * Whose locks are ours by what the audit log tells: line by line, as src/ledger/memory.ts makes it of a run's events.
 *
 * The log is written first, so a crash may leave lines of which the ledger never heard. What such lines tell, what
 * was told of before damage, and what a run that has not ended tells, is unclear: either is honest.
 */
import type { Status } from "../../model/run.ts";
import type { AuditLine } from "./line.ts";

/** `unclear`: the ledger may say that the lock is ours, or not. */
type Claim = "ours" | "unclear" | "not";

/** What one run did to the ownership of one lock. */
interface Deed {
  kind: "lock" | "unlock" | "adopted" | "forgotten";
  /** The last that was told; null where none was. */
  outcome: Status | null;
  /** Whether an earlier outcome said something else. */
  contradicted: boolean;
}

/** A run of which it is not told yet that it ended or died. */
interface OpenRun {
  deeds: Map<string, Deed[]>;
  /** Whether events or lines of it may be lost. */
  damaged: boolean;
  /** Whether a later run ended and told nothing of it: then its events never came about. */
  passedOver: boolean;
}

export class Claims {
  /** Without `not`. */
  readonly #claims = new Map<string, Claim>();
  readonly #open = new Map<string, OpenRun>();
  /** Whether a claim may be `ours`. */
  #sure = false;

  /** The next line of the log that is as it was written. */
  see(line: AuditLine): void {
    if (line.kind === "intent") this.#did(line.run, line.user, line.type);
    else if (line.kind === "adopted" || line.kind === "forgotten")
      this.#did(line.run, line.user, line.kind);
    else if (line.kind === "outcome") this.#became(line);
    else if (line.kind === "run-ended") this.#ended(line.run);
    else if (line.kind === "run-died") this.#died(line.died, line.unknown);
    else if (line.kind === "ledger-damaged") {
      this.#lower();
      const lost = this.#open.get(/^runs\/([^/]+)\//.exec(line.blob)?.[1] ?? "");
      if (lost) lost.damaged = true;
    }
  }

  /** Lines of the log were lost or changed: what they told is unknown. */
  doubt(): void {
    this.#lower();
    for (const run of this.#open.values()) run.damaged = true;
  }

  /** The users whose lock is ours (true), or may be (false). `runs` are those that have events in the ledger. */
  end(runs: ReadonlySet<string>): Map<string, boolean> {
    for (const [id, run] of this.#open) {
      if (run.passedOver && !run.damaged && !runs.has(id)) continue;
      for (const [user, deeds] of run.deeds) {
        const before = this.#of(user);
        this.#set(user, mixed([before, settled(before, begun(deeds)), settled(before, deeds)]));
      }
    }
    return new Map([...this.#claims].map(([user, claim]) => [user, claim === "ours"]));
  }

  #did(id: string, user: string, kind: string): void {
    if (kind !== "lock" && kind !== "unlock" && kind !== "adopted" && kind !== "forgotten") return;
    const run = this.#open.get(id) ?? { deeds: new Map(), damaged: false, passedOver: false };
    const deed: Deed = { kind, outcome: null, contradicted: false };
    run.deeds.set(user, [...(run.deeds.get(user) ?? []), deed]);
    run.passedOver = false;
    this.#open.set(id, run);
  }

  #became({ run, user, type, status }: Extract<AuditLine, { kind: "outcome" }>): void {
    const open = this.#open.get(run);
    if (open) open.passedOver = false;
    const deed = open?.deeds.get(user)?.find(({ kind }) => kind === type);
    if (deed === undefined) {
      // Of an action that was not begun, or of a run that was given up: the ledger may remember it all the same.
      if ((type === "lock" || type === "unlock") && this.#of(user) === "ours")
        this.#set(user, "unclear");
      return;
    }
    deed.contradicted ||= deed.outcome !== null && deed.outcome !== status;
    deed.outcome = status;
  }

  #ended(id: string): void {
    this.#close(id, (before, deeds) => settled(before, deeds));
    for (const other of this.#open.values()) other.passedOver = true;
  }

  /** `unknown` are the actions of which the ledger knows no outcome, though the log may. */
  #died(id: string, unknown: readonly { type: string; user: string }[]): void {
    const open = new Set(unknown.map(({ type, user }) => JSON.stringify([type, user])));
    this.#close(id, (before, deeds, user) => {
      const known = deeds.map((deed) =>
        open.has(JSON.stringify([deed.kind, user])) ? { ...deed, outcome: null } : deed,
      );
      const after = settled(before, known);
      // Of several outcomes the last may not have reached the ledger.
      return deeds.some((deed) => deed.contradicted)
        ? mixed([after, settled(before, begun(deeds)), settled(before, deeds)])
        : after;
    });
  }

  #close(id: string, after: (before: Claim, deeds: readonly Deed[], user: string) => Claim): void {
    const run = this.#open.get(id);
    if (run === undefined) return;
    this.#open.delete(id);
    for (const [user, deeds] of run.deeds) {
      const before = this.#of(user);
      const claim = after(before, deeds, user);
      this.#set(user, run.damaged ? mixed([before, claim]) : claim);
    }
  }

  #of(user: string): Claim {
    return this.#claims.get(user) ?? "not";
  }

  #set(user: string, claim: Claim): void {
    if (claim === "not") this.#claims.delete(user);
    else this.#claims.set(user, claim);
    this.#sure ||= claim === "ours";
  }

  #lower(): void {
    if (!this.#sure) return;
    for (const user of this.#claims.keys()) this.#claims.set(user, "unclear");
    this.#sure = false;
  }
}

/** What a run's deeds make of a claim. */
function settled(before: Claim, deeds: readonly Deed[]): Claim {
  let claim = before;
  for (const { kind, outcome, contradicted } of deeds) {
    const undone = outcome === "failed" || outcome === "skipped";
    if (kind === "adopted") claim = "ours";
    else if (kind === "forgotten") claim = "not";
    // One that was done at first and then found undone may have cost the claim of before.
    else if (undone) claim = contradicted && claim === "ours" ? "unclear" : claim;
    else if (kind === "lock") claim = "ours";
    else if (outcome === "applied") claim = "not";
  }
  return claim;
}

/** As when no outcome was told yet. */
function begun(deeds: readonly Deed[]): Deed[] {
  return deeds.map((deed) => ({ ...deed, outcome: null }));
}

function mixed([first = "not", ...others]: readonly Claim[]): Claim {
  return others.every((claim) => claim === first) ? first : "unclear";
}
