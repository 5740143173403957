/** Policy files → policies. The only part of policy/ that reads files and asks git. */

import { open, readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join as joinPath, relative, resolve, sep } from "node:path";
import { canonical } from "../canonical.ts";
import { PolicyError, type Problem, UsageError } from "../errors.ts";
import type { Policy, Target } from "../model/policy.ts";
import type { Instant } from "../model/vocabulary.ts";
import { canOf } from "../policy/can.ts";
import { checkPolicy } from "../policy/checks.ts";
import { complete } from "../policy/complete.ts";
import { type Joined, join } from "../policy/join.ts";
import {
  type Parsed,
  type ParsedPolicy,
  parseFragment,
  parsePolicy,
} from "../policy/parse/parse.ts";
import { below, type Path, type Placed, placeName, problemAt } from "../policy/parse/positions.ts";
import type { PolicyFile } from "../policy/schema/policy.ts";
import { addressOf, targetOf } from "../policy/target.ts";
import { show } from "../text/show.ts";
import { git, gitFault, isCheckout } from "./git.ts";

/** Larger files are not policies. */
const MAX_BYTES = 5 * 1024 * 1024;
export const IS_YAML = /\.ya?ml$/;

export interface LoadOptions {
  /** Where paths and the file names in messages start from. */
  cwd: string;
  /** Now: exceptions may end only so far away from it. */
  at: Instant;
  /** The commit of the files where the caller knows it; where absent, git is asked. */
  commit?: string | null;
  /** Told, in a sentence, why the commit can't be had where there should be one. */
  onWarning?: (message: string) => void;
}

/**
 * Loads, joins and checks the policies at `paths`: files, or folders (their own *.yaml and *.yml).
 * Throws UsageError where a path holds no policy, and PolicyError with every problem of every file.
 */
export async function loadPolicies(
  paths: readonly string[],
  options: LoadOptions,
): Promise<Policy[]> {
  const files = await policyFiles(paths, options.cwd);
  const drafts: Draft[] = [];
  for (const file of files) drafts.push(await loadDraft(file, options));
  const owns = drafts.flatMap(({ own }) => own ?? []);
  const problems = [...drafts.flatMap((draft) => draft.problems), ...clashes(owns)];
  if (problems.length > 0) throw new PolicyError(sorted(problems));
  const policies: Policy[] = [];
  for (const { own, joined, files: names, paths: read } of drafts) {
    if (!own) continue;
    const refused = (fault: string) =>
      options.onWarning?.(`git does not tell the commit of ${names[0]}: ${fault}`);
    const commit = options.commit === undefined ? await commitOf(read, refused) : options.commit;
    policies.push(complete(own, joined, names, commit));
  }
  return policies;
}

/**
 * The commit that holds these files as they are, or null: where they are not in a repository, have
 * changes that are not committed, or git is missing or refuses. `onRefused` is told why git does not tell it.
 */
export async function commitOf(
  paths: readonly string[],
  onRefused: (fault: string) => void = () => {},
): Promise<string | null> {
  const [first] = paths;
  if (first === undefined) return null;
  try {
    const changes = await git(
      dirname(first),
      "status",
      "--porcelain",
      "--ignored",
      "-uall",
      "--",
      ...paths,
    );
    return changes === "" ? await git(dirname(first), "rev-parse", "HEAD") : null;
  } catch (error) {
    // The commit is for the record only: a policy is as good without one.
    if (await isCheckout(dirname(first))) onRefused(gitFault(error));
    return null;
  }
}

/** One policy, read and joined. */
interface Draft {
  own: Placed<PolicyFile> | null;
  joined: Joined;
  problems: Problem[];
  /** As messages name them, and as the file system does. */
  files: string[];
  paths: string[];
}

async function loadDraft(path: string, { cwd, at }: LoadOptions): Promise<Draft> {
  const file = nameOf(path, cwd);
  const text = await readText(path);
  const own: ParsedPolicy =
    "text" in text
      ? parsePolicy(file, text.text)
      : parsePolicyFault({ file, line: 1, column: 1, message: text.fault });
  const problems = [...own.problems];
  const parts: Parsed[] = [own];
  const files = [file];
  const real = ["text" in text ? await realpath(path) : path];
  for (const include of own.includes) {
    const found = await includedFile(include.value, path, real);
    if ("fault" in found) {
      problems.push(problemAt(include, found.fault));
      // What it would have said is unknown, so nothing may be concluded from its absence.
      parts.push({ ...NOTHING, damaged: [[]] });
      continue;
    }
    const name = nameOf(found.path, cwd);
    const fragment = parseFragment(name, found.text);
    problems.push(...fragment.problems);
    parts.push(fragment);
    files.push(name);
    real.push(found.real);
  }
  const { joined, problems: repeated } = join(parts.flatMap(({ sections }) => sections ?? []));
  const damaged: Path[] = parts.flatMap((part) => part.damaged);
  problems.push(...repeated, ...checkPolicy(joined, at, damaged, canOf(own.policy)));
  return { own: own.policy, joined, problems, files, paths: real };
}

