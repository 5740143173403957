/** A progress bar on standard error, where a person watches; elsewhere nothing. */
import type { Policy } from "../model/policy.ts";
import { printable } from "../text/safe.ts";
import type { Io } from "./io.ts";

export interface ProgressBar {
  /** `done` of `total`; draws at most once per percent. */
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
      const share = total === 0 ? 1 : Math.min(1, done / total);
      const filled = Math.round(share * BAR);
      const line = `${what} ${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${Math.floor(share * 100)}%`;
      if (line === drawn) return;
      drawn = line;
      io.err(`\r\u001b[2K${line} (${done} of ${total})`);
    },
    end() {
      if (drawn !== "") io.err("\r\u001b[2K");
      drawn = "";
    },
  };
}

/** Draws the reading of a target while `work` goes on. */
export async function reading<T>(
  policy: Policy,
  io: Io,
  work: (onRead: (read: number, total: number) => void) => Promise<T>,
): Promise<T> {
  const bar = progress(io);
  try {
    return await work((read, total) =>
      bar.show(`Reading ${printable(policy.target.name)}`, read, total),
    );
  } finally {
    bar.end();
  }
}
