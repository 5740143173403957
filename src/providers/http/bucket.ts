import type { Duration, Instant } from "../../model/vocabulary.ts";

/** A token bucket: how many requests it holds, as of a moment. Below zero, requests are waiting in line. */
export interface Bucket {
  tokens: number;
  at: Instant;
}

/** How many requests may follow each other at once: a second's worth, and never less than one. */
export function burst(perSecond: number): number {
  return Math.max(1, Math.ceil(perSecond));
}

/** A bucket as it is when nothing was asked for a while. */
export function fullBucket(perSecond: number, now: Instant): Bucket {
  return { tokens: burst(perSecond), at: now };
}

/**
 * Takes the place of one request: the bucket as it is then, and how long the request must wait for its turn.
 * Whoever asks earlier goes earlier. A clock that went back gives nothing.
 */
export function take(
  bucket: Bucket,
  perSecond: number,
  now: Instant,
): { bucket: Bucket; wait: Duration } {
  const refill = (Math.max(0, now - bucket.at) / 1000) * perSecond;
  const tokens = Math.min(burst(perSecond), bucket.tokens + refill) - 1;
  return { bucket: { tokens, at: now }, wait: tokens < 0 ? (-tokens / perSecond) * 1000 : 0 };
}
