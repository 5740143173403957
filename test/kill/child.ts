/** Processes of these tests: started, listened to, and always ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { BIN } from "../cli/run.ts";
import { type Job, TOKEN } from "./apply.ts";
import type { Said } from "./driver.ts";

const DRIVER = join(import.meta.dirname, "driver.ts");
/** Halves the time that a process needs to begin. */
const NODE_COMPILE_CACHE = join(import.meta.dirname, "../../node_modules/.cache/curfew-cli");

/** No process of a test lives longer, in ms. */
const LIFETIME = 60_000;

export interface Child {
  process: ChildProcess;
  out: string;
  err: string;
  /** The exit code; null where a signal ended it. */
  ended: Promise<number | null>;
  /** Whether it has ended. */
  gone: boolean;
}

/** A driver that is ready to apply, as soon as `go` is called. */
export async function driver(job: Job): Promise<Child & { go(): void; said(): Said | null }> {
  const child = start([DRIVER, JSON.stringify(job)], {});
  await busy(child, () => child.out.includes('"ready"'));
  const said = () => JSON.parse(child.out.trim().split("\n").at(-1) ?? "null") as Said | null;
  return Object.assign(child, { said, go: () => child.process.stdin?.end("go\n") });
}

/** `curfew ARGS` in a folder. */
export function cli(cwd: string, ...args: string[]): Child {
  return start([BIN, ...args], { cwd });
}

/** `curfew ARGS` in a folder, started by `node`, which leads a group of its own, as a terminal makes one. */
export function launched(node: readonly string[], cwd: string, ...args: string[]): Child {
  const [program = "", ...options] = node;
  return start([...options, BIN, ...args], { cwd, detached: true }, program);
}

interface Starting {
  cwd?: string;
  detached?: boolean;
}

function start(argv: string[], options: Starting, program = process.execPath): Child {
  const { PATH } = process.env;
  const process_ = spawn(program, argv, {
    ...options,
    env: { PATH, NODE_COMPILE_CACHE, LANG: "C.UTF-8", TOKEN },
    timeout: LIFETIME,
    killSignal: "SIGKILL",
  });
  const ended = once(process_, "close").then(([code]) => code as number | null);
  const child: Child = { process: process_, out: "", err: "", ended, gone: false };
  process_.stdout.setEncoding("utf8").on("data", (text: string) => {
    child.out += text;
  });
  process_.stderr.setEncoding("utf8").on("data", (text: string) => {
    child.err += text;
  });
  process_.once("exit", () => {
    child.gone = true;
  });
  onTestFinished(() => kill(child));
  return child;
}

/** Ends a process outright, and waits until it is gone. */
export async function kill(child: Child): Promise<void> {
  if (!child.gone) child.process.kill("SIGKILL");
  await child.ended;
}

/** Waits until something is so while the process lives; fails where it ends before. */
export async function busy(child: Child, so: () => boolean): Promise<void> {
  await until(() => so() || child.gone);
  if (!so()) throw new Error(`the process ended early: ${child.out}${child.err}`);
}

/** Waits until something is so; fails after `LIFETIME`. */
export async function until(so: () => boolean): Promise<void> {
  for (let waited = 0; !so(); waited += 2) {
    if (waited > LIFETIME) throw new Error(`this never came about: ${so}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
