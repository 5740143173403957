/** What a command has of the world: streams, environment, clock. Made once, in main.ts. */
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { EXIT, worst } from "../exit.ts";
import type { Instant } from "../model/vocabulary.ts";
import { redactor } from "../secrets/redact.ts";
import { withoutOrders } from "../text/safe.ts";

export interface Io {
  /** Reports. No line of them, nor of `err`, is an order to a CI runner, whatever a backend or a policy says. */
  out(text: string): void;
  /** Orders to GitHub's runner, all data in them escaped by report/machine/annotations.ts. Everything else is for `out`. */
  orders(text: string): void;
  /** Progress and errors. */
  err(text: string): void;
  /** From now on neither `out` nor `err` shows this secret, whatever a backend says back. */
  hide: (secret: string) => void;
  /** A text without the secrets. */
  clean: (text: string) => string;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  now(): Instant;
  /** An id for a run: sorts by time, unique on one ledger. */
  runId(at: Instant): string;
  colour: boolean;
  /** Columns of the terminal; 100 where there is none. */
  width: number;
  /** Whether standard error is a terminal that a person watches. */
  watched: boolean;
  /** Asks on standard error; null where nobody can answer. */
  ask: ((question: string) => Promise<string>) | null;
}

/** The real world. NO_COLOR, FORCE_COLOR and CI are respected. */
export function processIo(): Io {
  const { env, stdout, stderr, stdin } = process;
  const person = !env.CI;
  const { hide, clean } = redactor();
  // A reader that has seen enough (`| head`) is no error. A full disk must not stop an apply half-way.
  let failed = false;
  for (const stream of [stdout, stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE" || failed) return;
      failed = true;
      process.exitCode = worst([Number(process.exitCode ?? EXIT.done), EXIT.error]);
      stderr.write(`error: the report can't be written: ${error.code ?? error.message}\n`);
    });
  }
  return {
    out: (text) => stdout.write(withoutOrders(clean(text))),
    orders: (text) => stdout.write(clean(text)),
    err: (text) => stderr.write(withoutOrders(clean(text))),
    hide,
    clean,
    env,
    cwd: process.cwd(),
    now: () => Date.now(),
    runId: (at) =>
      `${new Date(at).toISOString().replace(/[-:.]/g, "")}-${randomBytes(4).toString("hex")}`,
    colour: wantsColour(env, Boolean(stdout.isTTY) && person),
    width: stdout.columns ?? 100,
    watched: Boolean(stderr.isTTY) && person,
    ask: stdin.isTTY && stderr.isTTY && person ? ask : null,
  };
}

function wantsColour({ NO_COLOR, FORCE_COLOR }: NodeJS.ProcessEnv, terminal: boolean): boolean {
  if (NO_COLOR) return false;
  return FORCE_COLOR ? FORCE_COLOR !== "0" && FORCE_COLOR !== "false" : terminal;
}

/** Ctrl-D and the end of the input are an empty answer; so are signals, which whoever listens to them hears first. */
function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    const end = () => lines.close();
    process.once("SIGTERM", end);
    // The line editor takes Ctrl-C for itself.
    lines.once("SIGINT", () => {
      if (!process.emit("SIGINT")) process.kill(process.pid, "SIGINT");
      end();
    });
    lines.once("close", () => {
      process.off("SIGTERM", end);
      resolve("");
    });
    lines.question(question, (answer) => {
      resolve(answer.trim());
      lines.close();
    });
  });
}
