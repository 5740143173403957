/** Where a ledger keeps its blobs: few enough methods that a folder and S3 (If-Match, If-None-Match) are both small. */

/** What must be true of the stored blob for a conditional put: it still has this tag, or there is none. */
export type Condition = { ifTag: string } | { ifAbsent: true };

/** A blob's text, and a tag that changes when the text does. */
export interface Blob {
  text: string;
  tag: string;
}

/**
 * Texts by key, of which none is ever removed. A key is segments joined by `/` (see checkKey). Each method takes effect whole or not at all,
 * also when the process or the machine dies in it, and what a resolved `put` wrote is durable.
 * test/ledger/store/store-suite.ts is the contract in full; every store passes it.
 */
export interface BlobStore {
  /** The blob, or null if there is none. */
  get(key: string): Promise<Blob | null>;
  /** Writes the blob and returns its new tag. Throws ConflictError where the condition does not hold. */
  put(key: string, text: string, condition?: Condition): Promise<string>;
  /** All keys that begin with the prefix, sorted. */
  list(prefix: string): Promise<string[]>;
}

/** A conditional put found another blob than it was told to expect: somebody else wrote. */
export class ConflictError extends Error {
  readonly key: string;

  constructor(key: string) {
    super(`${key} was changed by another process.`);
    this.key = key;
  }
}

/**
 * A conditional put; null where the condition does not hold. A store may send a put again whose answer was lost, and
 * then finds its own text in the way: that counts as written, so `text` must be no other writer's too.
 */
export async function putOnce(
  store: BlobStore,
  key: string,
  text: string,
  condition: Condition,
): Promise<string | null> {
  try {
    return await store.put(key, text, condition);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    const blob = await store.get(key);
    return blob?.text === text ? blob.tag : null;
  }
}

const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const LONGEST = 512;

/** Whether every store takes this key: segments of letters, digits, `.`, `_`, `-`, each begun by a letter or a digit; no `..`. */
export function isKey(key: string): boolean {
  return (
    key.length <= LONGEST &&
    !key.includes("..") &&
    key.split("/").every((part) => SEGMENT.test(part))
  );
}

/** Returns the key as it is. Throws RangeError if it is none: keys are made by code, so a wrong one is a bug. */
export function checkKey(key: string): string {
  if (!isKey(key)) throw new RangeError(`Not a key of a blob: ${JSON.stringify(key)}`);
  return key;
}

/** Returns the prefix as it is: empty, a key, or a key and a slash. Throws RangeError otherwise. */
export function checkPrefix(prefix: string): string {
  if (prefix !== "") checkKey(prefix.endsWith("/") ? prefix.slice(0, -1) : prefix);
  return prefix;
}
