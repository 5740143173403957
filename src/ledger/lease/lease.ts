/**
 * The lease on a ledger: one run at a time (docs/contract.md, "Exit codes" 6; docs/design.md, "What must hold" 6).
 *
 * `<key>/lease.json` says who holds it, until when, and with which fence: a number that grows with each holder.
 * It changes hands by conditional puts only, so exactly one of two gets it. Who lost it finds out before it writes
 * again, by three ways: its own age (`check`), its next renewal, and the stored lease (`confirm`).
 *
 * What this can't exclude: a process that is suspended after `check` and before its request leaves, and a machine
 * whose clock is ahead by more than the lease lasts, which may take a living one over. Then two act for as long as
 * one request lasts; both are on record as intents, so that ownership holds.
 */
import { BusyError, CurfewError } from "../../errors.ts";
import type { Holder, LeaseClock } from "../../model/ports.ts";
import type { Head } from "../../model/run.ts";
import type { Duration, Instant } from "../../model/vocabulary.ts";
import { span } from "../../time.ts";
import { asideKey } from "../key.ts";
import { type BlobStore, type Condition, putOnce } from "../store/contract.ts";
import {
  busySentence,
  describeHolder,
  LEASE_LASTS,
  leaseKey,
  leaseText,
  parseLease,
  type StoredLease,
} from "./blob.ts";
import { type Every, everyInterval, hasEnded } from "./process.ts";

/** How often a heartbeat renews it. */
export const RENEW_EVERY: Duration = 15_000;
/** A write is begun at the latest this long before the lease ends: one call is repeated for 30 s (docs/contract.md). */
const MARGIN: Duration = 30_000;
/** Times that taking it starts again when another process writes in between. */
const TRIES = 5;

/** This run no longer holds the lease: it must not write. */
export class LeaseLostError extends CurfewError {
  override readonly name: string = "LeaseLostError";
  readonly exitCode = 6;
}

/** A lease that was taken. */
export interface FencedLease {
  readonly holder: Holder;
  /** Greater than that of every holder before. */
  readonly fence: number;
  /** How far the holders before knew the audit log to reach: lines up to there that are gone were removed. */
  readonly log: Head | null;
  /** How far the audit log reaches by now: stored with the next renewal, and when it is given back. */
  note(log: Head): void;
  /** Renews it in the store. Throws LeaseLostError where somebody took it over. */
  renew(): Promise<void>;
  /** Renews it every RENEW_EVERY until it is released. A renewal that fails is tried again, and shows in `check`. */
  keep(every?: Every): void;
  /**
   * To be called before each write to the backend. Throws LeaseLostError where the lease is known to be lost, or was
   * not renewed for so long that it could be when the write ends; the greater of elapsed and clock time counts.
   */
  check(): void;
  /** Asks the store. Throws LeaseLostError where it does not name this holder and fence. */
  confirm(): Promise<void>;
  /** Gives it back, if it is still ours, and ends the heartbeat. The fence stays in the store. */
  release(): Promise<void>;
}

export interface LeaseOptions {
  /** What to call the ledger in messages. @default the key */
  place?: string;
  /** The highest fence known from elsewhere, asked where no sound lease tells it. @default 0 */
  lastFence?: () => Promise<number>;
}

interface LeasePlace {
  store: BlobStore;
  key: string;
  place: string;
}

/**
 * Takes the lease of the ledger under `key`: one that is free, has expired, or whose process is known to have ended.
 * Throws BusyError where another run holds it.
 */
export async function acquireLease(
  store: BlobStore,
  key: string,
  holder: Holder,
  clock: LeaseClock,
  options: LeaseOptions = {},
): Promise<FencedLease> {
  const { place = key, lastFence = async () => 0 } = options;
  const at: LeasePlace = { store, key, place };
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const began = moment(clock);
    const blob = await store.get(leaseKey(key));
    const condition: Condition = blob === null ? { ifAbsent: true } : { ifTag: blob.tag };
    const found = blob === null ? null : parseLease(blob.text);
    if (found === "damaged") {
      await suspend(at, blob?.text ?? "", condition, began.now, await lastFence());
      continue;
    }
    if (found !== null && began.now < found.expiresAt && !(found.holder && hasEnded(found.holder)))
      throw new BusyError(busySentence(found, key, place, began.now));
    const fence = (found === null ? await lastFence() : found.fence) + 1;
    const next: StoredLease = {
      expiresAt: began.now + LEASE_LASTS,
      holder,
      fence,
      since: began.now,
      log: found?.log ?? null,
    };
    const tag = await putOnce(store, leaseKey(key), leaseText(next), condition);
    if (tag !== null) return new HeldLease(at, { ...next, holder }, tag, clock, began);
  }
  throw new BusyError(
    `Other runs take the lease of the ledger in ${place} all the time: try again.`,
  );
}

