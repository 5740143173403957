/** Ctrl-C and SIGTERM in an apply: the first stops it after the batch under way, a second ends it at once. */
import { EXIT } from "../exit.ts";
import type { Io } from "./io.ts";

/**
 * Signals that come so close together are one, that reached this process by two ways: a terminal signals all of a group,
 * and npm, or bin/curfew.js on an older Node, passes on what it got. To take one for two costs the outcomes of a batch;
 * to take two for one costs another Ctrl-C.
 */
const ONE = 1000;

export interface Interruption extends Disposable {
  /** Whether somebody asked to stop. */
  asked(): boolean;
}

/** Listens from now on, until it is disposed of. */
export function interruption(io: Pick<Io, "err">): Interruption {
  let first: number | null = null;
  const stop = () => {
    if (first === null) {
      first = performance.now();
      io.err(
        "Interrupted: nothing is sent after the batch under way. Once more ends it at once.\n",
      );
    } else if (performance.now() - first > ONE) {
      io.err(
        "Interrupted once more: what was under way may have taken effect; the next run finds out.\n",
      );
      process.exit(EXIT.interrupted);
    }
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, stop);
  return {
    asked: () => first !== null,
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, stop);
    },
  };
}
