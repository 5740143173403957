/** A process that says it is ready, waits for a word, applies a job, and ends with the exit code of its error. */
import { writeSync } from "node:fs";
import { CurfewError } from "../../src/errors.ts";
import { type Job, run } from "./apply.ts";

/** What the driver says, one JSON a line: first that it is ready, at last how its run ended. */
export type Said = { said: "ready" } | { said: "done" } | { said: "error"; message: string };

const say = (what: Said) => writeSync(1, `${JSON.stringify(what)}\n`);
const job = JSON.parse(process.argv[2] ?? "") as Job;

say({ said: "ready" });
process.stdin.once("data", async () => {
  process.stdin.destroy();
  try {
    await run(job);
    say({ said: "done" });
  } catch (error) {
    process.exitCode = error instanceof CurfewError ? error.exitCode : 99;
    say({ said: "error", message: error instanceof Error ? `${error.stack}` : String(error) });
  }
});
