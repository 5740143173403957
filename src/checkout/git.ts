/** Asks git about a folder that may come from a stranger: a repository inside it, and what its config names, is not obeyed. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const TIMEOUT_MS = 10_000;
/** Of one answer; a policy file has 5 MiB at most. */
const MAX_BYTES = 16 * 1024 * 1024;
const TRUSTED = ["-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false"];

/** What git prints, without line breaks at its end. Rejects where git is missing, refuses, or does not answer in time. */
export async function git(folder: string, ...args: readonly string[]): Promise<string> {
  const options = [...TRUSTED, "-C", folder, "--no-optional-locks", "--literal-pathspecs"];
  const limits = { timeout: TIMEOUT_MS, maxBuffer: MAX_BYTES };
  const { stdout } = await promisify(execFile)("git", [...options, ...args], limits);
  return stdout.replace(/\n+$/, "");
}

/** What git says of why it refused, in one line. */
export function gitFault(error: unknown): string {
  const { stderr, code } = Object(error) as { stderr?: string; code?: unknown };
  if (code === "ENOENT") return "git is not installed";
  const line = stderr?.split("\n").find((text) => text.trim() !== "");
  return line?.replace(/^(fatal|error): /, "") ?? `git ended with ${String(code)}`;
}
