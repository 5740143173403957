/** The policies that a change starts from: `plan --base DIR|REV` (docs/contract.md, "The cause"). */
import { mkdtemp, readFile, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { PolicyError, UsageError } from "../errors.ts";
import { makeFolder } from "../make-folder.ts";
import type { Policy } from "../model/policy.ts";
import type { Instant } from "../model/vocabulary.ts";
import { git, gitFault, isCheckout } from "./git.ts";
import { isInside, loadPolicies } from "./load.ts";
import { copyOut } from "./tree.ts";

export interface BasePolicies {
  policies: Policy[];
  /** The commit; null for a folder. */
  commit: string | null;
  /** Why the base wants nothing, as a sentence; null where it has policies. */
  missing: string | null;
}

interface BaseOptions {
  cwd: string;
  at: Instant;
}

/**
 * Loads the same paths as they are in the base: in a folder (another checkout, or a folder of policies), or in the
 * merge base of a commit and HEAD. Where the base has no such path, or policies with errors, it wants nothing, and
 * `missing` says so. Throws UsageError for what is neither a folder nor a commit, and for what may be both: the change
 * must not choose what it is compared with.
 */
export async function loadBase(
  paths: readonly string[],
  base: string,
  options: BaseOptions,
): Promise<BasePolicies> {
  const folder = resolve(options.cwd, base);
  if (!(await isFolder(folder))) return ofCommit(paths, base, options);
  const isPath = isAbsolute(base) || /^\.{1,2}($|[/\\])/.test(base);
  if (!isPath && (await mayBeCommit(base, folder, await homeOf(paths, options.cwd))))
    throw new UsageError(
      `--base ${base} is a folder of this checkout, and a commit may be meant: write ./${base} for the folder, or ${base}~0 for the commit`,
    );
  return ofFolder(paths, folder, options);
}

/** Whether a folder has the name of a commit, or comes with the change: then it is what somebody put in its way. */
async function mayBeCommit(base: string, folder: string, home: string): Promise<boolean> {
  const top = await git(home, "rev-parse", "--show-toplevel").catch(async (error: unknown) => {
    if (!(await isCheckout(home))) return null;
    throw new UsageError(
      `--base ${base} is a folder, and git can't tell whether it is a commit, too: ${gitFault(error)}; or write ./${base} for the folder`,
    );
  });
  if (top === null) return false;
  const name = ["--verify", "--quiet", "--end-of-options", `${base}^{commit}`];
  const found = await git(home, "rev-parse", ...name).catch(() => "");
  if (found !== "") return true;
  const way = relative(await realpath(top), await realpath(folder));
  if (way === "" || leadsOut(way)) return false;
  return (await git(top, "ls-tree", "HEAD", "--", way).catch(() => "")) !== "";
}

async function ofFolder(
  paths: readonly string[],
  folder: string,
  { cwd, at }: BaseOptions,
): Promise<BasePolicies> {
  // Never a path of the change itself: an absolute one is the same path below the base.
  const same = paths.map((path) => resolve(folder, relative(cwd, resolve(cwd, path))));
  const there = await Promise.all(
    same.map(async (path) => isInside(path, folder) && (await exists(path))),
  );
  const inside = there.every(Boolean) ? same.map((path) => relative(folder, path) || ".") : ["."];
  return { commit: null, ...(await loaded(inside, { cwd: folder, at, commit: null }, "the base")) };
}

async function ofCommit(
  paths: readonly string[],
  rev: string,
  { cwd, at }: BaseOptions,
): Promise<BasePolicies> {
  const [first = "."] = paths;
  const home = await homeOf(paths, cwd);
  const top = await git(home, "rev-parse", "--show-toplevel").catch(async (error: unknown) => {
    const what = (await isCheckout(home))
      ? `git does not tell of the repository that holds ${first}`
      : `${first} is in no git repository`;
    throw new UsageError(`--base ${rev} is no folder, and ${what}: ${gitFault(error)}`);
  });
  const real = await realpath(top);
  const below = relative(real, await realpath(cwd));
  const places = paths.map((path) => placeOf(resolve(cwd, path), cwd, below, real));
  if (leadsOut(below) || places.some((place) => place === null))
    throw new UsageError(`--base ${rev}: run Curfew inside the repository that holds ${first}`);
  const commit = await mergeBase(home, rev);
  const copy = await mkdtemp(join(tmpdir(), "curfew-base-"));
  try {
    const here = join(copy, below);
    await makeFolder(here);
    const folders = await Promise.all(
      paths.map(async (path, i) => {
        const place = places[i] ?? ".";
        return (await isFile(resolve(cwd, path))) ? dirname(place) : place;
      }),
    );
    await copyOut(top, commit, folders, copy);
    const same = places.map((place) => relative(here, join(copy, place ?? ".")) || ".");
    const found = await Promise.all(same.map((path) => exists(resolve(here, path))));
    const there = same.filter((_, i) => found[i]);
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

/**
 * Where a path is below the top of its repository, by its name: a link that the change put in place of the folder must
 * not lead to another folder of the base. null where it is outside.
 */
function placeOf(full: string, cwd: string, below: string, top: string): string | null {
  const byName = relative(top, full);
  const place = leadsOut(byName) ? join(below, relative(cwd, full)) : byName;
  return leadsOut(place) ? null : place || ".";
}

function leadsOut(way: string): boolean {
  return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way);
}

/** The folder from which git is asked: that of the first path. */
async function homeOf([first = "."]: readonly string[], cwd: string): Promise<string> {
  const full = resolve(cwd, first);
  if (await isFolder(full)) return full;
  return (await isFolder(dirname(full))) ? dirname(full) : cwd;
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
  const base = await git(folder, "merge-base", commit, "HEAD").catch(() => {
    throw new UsageError(
      `--base ${rev} and HEAD have no commit in common here: fetch the whole history (actions/checkout: fetch-depth: 0; git fetch --unshallow)`,
    );
  });
  if (await isProven(base, commit, folder).catch(() => false)) return base;
  throw new UsageError(
    `--base ${rev}: this clone is shallow, and the commits that it lacks may hold a later merge base with HEAD than ${base.slice(0, 12)}: fetch the whole history (actions/checkout: fetch-depth: 0; git fetch --unshallow)`,
  );
}

/**
 * Whether no other commit can be a later merge base. In a shallow clone the parents of some commits are missing. If one
 * of those lies between the merge base that git found and either end, a later one may lie behind it.
 */
async function isProven(base: string, commit: string, folder: string): Promise<boolean> {
  if ((await git(folder, "rev-parse", "--is-shallow-repository")) !== "true") return true;
  const since = (end: string) => git(folder, "rev-list", end, `^${base}`).then(lines);
  const [ours, theirs] = await Promise.all([since("HEAD"), since(commit)]);
  // One end is the merge base itself: nothing is later.
  if (ours.length === 0 || theirs.length === 0) return true;
  const place = await git(folder, "rev-parse", "--git-path", "shallow");
  const cut = new Set(lines(await readFile(resolve(folder, place), "utf8")));
  return ![...ours, ...theirs].some((one) => cut.has(one));
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** Policies with errors want nothing: the change may be what mends them. */
async function loaded(
  paths: readonly string[],
  options: { cwd: string; at: Instant; commit: string | null },
  name: string,
): Promise<Pick<BasePolicies, "policies" | "missing">> {
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

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}

async function isFile(path: string): Promise<boolean> {
  return (await exists(path)) && !(await isFolder(path));
}
