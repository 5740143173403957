import type { Clock } from "../../model/ports.ts";
import type { Duration, Instant } from "../../model/vocabulary.ts";
import { type Bucket, fullBucket, take } from "./bucket.ts";
import { afterFailure, type Circuit, CLOSED, isOpen } from "./retry.ts";

/** What every request of a client passes: the share of the quota, a pause for all of them, and the circuit. */
export interface Gate {
  /** Waits for the request's turn; false where nothing may be sent now. */
  enter(signal?: AbortSignal): Promise<boolean>;
  /** The backend is busy: nobody goes before this time is over. */
  pause(wait: Duration): void;
  /** The backend answered a call. */
  answered(): void;
  /** A call was given up for a passing fault. */
  gaveUp(): void;
}

/** A gate that lets `perSecond` requests through. */
export function createGate(perSecond: number, clock: Clock): Gate {
  let bucket: Bucket = fullBucket(perSecond, clock.now());
  let circuit: Circuit = CLOSED;
  let pausedUntil: Instant = 0;

  return {
    async enter(signal) {
      if (isOpen(circuit, clock.now())) return false;
      const turn = take(bucket, perSecond, clock.now());
      bucket = turn.bucket;
      const wait = Math.max(turn.wait, pausedUntil - clock.now());
      if (wait > 0) await clock.sleep(wait, signal);
      return !isOpen(circuit, clock.now());
    },
    pause(wait) {
      pausedUntil = Math.max(pausedUntil, clock.now() + wait);
    },
    answered() {
      circuit = CLOSED;
    },
    gaveUp() {
      circuit = afterFailure(circuit, clock.now());
    },
  };
}
