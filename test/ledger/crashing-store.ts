import type { BlobStore, Condition } from "../../src/ledger/store.ts";

/** The process died. */
export class Crash extends Error {}

/**
 * A process that dies at its k-th operation on the store (from 1), `before` it takes effect or `after`.
 * From then on it does nothing more, as dead processes do.
 */
export class CrashingStore implements BlobStore {
  readonly #store: BlobStore;
  readonly #at: number;
  readonly #when: "before" | "after";
  operations = 0;

  constructor(store: BlobStore, at: number, when: "before" | "after") {
    this.#store = store;
    this.#at = at;
    this.#when = when;
  }

  get(key: string) {
    return this.#do(() => this.#store.get(key));
  }

  put(key: string, text: string, condition?: Condition) {
    return this.#do(() => this.#store.put(key, text, condition));
  }

  list(prefix: string) {
    return this.#do(() => this.#store.list(prefix));
  }

  delete(key: string) {
    return this.#do(() => this.#store.delete(key));
  }

  async #do<T>(work: () => Promise<T>): Promise<T> {
    this.operations++;
    const now = this.operations;
    if (now > this.#at || (now === this.#at && this.#when === "before")) throw new Crash();
    const result = await work();
    if (now === this.#at) throw new Crash();
    return result;
  }
}
