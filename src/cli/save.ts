/** Saves what a command reports to a file. */
import { constants, open } from "node:fs/promises";
import path from "node:path";
import { UsageError } from "../errors.ts";
import { withoutOrders } from "../text/safe.ts";
import type { Io } from "./io.ts";

/**
 * Saves a report, which is `what`, for its owner's eyes. A link is followed, as other tools do; what it leads to gets the
 * mode 0600 too, before a word is written. A device such as /dev/stdout has no mode to change. Throws UsageError.
 */
export async function save(what: string, file: string, text: string, io: Io): Promise<void> {
  refuseYaml(what, file);
  const write = async () => {
    const { O_WRONLY, O_CREAT } = constants;
    const handle = await open(path.resolve(io.cwd, file), O_WRONLY | O_CREAT, 0o600);
    try {
      if ((await handle.stat()).isFile()) {
        await handle.chmod(0o600);
        await handle.truncate();
      }
      await handle.writeFile(withoutOrders(io.clean(text)));
    } finally {
      await handle.close();
    }
  };
  await write().catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`the ${what} can't be saved to ${file}: ${error.code ?? error.message}`);
  });
}

/** A slip of the hand must not put a plan in the place of a policy. Throws UsageError. */
export function refuseYaml(what: string, file: string): void {
  if (!/\.ya?ml$/i.test(file)) return;
  throw new UsageError(
    `the ${what} is not saved to ${file}, which is named like a policy: give it a name of its own, such as ${what}.json`,
  );
}
