/** A limit on the requests that a sandbox lets pass. */
import type { Instant } from "../../model/vocabulary.ts";

/** Requests per second, on average and at once, as a token bucket. */
export interface RateLimit {
  perSecond: number;
  burst: number;
}

/** Whether a request may pass, by a bucket that begins full. */
export function bucket(limit: RateLimit | undefined, now: () => Instant): () => boolean {
  if (!limit) return () => true;
  let left = limit.burst;
  let last = now();
  return () => {
    const time = now();
    left = Math.min(limit.burst, left + ((time - last) / 1000) * limit.perSecond);
    last = time;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
