/** Time and chance, passed in by the doors so that nothing below them asks the machine, and tests neither wait nor guess. */
import { setTimeout as delay } from "node:timers/promises";
import type { Duration, Instant } from "./model/vocabulary.ts";

/** What is needed of it is named by whoever takes it: `Pick<Clock, "now" | "sleep">`. */
export interface Clock {
  now(): Instant;
  /** Milliseconds since any moment; never goes back, whatever is done to the machine's clock. */
  elapsed(): Duration;
  /** Ends after `wait`; rejects when the signal aborts. */
  sleep(wait: Duration, signal?: AbortSignal): Promise<void>;
  /** From 0 up to, not including, 1. */
  random(): number;
}

/** The machine's own. */
export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  sleep: async (wait, signal) => {
    await delay(wait, undefined, signal ? { signal } : {});
  },
  random: Math.random,
};
