/** Packages on disk, each in a folder of its own, named after its content, so that two builds never meet. */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";

export interface Bundle {
  /** The folder to deploy: one of `out`, named after the digest. */
  folder: string;
  /** `sha256:…` over the names and the bytes of all files in it. */
  digest: string;
}

/** The files of a package: by their path in it, with `/`. */
export type Files = Map<string, Uint8Array>;

/** A deployment that began with a package has ended by then. */
const KEPT_MS = 24 * 60 * 60 * 1000;
/** By one build, so that it does not wait for long for what others left. */
const MOST_REMOVED = 100;

/**
 * Writes a package whole or not at all, also where another process writes the same one, and removes those that no
 * build has asked for within a day.
 */
export async function keep(files: Files, out: string): Promise<Bundle> {
  const digest = digestOf(files);
  const folder = path.join(out, digest.slice(0, 16));
  if (!(await isThere(folder))) {
    const draft = path.join(out, `.${randomUUID()}`);
    for (const [name, bytes] of files) {
      const file = path.join(draft, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, bytes);
    }
    await rename(draft, folder).catch(async (error: NodeJS.ErrnoException) => {
      await rm(draft, { recursive: true, force: true });
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  }
  await prune(out);
  return { folder, digest: `sha256:${digest}` };
}

function digestOf(files: Files): string {
  const hash = createHash("sha256");
  for (const name of [...files.keys()].sort()) {
    const bytes = files.get(name) ?? new Uint8Array();
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

/** Whether a package is there; if so it counts as built now, and no other build removes it. */
async function isThere(folder: string): Promise<boolean> {
  const now = new Date();
  const touched = utimes(folder, now, now).then(() => true);
  return touched.catch(unlessGone(false));
}

/** Removes old packages, and drafts of builds that died; nothing else that may lie there. */
async function prune(out: string): Promise<void> {
  const until = Date.now() - KEPT_MS;
  let removed = 0;
  for (const name of await readdir(out)) {
    if (!/^([0-9a-f]{16}|\.[0-9a-f-]{36})$/.test(name) || removed === MOST_REMOVED) continue;
    const folder = path.join(out, name);
    const seen = await stat(folder).catch(unlessGone(null));
    if (seen === null || seen.mtimeMs > until) continue;
    // Out of the way first, so that no other build takes half a package for a whole one.
    const gone = path.join(out, `.${randomUUID()}`);
    await rename(folder, gone).catch(unlessGone(null));
    await rm(gone, { recursive: true, force: true });
    removed++;
  }
}

/** `then` where another build removed it meanwhile. */
function unlessGone<T>(then: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === "ENOENT") return then;
    throw error;
  };
}
