import { type BlobStore, type Condition, ConflictError } from "../../src/ledger/store/contract.ts";

/** A store in memory, for tests that tamper with every place of a ledger. */
export class MemoryStore implements BlobStore {
  readonly #texts = new Map<string, string>();

  async get(key: string) {
    const text = this.#texts.get(key);
    return text === undefined ? null : { text, tag: text };
  }

  async put(key: string, text: string, condition?: Condition) {
    const stored = this.#texts.get(key) ?? null;
    const due = condition && ("ifTag" in condition ? condition.ifTag : null);
    if (condition && stored !== due) throw new ConflictError(key);
    this.#texts.set(key, text);
    return text;
  }

  async list(prefix: string) {
    return [...this.#texts.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  async delete(key: string) {
    this.#texts.delete(key);
  }
}
