/** A progress bar on standard error, where a person watches; elsewhere nothing. */
import type { Policy } from "../model/policy.ts";
import { printable } from "../text/safe.ts";
import type { Io } from "./io.ts";

export interface ProgressBar {
  /** `done` of `total`, which is 0 while it is not known; draws at most once per percent. */
  show(what: string, done: number, total: number): void;
  /** Removes the bar. */
  end(): void;
}

const BAR = 24;

export function progress(io: Io): ProgressBar {
  let drawn = "";
  return {
    show(what, done, total) {
      if (!io.watched) return;
      const line = `${what} ${barOf(done, total)}`;
      if (line === drawn) return;
      drawn = line;
      io.err(`\r\u001b[2K${line}${total === 0 ? "" : ` (${done} of ${total})`}`);
    },
    end() {
      if (drawn !== "") io.err("\r\u001b[2K");
      drawn = "";
    },
  };
}

/** Never blank once something is done, and full only where all is. */
function barOf(done: number, total: number): string {
  if (total === 0) return "…";
  const share = Math.min(1, done / total);
  const some = done > 0 ? 1 : 0;
  const filled = Math.max(some, Math.floor(share * BAR));
  return `${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${Math.floor(share * 100)}%`;
}

/** Draws the reading of a target while `work` goes on. */
export async function reading<T>(
  policy: Policy,
  io: Io,
  work: (onRead: (read: number, total: number) => void) => Promise<T>,
): Promise<T> {
  const bar = progress(io);
  const what = `Reading ${printable(policy.target.name)}`;
  try {
    bar.show(what, 0, 0);
    return await work((read, total) => bar.show(what, read, total));
  } finally {
    bar.end();
  }
}