const NOTHING: Parsed = { sections: null, damaged: [], problems: [], includes: [] };

function parsePolicyFault(problem: Problem): ParsedPolicy {
  return { ...NOTHING, policy: null, damaged: [[]], problems: [problem] };
}

/** The text of a fragment, or why it is not to be had. `read` are the real paths of the files read before. */
async function includedFile(
  include: string,
  from: string,
  read: readonly string[],
): Promise<{ path: string; real: string; text: string } | { fault: string }> {
  const folder = dirname(from);
  const path = resolve(folder, include);
  const outside = `${show(include)} is outside the policy's folder: move it there`;
  if (isAbsolute(include) || !isInside(path, folder)) return { fault: outside };
  let real: string;
  try {
    real = await realpath(path);
  } catch {
    return { fault: `${show(include)} does not exist, seen from ${basename(folder)}/` };
  }
  if (!isInside(real, await realpath(folder))) return { fault: outside };
  const text = await readText(real);
  if ("fault" in text) return { fault: `${show(include)} ${text.fault}` };
  if (!IS_YAML.test(real)) return { fault: `${show(include)} is not a *.yaml or *.yml file` };
  if (real === read[0]) return { fault: "a policy cannot include itself" };
  if (read.includes(real)) return { fault: `${show(include)} is included twice` };
  return { path, real, ...text };
}

/** Whether a path is a folder or in it. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The text of a file that may be a policy, or why it is not to be had. */
export async function readText(path: string): Promise<{ text: string } | { fault: string }> {
  const tooLarge = `is larger than ${MAX_BYTES / 1024 / 1024} MiB: split it`;
  try {
    const facts = await stat(path);
    if (!facts.isFile()) return { fault: "is not a file" };
    if (facts.size > MAX_BYTES) return { fault: tooLarge };
    const handle = await open(path);
    try {
      const bytes = await handle.readFile();
      return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof TypeError) return { fault: "is not UTF-8 text" };
    return { fault: `can't be read (${errorCode(error)})` };
  }
}

/** All policy files that the paths mean, each once, in order. */
async function policyFiles(paths: readonly string[], cwd: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const full = resolve(cwd, path);
    const facts = await stat(full).catch((error: unknown) => {
      throw new UsageError(
        errorCode(error) === "ENOENT"
          ? `${path} does not exist: name a policy file or a folder that holds some (looked for ${full}).`
          : `${path} can't be read (${errorCode(error)}).`,
      );
    });
    if (!facts.isDirectory()) {
      found.push(full);
      continue;
    }
    const names = (await readdir(full)).filter((name) => IS_YAML.test(name)).sort();
    if (names.length === 0) {
      throw new UsageError(
        `${path} holds no policy: no *.yaml or *.yml in the folder itself (sub-folders are for fragments).`,
      );
    }
    const inside = await realpath(full);
    for (const name of names) {
      const file = joinPath(full, name);
      const real = await realpath(file).catch(() => file);
      if (!isInside(real, inside)) {
        throw new UsageError(
          `${joinPath(path, name)} is a link to outside its folder: copy the file there.`,
        );
      }
      found.push(file);
    }
  }
  return [...new Set(found)];
}

/** Two policies for one target name, or for one deployment. */
function clashes(owns: readonly Placed<PolicyFile>[]): Problem[] {
  const clash = (key: "name" | "url", what: string, told: (target: Target) => string) =>
    owns.flatMap((own, index) => {
      const mine = told(targetOf(own));
      const first = owns.slice(0, index).find((other) => told(targetOf(other)) === mine);
      if (!first) return [];
      const [place = first] = below(below([first], "target"), key);
      const message = `${what} has a policy already, at ${placeName(place)}`;
      return [problemAt(own, message, ["target", key])];
    });
  return [
    ...clash("name", "this target", ({ name }) => name),
    ...clash("url", "this deployment", addressOf),
  ];
}

/** By place, each once. */
export function sorted(problems: readonly Problem[]): Problem[] {
  const byPlace = (a: Problem, b: Problem) =>
    (a.file === b.file ? 0 : a.file < b.file ? -1 : 1) || a.line - b.line || a.column - b.column;
  // A fragment that several policies include has its problems once.
  return [...new Map(problems.map((p) => [canonical(p), p])).values()].sort(byPlace);
}

/** A file as messages name it. */
export function nameOf(path: string, cwd: string): string {
  return relative(cwd, path).split(sep).join("/");
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