/** Refuses who writes without a lease where runs write with one. Throws LeaseLostError. */
export async function confirmUnleased(store: BlobStore, key: string, place: string): Promise<void> {
  if ((await store.get(leaseKey(key))) !== null)
    throw new LeaseLostError(
      `The ledger in ${place} is written under a lease, and this run has none.`,
    );
}

class HeldLease implements FencedLease {
  readonly holder: Holder;
  readonly fence: number;
  readonly log: Head | null;
  readonly #at: LeasePlace;
  readonly #clock: LeaseClock;
  #stored: StoredLease;
  #tag: string;
  /** Before the last successful renewal was sent. */
  #renewed: Moment;
  #renewal: Promise<void> | null = null;
  /** Why the last renewal failed, where it did. */
  #trouble: unknown = null;
  #lost: LeaseLostError | null = null;
  #stop: () => void = () => {};

  constructor(
    at: LeasePlace,
    stored: StoredLease & { holder: Holder },
    tag: string,
    clock: LeaseClock,
    began: Moment,
  ) {
    this.holder = stored.holder;
    this.fence = stored.fence;
    this.log = stored.log;
    this.#at = at;
    this.#stored = stored;
    this.#tag = tag;
    this.#clock = clock;
    this.#renewed = began;
  }

  note(log: Head): void {
    this.#stored = { ...this.#stored, log };
  }

  renew(): Promise<void> {
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  keep(every: Every = everyInterval): void {
    this.#stop();
    this.#stop = every(RENEW_EVERY, () => {
      this.renew().catch((error: unknown) => {
        this.#trouble = error;
      });
    });
  }

  check(): void {
    if (this.#lost) throw this.#lost;
    const { now, elapsed } = moment(this.#clock);
    const age = Math.max(now - this.#renewed.now, elapsed - this.#renewed.elapsed);
    if (age <= LEASE_LASTS - MARGIN) return;
    throw new LeaseLostError(
      `The lease of the ledger in ${this.#at.place} was not renewed for ${span(age)}, so another run may have taken it over: nothing more is written. Run again.`,
      { cause: this.#trouble },
    );
  }

  async confirm(): Promise<void> {
    if (this.#lost) throw this.#lost;
    await this.#find();
  }

  async release(): Promise<void> {
    this.#stop();
    // Whether the last renewal came about shows in the store.
    await this.#renewal?.catch(() => {});
    if (this.#lost) return;
    try {
      await this.#put({ ...this.#stored, holder: null, expiresAt: 0 });
    } catch (error) {
      if (!(error instanceof LeaseLostError)) throw error;
    }
    this.#lost ??= new LeaseLostError(
      `This run gave back the lease of the ledger in ${this.#at.place}.`,
    );
  }

  async #renew(): Promise<void> {
    if (this.#lost) throw this.#lost;
    const began = moment(this.#clock);
    await this.#put({ ...this.#stored, expiresAt: began.now + LEASE_LASTS });
    this.#renewed = began;
    this.#trouble = null;
  }

  /** A tag that changed may be our own doing: a put that took effect and whose answer was lost. */
  async #put(next: StoredLease): Promise<void> {
    const { store, key } = this.#at;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const tag = await putOnce(store, leaseKey(key), leaseText(next), { ifTag: this.#tag });
      if (tag !== null) {
        this.#tag = tag;
        return;
      }
      this.#tag = await this.#find();
    }
    throw this.#loss("is written by others all the time");
  }

  /** The stored lease's tag. */
  async #find(): Promise<string> {
    const blob = await this.#at.store.get(leaseKey(this.#at.key));
    const found = blob === null ? null : parseLease(blob.text);
    if (blob === null || found === null) throw this.#loss("is gone");
    if (found === "damaged") throw this.#loss("is damaged");
    const { holder, fence } = found;
    if (fence === this.fence && holder?.run === this.holder.run) return blob.tag;
    throw this.#loss(`was taken over${holder ? ` by ${describeHolder(holder)}` : ""}`);
  }

  #loss(what: string): LeaseLostError {
    this.#stop();
    this.#lost = new LeaseLostError(
      `The lease of the ledger in ${this.#at.place} ${what}: this run writes nothing more. Run again when no other run is at work.`,
    );
    return this.#lost;
  }
}

interface Moment {
  now: Instant;
  elapsed: Duration;
}

function moment(clock: LeaseClock): Moment {
  return { now: clock.now(), elapsed: clock.elapsed() };
}

/** A lease that can't be read may be held: it is kept aside, and nobody has the ledger until any lease has ended. */
async function suspend(
  { store, key }: LeasePlace,
  text: string,
  condition: Condition,
  now: Instant,
  fence: number,
): Promise<void> {
  await store.put(asideKey(key, text), text);
  const next: StoredLease = {
    expiresAt: now + LEASE_LASTS,
    holder: null,
    fence: fence + 1,
    since: now,
    log: null,
  };
  await putOnce(store, leaseKey(key), leaseText(next), condition);
}
