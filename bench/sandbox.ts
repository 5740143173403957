/** A sandbox in a process of its own, so that it does not share a core's time or memory with what is measured. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

export interface Served {
  url: string;
  /** Ends the process. */
  end(): Promise<void>;
}

/** Starts `curfew sandbox` with these options on any free port. */
export async function serve(...options: string[]): Promise<Served> {
  const cli = path.join(import.meta.dirname, "../src/cli/main.ts");
  const args = [cli, "sandbox", "--port", "0", ...options];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  return { url: await address(child), end: () => end(child) };
}

async function address(child: ChildProcess): Promise<string> {
  let said = "";
  for await (const chunk of child.stdout ?? []) {
    said += chunk;
    const found = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(said);
    if (found) return found[0];
  }
  throw new Error(`the sandbox did not start: ${said}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
