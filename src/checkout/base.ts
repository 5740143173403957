/** The policies that a change starts from: `plan --base DIR|REV` (SPEC.md, "The cause"). */
import { mkdir, mkdtemp, realpath, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import { PolicyError, UsageError } from "../errors.ts";
import type { Instant, Policy } from "../model.ts";
import { loadPolicies } from "../policy/load.ts";
import { git, gitFault } from "./git.ts";

export interface Base {
  policies: Policy[];
  /** The commit; null for a folder. */
  commit: string | null;
  /** Why the base wants nothing, as a sentence; null where it has policies. */
  missing: string | null;
}

interface Options {
  cwd: string;
  at: Instant;
}

/** More files below a policy folder are no policies. */
const MAX_FILES = 10_000;

/**
 * Loads the same paths as they are in the base: in a folder (another checkout, or a folder of policies), or in the
 * merge base of a commit and HEAD. Where the base has no such path, or policies with errors, it wants nothing, and
 * `missing` says so. Throws UsageError for what is neither a folder nor a commit.
 */
export async function loadBase(
  paths: readonly string[],
  base: string,
  options: Options,
): Promise<Base> {
  const folder = resolve(options.cwd, base);
  const isFolder = await stat(folder).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  return isFolder ? ofFolder(paths, folder, options) : ofCommit(paths, base, options);
}

async function ofFolder(paths: readonly string[], folder: string, { at }: Options): Promise<Base> {
  const same = await Promise.all(paths.map((path) => exists(resolve(folder, path))));
  const inside = same.every(Boolean) ? paths : ["."];
  return { commit: null, ...(await loaded(inside, { cwd: folder, at, commit: null }, "the base")) };
}

async function ofCommit(
  paths: readonly string[],
  rev: string,
  { cwd, at }: Options,
): Promise<Base> {
  const [first = "."] = paths;
  const full = resolve(cwd, first);
  const from = (await stat(full)).isDirectory() ? full : dirname(full);
  const top = await git(from, "rev-parse", "--show-toplevel").catch((error: unknown) => {
    throw new UsageError(
      `--base ${rev} is no folder, and ${first} is in no git repository: ${gitFault(error)}`,
    );
  });
  const commit = await mergeBase(from, rev);
  const copy = await mkdtemp(join(tmpdir(), "curfew-base-"));
  try {
    const here = join(copy, relative(await realpath(top), await realpath(cwd)));
    if (relative(copy, here).startsWith(`..${sep}`) || here === dirname(copy))
      throw new UsageError(`--base ${rev}: run Curfew inside the repository that holds ${first}`);
    await mkdir(here, { recursive: true });
    const folders = await Promise.all(paths.map((path) => folderOf(resolve(cwd, path))));
    for (const folder of new Set(folders)) await copyOut(top, commit, folder, copy);
    const found = await Promise.all(paths.map((path) => exists(resolve(here, path))));
    const there = paths.filter((_, i) => found[i]);
    const name = `the base ${commit.slice(0, 12)}`;
    if (there.length === 0)
      return {
        commit,
        policies: [],
        missing: `${name} has no ${paths.join(", ")}: everything counts as this change.`,
      };
    return { commit, ...(await loaded(there, { cwd: here, at, commit }, name)) };
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function mergeBase(folder: string, rev: string): Promise<string> {
  // A name that begins with a dash is an option to git.
  if (rev.startsWith("-")) throw new UsageError(`--base ${rev} is neither a folder nor a commit`);
  const commit = await git(
    folder,
    "rev-parse",
    "--verify",
    "--end-of-options",
    `${rev}^{commit}`,
  ).catch((error: unknown) => {
    throw new UsageError(
      `--base ${rev} is neither a folder nor a commit of the repository: ${gitFault(error)}. In CI, fetch the base branch, too (actions/checkout: fetch-depth: 0).`,
    );
  });
  return git(folder, "merge-base", commit, "HEAD").catch(() => {
    throw new UsageError(
      `--base ${rev} and HEAD have no commit in common here: fetch the whole history (actions/checkout: fetch-depth: 0; git fetch --unshallow)`,
    );
  });
}

/** Writes the YAML files of a folder, as they are in the commit, below `copy`. Links are left out: loading follows none that leads out. */
async function copyOut(top: string, commit: string, folder: string, copy: string): Promise<void> {
  const where = relative(await realpath(top), folder)
    .split(sep)
    .join("/");
  const list = await git(top, "ls-tree", "-r", "-z", commit, "--", where === "" ? "." : where);
  const entries = list.split("\0").filter((line) => line !== "");
  if (entries.length > MAX_FILES)
    throw new UsageError(
      `${where || "the repository"} holds more than ${MAX_FILES} files: give policies a folder of their own`,
    );
  for (const entry of entries) {
    const [, mode = "", object = "", name = ""] =
      /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(entry) ?? [];
    if (!mode.startsWith("100") || !/\.ya?ml$/.test(name)) continue;
    const file = resolve(copy, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${await git(top, "cat-file", "blob", object)}\n`);
  }
}

/** Policies with errors want nothing: the change may be what mends them. */
async function loaded(
  paths: readonly string[],
  options: { cwd: string; at: Instant; commit: string | null },
  name: string,
): Promise<Pick<Base, "policies" | "missing">> {
  try {
    return { policies: await loadPolicies(paths, options), missing: null };
  } catch (error) {
    if (!(error instanceof PolicyError) && !(error instanceof UsageError)) throw error;
    const [line] = error.message.split("\n");
    return {
      policies: [],
      missing: `${name} has no valid policy, so everything counts as this change: ${line}`,
    };
  }
}

async function folderOf(path: string): Promise<string> {
  const facts = await stat(path);
  return realpath(facts.isDirectory() ? path : dirname(path));
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
