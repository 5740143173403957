/** The policy files of a commit, read from git's objects: nothing is checked out, so no attribute and no filter applies. */
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UsageError } from "../errors.ts";
import { makeFolder } from "../make-folder.ts";
import { gitBytes, gitFault } from "./git.ts";

/** More files below a policy folder are no policies. */
const MAX_FILES = 10_000;
/** Nor are more bytes. */
const MAX_BYTES = 64 * 1024 * 1024;
/** Of the line before each file in git's answer. */
const MAX_HEADER = 100;

interface TreeFile {
  /** Below the top of the repository. */
  name: string;
  object: string;
  bytes: number;
}

/**
 * Writes the YAML files below the folders `wheres`, as they are in the commit, below the folder `copy`. Links and
 * submodules are left out: loading follows none that leads out. Throws UsageError for what is too much, leads out, or is not to be had.
 */
export async function copyOut(
  top: string,
  commit: string,
  wheres: readonly string[],
  copy: string,
): Promise<void> {
  const blobs = await yamlOf(top, commit, wheres);
  const contents = await contentsOf(top, commit, blobs);
  for (const { name, object } of blobs) {
    const content = contents.get(object);
    if (!content) throw unreadable(commit, `${JSON.stringify(name)} is missing`);
    const file = join(copy, name);
    await makeFolder(dirname(file)).catch(twice(commit, name));
    await writeFile(file, content, { flag: "wx" }).catch(twice(commit, name));
  }
}

async function yamlOf(top: string, commit: string, wheres: readonly string[]): Promise<TreeFile[]> {
  const args = ["ls-tree", "-r", "-l", "-z", commit, "--", ...wheres];
  const list = await gitBytes(top, args).catch((error: unknown) => {
    throw unreadable(commit, gitFault(error));
  });
  const entries = list.toString("utf8").split("\0").slice(0, -1);
  const blobs = entries.flatMap((entry) => {
    const [, mode = "", object = "", bytes = "", name = ""] =
      /^(\d+) \w+ ([0-9a-f]+) +(\S+)\t(.*)$/s.exec(entry) ?? [];
    return mode.startsWith("100") && /\.ya?ml$/.test(name)
      ? [{ name, object, bytes: Number(bytes) }]
      : [];
  });
  const absent = blobs.find((blob) => Number.isNaN(blob.bytes));
  if (absent) throw unreadable(commit, `${JSON.stringify(absent.name)} is missing`);
  const bytes = blobs.reduce((sum, blob) => sum + blob.bytes, 0);
  if (entries.length > MAX_FILES || bytes > MAX_BYTES)
    throw new UsageError(
      `${wheres.join(", ")} holds more than ${MAX_FILES} files or ${MAX_BYTES / 1024 / 1024} MiB of YAML: give policies a folder of their own`,
    );
  const out = blobs.find(({ name }) => name.split("/").some((step) => /^\.{0,2}$/.test(step)));
  if (out) throw unreadable(commit, `${JSON.stringify(out.name)} leads out of its folder`);
  return blobs;
}

/** Object → content; what git does not have is not in it. */
async function contentsOf(
  top: string,
  commit: string,
  blobs: readonly TreeFile[],
): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const sizes = new Map(blobs.map(({ object, bytes }) => [object, bytes]));
  const most = [...sizes.values()].reduce((sum, bytes) => sum + bytes + MAX_HEADER, MAX_HEADER);
  const input = [...sizes.keys()].map((object) => `${object}\n`).join("");
  const answer = await gitBytes(top, ["cat-file", "--batch"], { input, most }).catch(
    (error: unknown) => {
      throw unreadable(commit, gitFault(error));
    },
  );
  for (let at = 0; at < answer.length; ) {
    const end = answer.indexOf("\n", at);
    const header = answer.toString("latin1", at, end);
    const [, object, bytes] = /^([0-9a-f]+) blob (\d+)$/.exec(header) ?? [];
    at = end + 1;
    if (!object) continue;
    found.set(object, answer.subarray(at, at + Number(bytes)));
    at += Number(bytes) + 1;
  }
  return found;
}

/** Names that are one name on this file system, or a file that is a folder as well. */
function twice(commit: string, name: string): (error: unknown) => never {
  return (error) => {
    if (!/^E(EXIST|NOTDIR|ISDIR|NAMETOOLONG)$/.test(String(Object(error).code))) throw error;
    throw unreadable(commit, `${JSON.stringify(name)} can't be a file here`);
  };
}

function unreadable(commit: string, why: string): UsageError {
  return new UsageError(
    `the base ${commit.slice(0, 12)} can't be read here: ${why}. In a partial clone, fetch its files first (git fetch --refetch --no-filter)`,
  );
}
