/** Which process holds a lease, and whether it still lives: what a door passes in. */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import type { Holder } from "../../model/ports.ts";
import type { Duration } from "../../model/vocabulary.ts";
import { errorCode } from "../store/failure.ts";

/** Calls `work` every so many milliseconds; the result ends it. */
export type Every = (ms: Duration, work: () => void) => () => void;

/** A timer that keeps no process alive. */
export const everyInterval: Every = (ms, work) => {
  const timer = setInterval(work, ms);
  timer.unref();
  return () => clearInterval(timer);
};

/** Who a process says it is, where its machine's own names say too little. */
export interface Identity {
  who: string;
  /** Unique among machines, with a `/`, as no machine's own name has it: nobody tells that the process has ended. */
  host: string;
}

/** This process, as the holder of a lease for a run. */
export function thisHolder(run: string, who = userName(), host = hostname()): Holder {
  return { run, host, pid: process.pid, started: look(process.pid).started, who };
}

/**
 * Whether the holder's process is known to have ended: it was one of this machine, and its id is free, a zombie's,
 * or another process's by now. False where that can't be told from here, e.g. in another container.
 */
export function hasEnded(holder: Holder): boolean {
  if (holder.host !== hostname()) return false;
  const machine = thisMachine();
  if (holder.started === null) return machine === null && isFree(holder.pid);
  if (machine === null || !holder.started.startsWith(`${machine}/`)) return false;
  const { started, zombie } = look(holder.pid);
  // A process that /proc does not show may be hidden rather than gone.
  return started === null ? isFree(holder.pid) : zombie || started !== holder.started;
}

/** Of Linux: `<boot>/<process namespace>`, in which a process id has one meaning; null elsewhere. */
function thisMachine(): string | null {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot}/${readlinkSync("/proc/self/ns/pid").replace(/\D/g, "")}`;
  } catch {
    // No Linux, or a sandbox that shows none of it: then nothing is known.
    return null;
  }
}

/** `started` is null where the process can't be seen. Fields 3 and 22 of /proc/PID/stat: proc_pid_stat(5). */
function look(pid: number): { started: string | null; zombie: boolean } {
  const machine = thisMachine();
  if (machine === null) return { started: null, zombie: false };
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name of the program, in brackets, may itself hold brackets and spaces.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { started: `${machine}/${fields[19]}`, zombie: ["Z", "X"].includes(fields[0] ?? "") };
  } catch {
    return { started: null, zombie: false };
  }
}

/** Signal 0 asks only whether a process is there; one that belongs to another user is. */
function isFree(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return errorCode(error) === "ESRCH";
  }
}

/** In a container the user may have a number and no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}
