/** A call of S3 goes on, through what passes by itself, until its time is over. */
import { setTimeout as pause } from "node:timers/promises";
import type { Duration } from "../../../model/vocabulary.ts";
import { errorCode } from "../failure.ts";
import type { LastRefusal } from "./answer.ts";
import { answerOf } from "./failure.ts";

const FIRST: Duration = 200;
const LONGEST: Duration = 3_000;

/** A way to the bucket that may be open again in a moment. A name that nobody knows is none. */
const BROKEN = [
  "ECONNRESET",
  "ECONNREFUSED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
];

/** Waits for so long, or less where the signal fires. */
export type Pause = (wait: Duration, signal: AbortSignal) => Promise<void>;

const PAUSE: Pause = (wait, signal) => pause(wait, undefined, { signal });

/**
 * Does the work again and again while S3 throttles, has a fault, or the way to it is broken. The SDK alone gives up
 * after a number of tries, and after fewer the more went wrong before. Throws what is no passing fault; and when the
 * signal fires, before which `last` holds what was in the way.
 */
export async function persist<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  last: LastRefusal,
  sleep: Pause = PAUSE,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!passes(error)) throw error;
      signal.throwIfAborted();
      last.error = error;
      await sleep(Math.min(LONGEST, FIRST * 2 ** tries) * (1 - Math.random() / 2), signal);
    }
  }
}

/** Whether an error of the SDK is one of those. */
export function passes(error: unknown): boolean {
  const { name, status } = answerOf(error);
  // Some servers of the kind answer 501 to what they can't do at all.
  if (status !== null) return status === 429 || (status >= 500 && status !== 501);
  return name === "TimeoutError" || BROKEN.includes(errorCode(error) ?? "");
}
