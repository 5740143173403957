/** Ctrl-C and SIGTERM in an apply: the first stops it after the batch under way, a second ends it at once. */
import { isLeft } from "../apply/execute.ts";
import { EXIT, type ExitReason } from "../exit.ts";
import type { Outcome } from "../model/run.ts";
import { printable } from "../text/safe.ts";
import { count, number } from "../text/words.ts";
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
  /** The targets that are written to at the moment. */
  writing: Set<string>;
}

/** Listens from now on, until it is disposed of. */
export function interruption(io: Pick<Io, "err">): Interruption {
  let first: number | null = null;
  const writing = new Set<string>();
  const stop = () => {
    if (first === null) {
      first = performance.now();
      const end = writing.size > 0 ? "sent after the batch under way" : "written any more";
      io.err(`Interrupted: nothing is ${end}. Once more ends it at once.\n`);
    } else if (performance.now() - first > ONE) {
      io.err(
        writing.size > 0
          ? "Interrupted once more: what was under way may have taken effect; the next run finds out.\n"
          : "Interrupted once more: nothing was being written.\n",
      );
      process.exit(EXIT.interrupted);
    }
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, stop);
  return {
    writing,
    asked: () => first !== null,
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, stop);
    },
  };
}

/** What an interrupted run on `target` did and what is open, in words and as the reason of the exit code. */
export function interrupted(
  target: string,
  outcomes: readonly Outcome[],
): { words: string; reason: ExitReason } {
  const open = outcomes.filter(isLeft).length;
  const words = `${open > 0 ? openWords(target, outcomes.length, open) : doneWords(target, outcomes)}\n`;
  return { words, reason: { code: EXIT.interrupted, cause: "interrupted", n: open } };
}

function openWords(target: string, all: number, open: number): string {
  const [are, them] = open === 1 ? ["is", "it"] : ["are", "them"];
  return `Interrupted: of ${count(all, "action")} for ${printable(target)}, ${number(open)} ${are} open; the next run takes ${them} up.`;
}

function doneWords(target: string, outcomes: readonly Outcome[]): string {
  const name = printable(target);
  if (outcomes.length === 0)
    return `Interrupted: there was nothing to do for ${name}, so nothing is open.`;
  const unread = outcomes.filter((o) => o.status === "applied" && o.confirmed !== true).length;
  const rest =
    unread === 0
      ? ""
      : `; ${number(unread)} ${unread === 1 ? "was" : "were"} not read again, and the next run does that`;
  return `Interrupted after the last action for ${name}: nothing is open${rest}.`;
}
