/** Refuses a register that others could read: its tokens let whoever has them act as their users. */
import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { trackedIn } from "../../../checkout/git.ts";
import { UsageError } from "../../../errors.ts";

/** What is told of a register's file. */
export interface Sharing {
  /** As messages name it. */
  shown: string;
  /** Told, in a sentence, what does not end the run. */
  onWarning?: ((message: string) => void) | undefined;
  /** @default this machine's */
  platform?: NodeJS.Platform;
}

/** Others may read or write it. */
const OTHERS = 0o066;
/** Others may enter a folder. */
const ENTER = 0o011;

/** Throws UsageError where others than its owner can read the file, or git tracks it. On Windows the first is a warning. */
export async function refuseShared(
  file: string,
  { shown, onWarning, platform = process.platform }: Sharing,
): Promise<void> {
  const real = await realpath(file).catch((error: unknown) => {
    throw unreadableRegister(shown, error);
  });
  for (const path of new Set([file, real])) {
    if ((await trackedIn(path)).length === 0) continue;
    throw new UsageError(
      `git tracks the register ${shown}, whose tokens are secrets: take it out with \`git rm --cached\`, add it to .gitignore, and end the tokens that were pushed.`,
    );
  }
  if (platform === "win32") {
    onWarning?.(
      `who may read the register ${shown} can't be told on Windows: keep it in a folder that only its owner may enter`,
    );
    return;
  }
  const { mode } = await stat(real);
  if ((mode & OTHERS) === 0 || (await isShut(dirname(real)))) return;
  throw new UsageError(
    `others may read the register ${shown} (its mode is ${(mode & 0o777).toString(8)}), whose tokens are secrets: chmod 600, or keep it in a folder of mode 700.`,
  );
}

/** Whether only its owner may enter a folder, or one above it. */
async function isShut(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  if ((mode & ENTER) === 0) return true;
  return dirname(folder) !== folder && isShut(dirname(folder));
}

/** Why the system did not give a register, as an error of ours. Throws what is none of the system's. */
export function unreadableRegister(shown: string, error: unknown): UsageError {
  const { code } = Object(error) as { code?: unknown };
  if (typeof code !== "string") throw error;
  return new UsageError(
    `the register ${shown} can't be read (${code}): correct target.register, which is relative to its policy, or write the file.`,
  );
}
