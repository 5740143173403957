/** A blob store in memory, over a map that a test may change. */
import { hash } from "node:crypto";
import {
  type BlobStore,
  ConflictError,
  checkKey,
  checkPrefix,
} from "../../src/ledger/store/contract.ts";

export function memoryStore(blobs: Map<string, string>): BlobStore {
  const tagOf = (text: string) => hash("sha256", text);
  return {
    async get(key) {
      const text = blobs.get(checkKey(key));
      return text === undefined ? null : { text, tag: tagOf(text) };
    },
    async put(key, text, condition) {
      const now = blobs.get(checkKey(key));
      const tag = now === undefined ? null : tagOf(now);
      const holds =
        !condition || ("ifAbsent" in condition ? tag === null : tag === condition.ifTag);
      if (!holds) throw new ConflictError(key);
      blobs.set(key, text);
      return tagOf(text);
    },
    async list(prefix) {
      checkPrefix(prefix);
      return [...blobs.keys()].filter((key) => key.startsWith(prefix)).sort();
    },
  };
}
