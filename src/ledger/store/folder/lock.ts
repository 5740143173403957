/** A short lock between processes that share a folder: held for a few system calls, never across a wait. */
import { closeSync, openSync, rmSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "../../../errors.ts";
import { errorCode } from "../failure.ts";

const POLL = 10;
/** Polls (2 s) after which a lock that did not change hands belongs to a process that died. */
const PATIENCE = 200;
/** Polls (1 min) after which a lock that does change hands is given up. */
const MOST = 6_000;

/**
 * Runs `work` while holding the lock file, and removes it afterwards. `work` is synchronous, so that nothing
 * of this process runs in between and the lock is held for microseconds: who holds it for two seconds is dead.
 * Throws UsageError where the lock stays busy.
 */
export async function locked<T>(file: string, work: () => T): Promise<T> {
  await acquire(file);
  try {
    return work();
  } finally {
    rmSync(file, { force: true });
  }
}

async function acquire(file: string): Promise<void> {
  let holder: string | null = null;
  let seen = 0;
  for (let poll = 0; poll < MOST; poll++) {
    if (create(file)) return;
    const now = identity(file);
    seen = now !== null && now === holder ? seen + 1 : 0;
    holder = now;
    if (holder !== null && seen >= PATIENCE) await remove(file, holder);
    else await sleep(POLL);
  }
  throw new UsageError(
    `${file} stays locked: other processes write there without a pause. Try again later.`,
  );
}

/**
 * Removes a dead process's lock. The right to do so is itself a lock, named after the holder, so that of several
 * who wait only one removes, and none removes the lock that another has just taken. It holds if that one dies too.
 */
async function remove(file: string, holder: string): Promise<void> {
  await locked(`${file}.${holder}`, () => {
    if (identity(file) === holder) rmSync(file, { force: true });
  });
}

function create(file: string): boolean {
  try {
    closeSync(openSync(file, "wx", 0o600));
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** Tells one holding of a lock from a later one: the same inode may come again, but not with the same time. */
function identity(file: string): string | null {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.ino}-${stat.mtimeNs}`;
}
