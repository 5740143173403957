/** The ports: what the line needs of a backend and of a memory. parts.ts alone knows who stands behind them. */
import type { Capabilities } from "./capabilities.ts";
import type { AccountRecord, Page, Profile } from "./inventory.ts";
import type { Action } from "./plan.ts";
import type {
  Attempt,
  Head,
  Memory,
  Outcome,
  Right,
  RunEnd,
  RunStart,
  RunStop,
  Settled,
  TargetInfo,
  WriteResult,
} from "./run.ts";
import type { OwnSettings } from "./settings.ts";
import type { ToldBook } from "./told.ts";

import type { Duration, Instant } from "./vocabulary.ts";

/** Where users can be read from: a provider, or a saved inventory. Each call starts a new read from the beginning. */
export interface InventorySource {
  /** Pages of accounts. Throws UnreadableTargetError. */
  users(): AsyncIterable<Page<AccountRecord>>;
  /** Pages of the user model, reduced to `fields`. Throws UnreadableTargetError, also when a field does not exist. */
  profiles(fields: readonly string[]): AsyncIterable<Page<Profile>>;
  /**
   * One user's profile, by a call about it alone; null: the backend says that there is none. Absent where nobody can be
   * asked, as of a saved inventory, whose users say themselves what was asked. Throws UnreadableTargetError.
   */
  profile?(id: string, fields: readonly string[]): Promise<Profile | null>;
  /** The ids of all whose profile has this value in a field, as the backend finds them now. Absent as `profile` is. */
  named?(field: string, value: string): Promise<string[]>;
  /** The account as it is now, or null if there is none (any more). Absent as `profile` is. */
  user?(id: string): Promise<AccountRecord | null>;
  /** How far the backend's clock is ahead of this machine's, as its last answer said; null where none did. */
  skew?(): Duration | null;
  /** What the backend can do; absent: as the catalog says of the target. A saved inventory carries it. */
  readonly capabilities?: Capabilities;
  /** What the backend's own settings say of rules that it holds itself; null, or absent: nothing is known of them. */
  settings?(): Promise<OwnSettings | null>;
  /** Set of a saved inventory: what lay in the future was marked when it was read. */
  readonly saved?: true;
}

/** A temporary token for a device of the user; or how a one-time code was sent, and to which address. */
export type Enrolment = ({ token: string; url: string } | { sent: "email" | "sms"; to: string }) & {
  /** How long it can be used. */
  lives: Duration;
};

/** The code that speaks one backend's API. All methods throw UnreadableTargetError where the target can't be read. */
export interface Provider
  extends Required<Omit<InventorySource, "saved" | "skew" | "settings" | "capabilities">> {
  readonly capabilities?: Capabilities;
  skew?(): Duration | null;
  settings?(): Promise<OwnSettings | null>;
  /** null where the deployment does not say. */
  info(): Promise<TargetInfo | null>;
  /** The account as it is now, or null if there is none (any more). */
  user(id: string): Promise<AccountRecord | null>;
  /** How many actions one call of `write` takes; may become less. Where it is one, sign-outs are looked at before, too. */
  readonly writeSize: number;
  /**
   * Carries out actions in order; one result each, in the same order. Never throws for what one action met.
   * `check` is called before each request that writes; what it throws ends the call, and nothing more is sent. Only a
   * LateError fails, or leaves as they were, those actions alone that the request would have held.
   */
  write(actions: readonly Action[], check: () => void): Promise<WriteResult[]>;
  /**
   * Which rights a plan that needs these fields of the user model asks of the credential, each tried by itself; an apply's
   * are named. Throws UnreadableTargetError where the target does not answer.
   */
  rights(fields: readonly string[]): Promise<Right[]>;
  /** What lets a user sign in for the first time, as the capability `enroll` says. Throws UsageError where there is none. */
  enroll(userId: string): Promise<Enrolment>;
  close(): Promise<void>;
}

/** A process that works on a ledger. */
export interface Holder {
  /** The id of its run. */
  run: string;
  host: string;
  pid: number;
  /** `<boot>/<process namespace>/<start>`: tells this process from any other of any machine; null where unknown. */
  started: string | null;
  /** For people: a user name, or `lambda …`. */
  who: string;
}

/** Time and chance, passed in, so that tests neither wait nor guess. Whoever takes it names what it needs: `Pick<Clock, "now" | "sleep">`. */
export interface Clock {
  now(): Instant;
  /** Milliseconds since any moment; never goes back, whatever is done to the machine's clock. */
  elapsed(): Duration;
  /** Ends after `wait`; rejects when the signal aborts. */
  sleep(wait: Duration, signal?: AbortSignal): Promise<void>;
  /** From 0 up to, not including, 1. */
  random(): number;
}

/** What a lease needs of the clock. */
export type LeaseClock = Pick<Clock, "now" | "elapsed">;

/** A lease that a run holds, so that no two overlap. */
interface Lease {
  /** Renews it from now on, until it is given back. */
  keep(): void;
  /** To be called before each write to the backend. Throws where the lease is lost, or could be when the write ends. */
  check(): void;
  /** Gives it back, if it is still this run's. */
  release(): Promise<void>;
}

/** Curfew's memory of one deployment between runs. Every method leaves it readable if the process dies in it. */
export interface Ledger {
  /** For messages, e.g. `.curfew/62d5…` */
  readonly place: string;
  /** Only reads. An absent ledger is an empty memory; so is a damaged one, and `damage` says so. */
  recall(): Promise<Memory>;
  /**
   * Sentences that name each part that could not be understood when the ledger was last read, and where it is kept;
   * null where all was sound. What it said is lost: locks degrade to foreign (docs/design.md, "What must hold" 3).
   */
  damage(): string | null;
  /**
   * Takes the lease, to be done before `recall`; from then on what is written carries its fence. `begin`, `intend`,
   * `record` and `finish` throw once it was released or taken over, and where another run ever took one that this ledger has none of.
   * Throws BusyError where another run holds it.
   */
  lock(holder: Holder, clock: LeaseClock): Promise<Lease>;
  begin(run: RunStart): Promise<void>;
  /**
   * The intents of a batch, after its looks and before it is sent: one without outcome was as expected when it was
   * last seen. What a look has settled is put on record with it, its outcome in the same step.
   */
  intend(run: RunStart, attempts: readonly Attempt[], settled?: readonly Settled[]): Promise<void>;
  /**
   * Those of the users whose lock the audit log says is ours: the line that set it is there, and none since that
   * lifted, forgot or failed it. Asked before a lock is lifted. Only reads, once for all users.
   */
  owned(users: readonly string[]): Promise<ReadonlySet<string>>;
  /** Outcomes of attempts, as they come; `unknown` results are not recorded, their attempt stays an intent. */
  record(run: string, outcomes: readonly Outcome[]): Promise<void>;
  finish(run: RunEnd): Promise<void>;
  /**
   * Tells the audit log of a run that ended before its first write; does nothing where the run has begun, which the
   * next run then tells. Needs no lease: it changes nothing but the log.
   */
  stop(run: RunStop): Promise<void>;
  /** How many lines the audit log has, and the hash of the last, as this ledger has last written it; null before. */
  head(): Head | null;
  /** What people were told. Needs no lease: no run rests on it. */
  readonly told: ToldBook;
}
