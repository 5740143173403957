import type { Duration, Instant } from "../../../model/vocabulary.ts";

/** Key-value pairs that die by themselves, as those in Redis do. */
export class Kept<V> {
  readonly #now: () => Instant;
  readonly #pairs = new Map<string, { value: V; until: Instant }>();

  constructor(now: () => Instant) {
    this.#now = now;
  }

  /** Replaces what has the same key. */
  put(key: string, value: V, lives: Duration): void {
    this.#pairs.set(key, { value, until: this.#now() + lives });
  }

  get(key: string): V | undefined {
    const pair = this.#pairs.get(key);
    return pair && this.#now() < pair.until ? pair.value : undefined;
  }

  delete(key: string): void {
    this.#pairs.delete(key);
  }

  /** Gives the value once. */
  take(key: string): V | undefined {
    const value = this.get(key);
    this.delete(key);
    return value;
  }
}
