/** The blob store in a folder: a key is a file, a tag is a hash of its content. */
import { createHash } from "node:crypto";
import { readFileSync, renameSync } from "node:fs";
import { lstat, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../../../errors.ts";
import { makeFolder, makeFolderSync } from "../../../make-folder.ts";
import {
  type Blob,
  type BlobStore,
  type Condition,
  ConflictError,
  checkKey,
  checkPrefix,
  isKey,
} from "../contract.ts";
import { errorCode, ledgerFailure } from "../failure.ts";
import { locked } from "./lock.ts";
import { reachOf } from "./reach.ts";

/** For this user alone. */
const PRIVATE = 0o700;
const TEMPORARY = ".tmp-";
/** A temporary file this much older (ms) than one just written was left by a process that died. */
const LEFT_OVER = 3_600_000;

/**
 * Keeps blobs below `root`, which is made when first written to, readable by this user alone.
 * Several processes of one machine may use it at once. All methods throw UsageError for what the user can mend, also
 * where other users may write to a root that was there before; where they may read it, `warn` is told, once (reach.ts).
 * Windows has no such modes.
 */
export function openFolder(
  root: string,
  warn: (message: string) => void = () => {},
  hooks: FolderHooks = {},
): BlobStore {
  return new Folder(root, warn, hooks);
}

/** What else is done at a folder's place. */
export interface FolderHooks {
  /** Before its first use; throws UsageError where it is not to be used. */
  first?: () => Promise<void>;
  /** Once it was made. */
  made?: () => Promise<void>;
}

class Folder implements BlobStore {
  /** As the user named it. */
  readonly #name: string;
  readonly #root: string;
  readonly #warn: (message: string) => void;
  readonly #hooks: FolderHooks;
  #first: Promise<void> | null = null;
  #trusted = false;
  #swept = false;

  constructor(root: string, warn: (message: string) => void, hooks: FolderHooks) {
    this.#name = root;
    this.#root = resolve(root);
    this.#warn = warn;
    this.#hooks = hooks;
  }

  get(key: string): Promise<Blob | null> {
    return this.#explained(async () => {
      const bytes = await readFile(this.#path(key)).catch(orAbsent);
      return bytes === null ? null : { text: bytes.toString("utf8"), tag: tagOf(bytes) };
    });
  }

  put(key: string, text: string, condition?: Condition): Promise<string> {
    return this.#explained(async () => {
      const path = this.#path(key);
      const bytes = Buffer.from(text, "utf8");
      const temporary = await this.#writeTemporary(bytes);
      try {
        const made = await this.#locked(() => {
          if (condition !== undefined && !holds(condition, path)) throw new ConflictError(key);
          const first = makeFolderSync(dirname(path), PRIVATE);
          renameSync(temporary, path);
          return first;
        });
        await syncFolders(dirname(path), made === undefined ? dirname(path) : dirname(made));
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      return tagOf(bytes);
    });
  }

  list(prefix: string): Promise<string[]> {
    return this.#explained(async () => {
      const folder = checkPrefix(prefix).replace(/[^/]*$/, "");
      const keys: string[] = [];
      await this.#walk(folder, keys);
      return keys.filter((key) => key.startsWith(prefix)).sort();
    });
  }

  #path(key: string): string {
    return join(this.#root, checkKey(key));
  }

  /** Adds the keys below a folder (`` or `a/b/`), which need not be there. What is no key is not ours. */
  async #walk(folder: string, keys: string[]): Promise<void> {
    const entries = await readdir(join(this.#root, folder), { withFileTypes: true }).catch(
      orAbsent,
    );
    for (const entry of entries ?? []) {
      const key = folder + entry.name;
      if (!isKey(key)) continue;
      if (entry.isDirectory()) await this.#walk(`${key}/`, keys);
      else if (entry.isFile()) keys.push(key);
    }
  }

  /** All changes of the folder take turns, so that a condition still holds when the file is renamed into place. */
  #locked<T>(work: () => T): Promise<T> {
    return locked(join(this.#root, ".lock"), work);
  }

  async #explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      this.#first ??= this.#hooks.first?.() ?? Promise.resolve();
      await this.#first;
      await this.#trust();
      return await work();
    } catch (error) {
      throw ledgerFailure(this.#name, error);
    }
  }

  /** Until the root is there and was found to be ours alone, looks again. */
  async #trust(): Promise<void> {
    const { geteuid, getegid } = process;
    if (this.#trusted || !geteuid || !getegid) return;
    const found = await stat(this.#root).catch(orAbsent);
    // A link to what is not there, a disk that is not mounted perhaps, is no empty ledger.
    if (found === null && (await lstat(this.#root).catch(orAbsent)) !== null)
      await readdir(this.#root);
    // Another call may have looked meanwhile. A file in the folder's place has an error of its own.
    if (this.#trusted || !found?.isDirectory()) return;
    const reach = reachOf(found, { uid: geteuid(), gid: getegid() });
    if (reach && "refuse" in reach)
      throw new UsageError(`The ledger in ${this.#name} can't be used; ${reach.refuse}.`);
    this.#trusted = true;
    if (reach) this.#warn(`The ledger in ${this.#name} is not private: ${reach.warn}.`);
  }

  /** Writes a durable file of a name that nobody uses; it lies in the root, since folders of keys come and go. */
  async #writeTemporary(bytes: Buffer): Promise<string> {
    const made = await makeFolder(this.#root, PRIVATE);
    if (made !== undefined) {
      await syncFolders(dirname(this.#root), dirname(made));
      await this.#hooks.made?.();
    }
    // Some file systems give what is made there a mode of their own.
    await this.#trust();
    const { path, file } = await this.#openTemporary();
    try {
      await file.writeFile(bytes);
      await file.sync();
      await this.#sweep((await file.stat()).mtimeMs);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return path;
  }

  async #openTemporary() {
    for (;;) {
      serial++;
      const path = join(this.#root, `${TEMPORARY}${process.pid}-${serial}`);
      try {
        return { path, file: await open(path, "wx", 0o600) };
      } catch (error) {
        if (errorCode(error) !== "EEXIST") throw error;
      }
    }
  }

  /** Once per process and folder: removes what processes that died have left. `now` is the file system's, in ms. */
  async #sweep(now: number): Promise<void> {
    if (this.#swept) return;
    this.#swept = true;
    for (const name of await readdir(this.#root)) {
      if (!name.startsWith(TEMPORARY)) continue;
      const path = join(this.#root, name);
      const found = await stat(path).catch(orAbsent);
      if (found !== null && now - found.mtimeMs > LEFT_OVER) await rm(path, { force: true });
    }
  }
}

/** Makes names of temporary files unique in this process; a name that a dead process left is passed over. */
let serial = 0;

function tagOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function holds(condition: Condition, path: string): boolean {
  let tag: string | null = null;
  try {
    tag = tagOf(readFileSync(path));
  } catch (error) {
    orAbsent(error);
  }
  return "ifAbsent" in condition ? tag === null : tag === condition.ifTag;
}

function orAbsent(error: unknown): null {
  if (errorCode(error) === "ENOENT") return null;
  throw error;
}

/** Makes the entries of a folder, and of those above it up to `last`, durable. Windows has no such call. */
async function syncFolders(first: string, last: string): Promise<void> {
  if (process.platform === "win32") return;
  for (let path = first; ; path = dirname(path)) {
    await syncFolder(path);
    if (path === last || path === dirname(path)) return;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
