/** Repositories as strangers make them: real ones, by the machine's own git, each gone after its test. */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** A policy; `name` is how tests tell one from another. */
export function policyText(name: string, sections = ""): string {
  return `version: 1
target:
  name: ${name}
  provider: journeyapps
  url: https://production.example/api/v4/1
  credentials: env:TOKEN
${sections}`;
}

/** An empty folder, as the file system names it. */
export async function folder(): Promise<string> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "curfew-checkout-")));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

export async function put(cwd: string, files: Record<string, string | Buffer>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await writeFile(join(cwd, name), content);
  }
}

/** Runs git, with `input` for it to read, and gives what it prints. */
export function git(cwd: string, args: readonly string[], input: string | Buffer = ""): string {
  const who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
  return execFileSync("git", ["-C", cwd, ...who, ...args], { input, encoding: "utf8" }).trim();
}

/** Commits all that is there. */
export function commit(cwd: string): string {
  git(cwd, ["add", "--all", "--force"]);
  git(cwd, ["commit", "--quiet", "--allow-empty", "--message", "x"]);
  return git(cwd, ["rev-parse", "HEAD"]);
}

/** A repository whose branch `main` has these files, and whose branch `change` is checked out and as yet the same. */
export async function repository(files: Record<string, string | Buffer>): Promise<string> {
  const cwd = await folder();
  git(cwd, ["init", "--quiet", "--initial-branch", "main"]);
  await put(cwd, files);
  commit(cwd);
  git(cwd, ["checkout", "--quiet", "-b", "change"]);
  return cwd;
}

/** A tree object of these entries, whatever they are called: `git fsck` would refuse some. */
export function tree(
  cwd: string,
  entries: readonly { mode: string; name: string; object: string }[],
): string {
  const bytes = entries.map(({ mode, name, object }) =>
    Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(object, "hex")]),
  );
  const args = ["hash-object", "-t", "tree", "-w", "--literally", "--stdin"];
  return git(cwd, args, Buffer.concat(bytes));
}

export function blob(cwd: string, content: string | Buffer): string {
  return git(cwd, ["hash-object", "-w", "--stdin"], content);
}

/** Makes `branch` a commit of this tree, and `change` one that follows it. */
export function commitTree(cwd: string, branch: string, root: string): void {
  const made = git(cwd, ["commit-tree", root, "-m", "made by hand"]);
  git(cwd, ["update-ref", `refs/heads/${branch}`, made]);
  git(cwd, ["update-ref", "refs/heads/change", made]);
}
