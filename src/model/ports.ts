/** The ports: what the line needs of a backend and of a memory. parts.ts alone knows who stands behind them. */
import type { AccountRecord, Page, Profile } from "./inventory.ts";
import type { Action } from "./plan.ts";
import type { Memory, Outcome, RunEnd, RunStart, TargetInfo, WriteResult } from "./run.ts";

/** Where users can be read from: a provider, or a saved inventory. Each call starts a new read from the beginning. */
export interface InventorySource {
  /** Pages of accounts. Throws UnreadableTargetError. */
  users(): AsyncIterable<Page<AccountRecord>>;
  /** Pages of the user model, reduced to `fields`. Throws UnreadableTargetError, also when a field does not exist. */
  profiles(fields: readonly string[]): AsyncIterable<Page<Profile>>;
}

/** The code that speaks one backend's API. All methods throw UnreadableTargetError where the target can't be read. */
export interface Provider extends InventorySource {
  /** null where the deployment does not say. */
  info(): Promise<TargetInfo | null>;
  /** The account as it is now, or null if there is none (any more). */
  user(id: string): Promise<AccountRecord | null>;
  /** How many actions one call of `write` takes. */
  readonly writeSize: number;
  /**
   * Carries out actions in order; one result each, in the same order. Never throws for what one action met.
   * `check` is called before each request that writes; what it throws ends the call, and nothing more is sent.
   */
  write(actions: readonly Action[], check: () => void): Promise<WriteResult[]>;
  /** A temporary token for enrolling a device as this user. */
  authenticationToken(userId: string): Promise<{ token: string; url: string }>;
  close(): Promise<void>;
}

/** Curfew's memory of one deployment between runs. Every method leaves it readable if the process dies in it. */
export interface Ledger {
  /** For messages, e.g. `.curfew/62d5…` */
  readonly place: string;
  /** Only reads. An absent ledger is an empty memory; so is a damaged one, and `damage` says so. */
  recall(): Promise<Memory>;
  /** What `recall` could not read and where it is kept, as a sentence; null where nothing is damaged. */
  damage(): string | null;
  begin(run: RunStart): Promise<void>;
  /** Outcomes of attempts, as they come; `unknown` results are not recorded, their attempt stays an intent. */
  record(run: string, outcomes: readonly Outcome[]): Promise<void>;
  finish(run: RunEnd): Promise<void>;
}
