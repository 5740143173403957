import type { BlobStore, Condition } from "../../src/ledger/store/contract.ts";

/** The process died. */
export class Crash extends Error {}

type Operation = "get" | "put" | "list";
/** Whether this is the operation to die at. */
export type Moment = (operation: Operation, key: string) => boolean;

/**
 * A process that dies at its k-th operation on the store (from 1), or at the first of a kind, `before` it takes
 * effect or `after`. From then on it does nothing more, as dead processes do.
 */
export class CrashingStore implements BlobStore {
  readonly #store: BlobStore;
  readonly #at: number | Moment;
  readonly #when: "before" | "after";
  operations = 0;
  #dead = false;

  constructor(store: BlobStore, at: number | Moment, when: "before" | "after") {
    this.#store = store;
    this.#at = at;
    this.#when = when;
  }

  get(key: string) {
    return this.#do("get", key, () => this.#store.get(key));
  }

  put(key: string, text: string, condition?: Condition) {
    return this.#do("put", key, () => this.#store.put(key, text, condition));
  }

  list(prefix: string) {
    return this.#do("list", prefix, () => this.#store.list(prefix));
  }

  async #do<T>(operation: Operation, key: string, work: () => Promise<T>): Promise<T> {
    if (this.#dead) throw new Crash();
    this.operations++;
    const at = this.#at;
    this.#dead = typeof at === "number" ? this.operations === at : at(operation, key);
    if (this.#dead && this.#when === "before") throw new Crash();
    const result = await work();
    if (this.#dead) throw new Crash();
    return result;
  }
}
