import { UsageError } from "../../errors.ts";

/** The code of a system error, e.g. `ENOENT`; null for any other error. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : null;
}

const REMEDIES: Record<string, string> = {
  EACCES: "permission is denied: give this user the folder, or name another with --ledger",
  EPERM: "permission is denied: give this user the folder, or name another with --ledger",
  EROFS: "the file system is read-only: name another folder with --ledger",
  ENOSPC: "the disk is full: free some space and run again",
  EDQUOT: "the disk quota is used up: free some space and run again",
  ENOTDIR: "a file is where a folder should be: move it away, or name another folder with --ledger",
  ENOENT: "it leads nowhere: mend the link, or name another folder with --ledger",
  EEXIST: "a file is where a folder should be: move it away, or name another folder with --ledger",
  EISDIR: "a folder is where a file should be: move it away, or name another folder with --ledger",
};

/** Where the folder can't be made, though nothing forbids it. */
const UNMADE = "the folder can't be made (ENOENT): name another with --ledger";

/** Turns what the user can mend into a UsageError that says how; every other error is returned as it is. */
export function ledgerFailure(folder: string, error: unknown): unknown {
  const code = errorCode(error) ?? "";
  const made = (error as NodeJS.ErrnoException | null)?.syscall === "mkdir";
  const remedy = code === "ENOENT" && made ? UNMADE : REMEDIES[code];
  return remedy === undefined
    ? error
    : new UsageError(`The ledger in ${folder} can't be used; ${remedy}.`, { cause: error });
}
