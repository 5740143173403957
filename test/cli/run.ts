/** Curfew as a process: spawns the binary of the checkout, bounded in time, and looks for the secret in all it leaves. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished } from "vitest";

export const BIN = join(import.meta.dirname, "../../bin/curfew.js");

/** The credential of every run. */
export const SECRET = "tok-5up3r-s3cret";

const DEADLINE = 45_000;

/** Halves the time that a process needs to begin. */
const NODE_COMPILE_CACHE = join(import.meta.dirname, "../../node_modules/.cache/curfew-cli");

export interface Ran {
  /** null where the process had to be killed. */
  code: number | null;
  out: string;
  err: string;
}

interface RunOptions {
  /** Added to an environment that does not depend on who runs the tests; undefined takes a variable away. */
  env?: Record<string, string | undefined>;
  /** Another program in place of `node BIN ARGS`. */
  program?: readonly [string, ...string[]];
  /** Typed as soon as the process has written `to`. */
  answer?: { to: string; type: string };
}

/** Runs `curfew ARGS` in a folder. Fails where the secret shows in what it prints or in any file of the folder. */
export async function curfew(
  cwd: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const [program, ...rest] = options.program ?? [process.execPath, BIN, ...args];
  const { PATH } = process.env;
  const child = spawn(program, rest, {
    cwd,
    env: { PATH, NODE_COMPILE_CACHE, LANG: "C.UTF-8", TOKEN: SECRET, ...options.env },
    timeout: DEADLINE,
    killSignal: "SIGKILL",
  });
  const ran: Ran = { code: null, out: "", err: "" };
  let { answer } = options;
  if (!answer) child.stdin.end();
  const hear = (stream: "out" | "err") => (text: string) => {
    ran[stream] += text;
    if (!answer || !(ran.out + ran.err).includes(answer.to)) return;
    child.stdin.write(answer.type);
    answer = undefined;
  };
  child.stdout.setEncoding("utf8").on("data", hear("out"));
  child.stderr.setEncoding("utf8").on("data", hear("err"));
  [ran.code] = (await once(child, "close")) as [number | null];
  expect(leaks(ran.out + ran.err), `the secret is printed by curfew ${args.join(" ")}`).toEqual([]);
  for (const [file, text] of Object.entries(await filesOf(cwd))) {
    expect(leaks(text), `the secret is in ${file}`).toEqual([]);
  }
  return ran;
}

/** Runs a script of the shell, in which `"$@"` is `curfew ARGS`. */
export function shell(
  cwd: string,
  script: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const program = ["sh", "-c", script, "sh", process.execPath, BIN, ...args] as const;
  return curfew(cwd, args, { ...options, program });
}

/** The forms of the secret that a text holds: as it is, in a URL, or in base64 wherever it begins in a longer text. */
export function leaks(text: string): string[] {
  const base64 = ["", "x", "xx"].map((before) =>
    // The first and the last digits depend on what stands beside the secret.
    Buffer.from(before + SECRET)
      .toString("base64")
      .slice(4, -4),
  );
  return [SECRET, ...base64].filter((form) => text.includes(form));
}

/** A folder with these files, gone after the test. Its name holds a space. */
export async function folder(files: Record<string, string> = {}): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "curfew cli-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  // The top of a repository, so that the ledger stands here (docs/contract.md, "Where the ledger is").
  for (const part of ["objects", "refs"])
    await mkdir(join(path, ".git", part), { recursive: true });
  const head = { ".git/HEAD": "ref: refs/heads/main\n" };
  for (const [name, text] of Object.entries({ ...head, ...files })) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return path;
}

/**
 * The files below a folder and what is in them, but for git's own and those that go meanwhile; none where it is not a
 * test's own.
 */
export async function filesOf(path: string): Promise<Record<string, string>> {
  if (!path.startsWith(join(tmpdir(), "curfew cli-"))) return {};
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const ofGit = join(path, ".git/");
  const files = entries.filter(
    (entry) => entry.isFile() && !`${entry.parentPath}/`.startsWith(ofGit),
  );
  const read = files.map(async ({ parentPath, name }) => {
    const file = join(parentPath, name);
    return [file.slice(path.length + 1), await textOf(file)] as [string, string | null];
  });
  const all = await Promise.all(read);
  return Object.fromEntries(all.filter((one): one is [string, string] => one[1] !== null));
}

/** What is in a file; null where it is no longer there: locks and drafts of another process come and go. */
async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Puts a word in place of what differs from run to run: ports, moments, digests, the version. */
export function stable(text: string): string {
  return text
    .replace(/127\.0\.0\.1:\d+/g, "HOST")
    .replace(/127-0-0-1-\d+-([0-9a-f]+)-[0-9a-f]{12}/g, "KEY")
    .replace(/sha256:([0-9a-f]{64}|[0-9a-f]{12})(?![0-9a-f])/g, "DIGEST")
    .replace(/\d{4}-\d\d-\d\d(\s+|T)\d\d:\d\d:\d\d(\.\d+)?(Z| UTC)/g, "MOMENT")
    .replace(/\d{4}-\d\d-\d\d/g, "DATE")
    .replace(/\d+ minutes? ago/g, "MINUTES ago")
    .replace(/"version": "[^"]+"/g, '"version": "VERSION"');
}
