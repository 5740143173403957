/** The clock of this machine, for the doors: nothing below them asks it. */
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "./model/ports.ts";

/** The machine's own. */
export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  sleep: async (wait, signal) => {
    await delay(wait, undefined, signal ? { signal } : {});
  },
  random: Math.random,
};
