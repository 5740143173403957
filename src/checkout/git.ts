/**
 * Asks git about a folder that may come from a stranger, with its repository: no program that the repository names is
 * started, nothing is fetched, and history is taken as it was written (docs/threat-model.md, "A stranger's repository").
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { devNull } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";

const TIMEOUT_MS = 10_000;
/** Of one answer. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Longer lines of git's say more than a message has room for. */
const MAX_FAULT = 300;

const TRUSTED = [
  ...["-c", "safe.bareRepository=explicit"],
  ...["-c", "core.fsmonitor=false"],
  ...["-c", `core.hooksPath=${devNull}`],
  ...["-c", "advice.graftFileDeprecated=false"],
  "--no-replace-objects",
  "--no-optional-locks",
  "--literal-pathspecs",
];

/** How a hook's git says which repository is meant; here the folder says it. */
const ELSEWHERE = new Set([
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_COMMON_DIR",
  "GIT_OBJECT_DIRECTORY",
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_NAMESPACE",
  "GIT_PREFIX",
]);

interface Talk {
  /** What git reads. */
  input?: string;
  /** Bytes that it may write. */
  most?: number;
}

/** What git prints, without line breaks at its end. Rejects where git is missing, refuses, or does not answer in time. */
export async function git(folder: string, ...args: readonly string[]): Promise<string> {
  const bytes =
    args[0] === "status"
      ? // It would ask each submodule, too, by that one's own config.
        await run(
          folder,
          ["status", "--ignore-submodules=dirty", ...args.slice(1)],
          {},
          await filtersOff(folder),
        )
      : await run(folder, args);
  return bytes.toString("utf8").replace(/\n+$/, "");
}

/** What git prints, as it is. Rejects as `git` does, and where it is more than `most` bytes. */
export function gitBytes(
  folder: string,
  args: readonly string[],
  talk: Talk = {},
): Promise<Buffer> {
  return run(folder, args, talk);
}

/** The files of a folder that git tracks, and itself where it is a file or a link; none where git can't be asked. */
export async function trackedIn(path: string): Promise<string[]> {
  const above = dirname(path);
  try {
    const list = await git(above, "ls-files", "-z", "--", basename(path));
    return list.split("\0").flatMap((file) => (file === "" ? [] : join(above, file)));
  } catch {
    return [];
  }
}

/** Whether a folder is in a checkout, whatever git says of it: some folder above it, or itself, holds `.git`. */
export async function isCheckout(folder: string): Promise<boolean> {
  let at = await realpath(folder).catch(() => resolve(folder));
  for (;;) {
    if (existsSync(join(at, ".git"))) return true;
    if (dirname(at) === at) return false;
    at = dirname(at);
  }
}

/** What git says of why it refused, in one line, and what to do where that is known. */
export function gitFault(error: unknown): string {
  const { stderr, code, killed } = Object(error) as {
    stderr?: unknown;
    code?: unknown;
    killed?: boolean;
  };
  if (code === "ENOENT") return "git is not installed";
  if (code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return "git's answer is too long";
  if (killed === true) return `git did not answer within ${TIMEOUT_MS / 1000} seconds`;
  const lines = String(stderr ?? "").split("\n");
  const fault = /^(fatal|error): /;
  const line = lines.find((text) => fault.test(text)) ?? lines.find((text) => text.trim() !== "");
  const said = line?.replace(fault, "").slice(0, MAX_FAULT);
  const owned = /^detected dubious ownership in repository at '(.+)'$/.exec(said ?? "");
  if (owned)
    return `${said}. If you trust it: git config --global --add safe.directory '${owned[1]}'`;
  return said ?? `git ended with ${String(code)}`;
}

async function run(
  folder: string,
  args: readonly string[],
  { input, most = MAX_BYTES }: Talk = {},
  env: Record<string, string> = {},
): Promise<Buffer> {
  const running = promisify(execFile)("git", [...TRUSTED, "-C", folder, ...args], {
    env: { ...environment(), ...env },
    encoding: "buffer",
    timeout: TIMEOUT_MS,
    maxBuffer: most,
  });
  // Where git ends before it has read all, its end says why.
  running.child.stdin?.on("error", () => {});
  running.child.stdin?.end(input);
  return (await running).stdout;
}

function environment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(([name]) => !ELSEWHERE.has(name));
  return {
    ...Object.fromEntries(kept),
    LC_ALL: "C",
    // An object that a partial clone lacks would be fetched, by the program that the config names for it.
    GIT_ALLOW_PROTOCOL: "none",
    GIT_NO_LAZY_FETCH: "1",
    GIT_GRAFT_FILE: devNull,
  };
}

/** `status` sends files through the filters of the repository's config, which are programs; those of the user's stay. */
async function filtersOff(folder: string): Promise<Record<string, string>> {
  const asked = ["config", "--show-scope", "--name-only", "-z", "--get-regexp", "^filter\\."];
  const list = await run(folder, asked).catch((error: unknown) => {
    // No such line.
    if (Object(error).code === 1) return Buffer.of();
    throw error;
  });
  const words = list.toString("utf8").split("\0");
  const own = words.filter((_, i) => i % 2 === 1 && /^(local|worktree)$/.test(words[i - 1] ?? ""));
  const filters = new Set(own.map((key) => key.slice(0, key.lastIndexOf("."))));
  const settings = [...filters].flatMap((filter) => [
    ...["clean", "smudge", "process"].map((key) => [`${filter}.${key}`, ""] as const),
    [`${filter}.required`, "false"] as const,
  ]);
  const first = Number(process.env.GIT_CONFIG_COUNT ?? 0);
  return {
    GIT_CONFIG_COUNT: String(first + settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], i) => [
        [`GIT_CONFIG_KEY_${first + i}`, key],
        [`GIT_CONFIG_VALUE_${first + i}`, value],
      ]),
    ),
  };
}
