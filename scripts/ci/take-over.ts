/**
 * `node scripts/ci/take-over.ts FILE TREE FOLDER INTO`: unpacks the policies that hand-over.ts packed, below INTO.
 * FILE comes from a stranger's job. TREE is what GitHub's API says of the pull request's head commit (git/trees, recursive):
 * every policy of that commit must be in FILE, as it is there, and nothing else may be; so what is planned is what would be merged.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const MAX_FILES = 1_000;
const MAX_BYTES = 20 * 1024 * 1024;

interface Entry {
  path: string;
  mode: string;
  type: string;
  sha: string;
}

class Refused extends Error {}

const [file, treeFile, folder, into] = process.argv.slice(2);
if (!file || !treeFile || !folder || !into)
  throw new Error("usage: node scripts/ci/take-over.ts FILE TREE FOLDER INTO");

try {
  const expected = await policiesOf(treeFile, `${folder}/`);
  const handed = await handedOver(file);
  const strange = [...handed.keys()].find((path) => !expected.has(path));
  if (strange !== undefined) refuse(`${show(strange)} is not in the commit`);
  for (const [path, sha] of expected) {
    const content = handed.get(path);
    if (!content) refuse(`${show(path)} of the commit was not handed over`);
    if (blobSha(content) !== sha) refuse(`${show(path)} is not as it is in the commit`);
    await mkdir(dirname(join(into, path)), { recursive: true });
    // `wx`: nothing that is there is written over, and no link is followed.
    await writeFile(join(into, path), content, { flag: "wx", mode: 0o600 });
  }
  process.stdout.write(`${expected.size} files are taken over, as they are in the commit.\n`);
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  process.stderr.write(`The policies are not taken over: ${error.message}.\n`);
  process.exitCode = 1;
}

/** The policy files of the commit: path → the hash that git gives their content. */
async function policiesOf(from: string, prefix: string): Promise<Map<string, string>> {
  const { tree, truncated } = JSON.parse(await readFile(from, "utf8")) as {
    tree: Entry[];
    truncated: boolean;
  };
  if (truncated) refuse("the commit has more files than GitHub lists at once");
  const policies = tree.filter(
    ({ path, type }) => type !== "tree" && path.startsWith(prefix) && /\.ya?ml$/.test(path),
  );
  if (policies.length > MAX_FILES) refuse(`${folder} holds more than ${MAX_FILES} files`);
  for (const { path, mode } of policies) {
    if (!/^100(?:644|755)$/.test(mode))
      refuse(`${show(path)} is a link or a submodule, not a file`);
    const steps = path.split("/");
    if (steps.some((step) => step === "" || step === "." || step === ".." || /[\0\\]/.test(step)))
      refuse(`${show(path)} is no path below ${folder}`);
  }
  return new Map(policies.map(({ path, sha }) => [path, sha]));
}

async function handedOver(from: string): Promise<Map<string, Buffer>> {
  if ((await stat(from)).size > MAX_BYTES) refuse("what was handed over is too large");
  let handed: unknown;
  try {
    handed = JSON.parse(await readFile(from, "utf8"));
  } catch {
    refuse("what was handed over is no JSON");
  }
  const { format, files } = Object(handed) as { format?: unknown; files?: unknown };
  if (format !== "curfew/policies/1" || typeof files !== "object" || files === null)
    refuse("what was handed over is not of the format curfew/policies/1");
  return new Map(
    Object.entries(files).map(([path, content]) => {
      if (typeof content !== "string") refuse(`${show(path)} has no content`);
      return [path, Buffer.from(content, "base64")];
    }),
  );
}

/** What git calls this content. */
function blobSha(content: Buffer): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}

function show(path: string): string {
  return JSON.stringify(path.slice(0, 200));
}

function refuse(why: string): never {
  throw new Refused(why);
}
