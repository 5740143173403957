/**
 * Time-outs that end in half a second. How long one try may take is not a setting of the client, and thirty seconds
 * for a request, a minute for a batch, are too long to wait for in a test.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { getEventListeners } from "node:events";
import { RETRY_FOR } from "../../src/providers/http/retry.ts";

/** Milliseconds that a try may take in a hurry. */
export const HURRY = 500;

const passing = new AsyncLocalStorage<(time: number) => void>();
const timeout = AbortSignal.timeout.bind(AbortSignal);

AbortSignal.timeout = (ms) => {
  const pass = passing.getStore();
  if (!pass) return timeout(ms);
  const signal = timeout(Math.min(ms, HURRY));
  // After the patience for a batch the time for retrying is over; any other call may be tried again.
  const waitedFor = () => getEventListeners(signal, "abort").length > 1;
  if (ms > RETRY_FOR) signal.addEventListener("abort", () => waitedFor() && pass(ms));
  return signal;
};

/** Does `work` with short time-outs; `pass` is told of the time that would have passed. */
export function inHurry<T>(pass: (time: number) => void, work: () => Promise<T>): Promise<T> {
  return passing.run(pass, work);
}
