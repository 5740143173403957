/** Time that runs out, counted down on standard error where a person watches. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Duration, Instant } from "../model/vocabulary.ts";
import type { Io } from "./io.ts";

const CLEAR = "\r\u001b[2K";

/** `4:05`: minutes and seconds, begun ones whole. */
export function clock(left: Duration): string {
  const seconds = Math.max(0, Math.ceil(left / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Draws `WHAT in 4:59 …` until the moment has come, or Ctrl-C. */
export async function countdown(what: string, until: Instant, io: Pick<Io, "err" | "now">) {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once("SIGINT", interrupt);
  try {
    for (let left = until - io.now(); left > 0; left = until - io.now()) {
      io.err(`${CLEAR}${what} in ${clock(left)} (Ctrl-C leaves)`);
      await sleep(left % 1000 || 1000, undefined, { signal: stop.signal });
    }
    io.err(`${CLEAR}${what} now.\n`);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    io.err(CLEAR);
  } finally {
    process.off("SIGINT", interrupt);
  }
}
