/** Where the ledger is that nobody named, and what may stand beside it: docs/contract.md, "Where the ledger is". */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { constants, open } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { UsageError } from "../errors.ts";
import { trackedIn } from "./git.ts";

export const LEDGER_NAME = ".curfew";

/** The folder that holds the ledger of a policy, wherever one stands. */
export interface Home {
  folder: string;
  /** Whether it is the top of a repository, so that git would take the ledger in. */
  isRepository: boolean;
}

/** The nearest folder above the policy that holds `.git`, else the policy's own. git is not asked: it may be missing. */
export function homeOf(policyFile: string): Home {
  const own = dirname(realOf(policyFile));
  for (let folder = own; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return { folder, isRepository: true };
    if (folder === dirname(folder)) return { folder: own, isRepository: false };
  }
}

/**
 * Throws UsageError where another ledger of the same deployment stands in the working folder, beside the policy or in
 * the main worktree: each would know half. `key`: what a ledger keeps the deployment under.
 */
export function refuseSecond(home: Home, policyFile: string, cwd: string, key: string): void {
  const own = realOf(join(home.folder, LEDGER_NAME));
  const beside = [cwd, dirname(policyFile), dirname(realOf(policyFile)), mainWorktree(home.folder)];
  for (const folder of beside) {
    if (folder === null) continue;
    const other = join(folder, LEDGER_NAME);
    if (realOf(other) === own || !existsSync(join(other, key))) continue;
    throw new UsageError(
      `two ledgers for one deployment: ${shown(join(home.folder, LEDGER_NAME), cwd)}, which is the policy's, and ${shown(other, cwd)}, which holds it, too. Keep the one that knows the last runs: name it with --ledger or target.ledger, or put ${key} from the second into the first, where that has none`,
    );
  }
}

/** Of a linked worktree, the folder that it was made from; null for any other folder. */
function mainWorktree(folder: string): string | null {
  try {
    const [, place = ""] = /^gitdir: (.+)$/m.exec(readFileSync(join(folder, ".git"), "utf8")) ?? [];
    const own = resolve(folder, place.trim());
    const common = resolve(own, readFileSync(join(own, "commondir"), "utf8").trim());
    return basename(common) === ".git" ? dirname(common) : null;
  } catch {
    // The repository's own folder, or a submodule.
    return null;
  }
}

/** What keeps a folder in git, or explains it, and is no part of a ledger. */
const HARMLESS = /^(?:\.gitignore|\.gitkeep|\.keep|README(?:\.\w+)?)$/i;

/** Throws UsageError where git tracks the folder of a ledger: a checkout would put an old one in its place. */
export async function refuseTracked(ledger: string, cwd: string): Promise<void> {
  for (const folder of new Set([ledger, realOf(ledger)])) {
    const tracked = await trackedIn(folder);
    if (!tracked.some((file) => !HARMLESS.test(relative(folder, file)))) continue;
    throw new UsageError(
      `git tracks the ledger in ${shown(ledger, cwd)}, so that a checkout or a merge would put an old one in its place: take it out with \`git rm -r --cached\`, add it to .gitignore and commit`,
    );
  }
}

/**
 * Adds the ledger to the `.gitignore` of a folder, where no line there names it. A link is not followed: it may come
 * from a stranger and lead anywhere. False where nothing had to be written.
 */
export async function ignoreLedger(folder: string): Promise<boolean> {
  const { O_RDWR, O_CREAT, O_APPEND, O_NOFOLLOW = 0 } = constants;
  const file = await open(join(folder, ".gitignore"), O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW);
  try {
    const text = await file.readFile("utf8");
    if (text.split("\n").some((line) => IGNORED.test(line.trim()))) return false;
    await file.writeFile(`${text === "" || text.endsWith("\n") ? "" : "\n"}${LEDGER_NAME}/\n`);
    return true;
  } finally {
    await file.close();
  }
}

const IGNORED = /^(?:\/|\*\*\/)?\.curfew(?:\/|\/\*\*?)?$/;

/** Without links, as far as the path is there. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(realOf(dirname(path)), basename(path));
  }
}

/** As messages name it: from the working folder, where it is in there. */
export function shown(path: string, cwd: string): string {
  const way = relative(cwd, path);
  return way === ".." || way.startsWith(`..${sep}`) ? path : way || ".";
}
