/** Policies for the stack to deploy, and the folder that they are written to. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

export interface PolicyOptions {
  credentials?: readonly string[];
  ledger?: string;
  maxAge?: string;
}

/** A policy of a target, as text. */
export function policyText(name: string, options: PolicyOptions = {}): string {
  const { credentials = [`aws-secret:curfew/${name}`], ledger, maxAge = "30d" } = options;
  return `version: 1
target:
  name: ${JSON.stringify(name)}
  provider: journeyapps
  url: https://${name.replace(/[^a-z0-9]/gi, "-")}.backend.us.journeyapps.com/api/v4/615ae1ee8c5ef500078a4908
  credentials: [${credentials.join(", ")}]
${ledger ? `  ledger: ${ledger}\n` : ""}sessions:
  maxAge: ${maxAge}
`;
}

/** Writes files to a new folder; `remove` takes it away. Keys are paths in it. */
export async function written(
  files: Readonly<Record<string, string>>,
): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), "curfew-infra-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** What a checkout must hold to be deployed, with little code in it, so that it is bundled at once. */
export const CHECKOUT: Readonly<Record<string, string>> = {
  "package.json": '{ "type": "module" }',
  "package-lock.json": "{}",
  "src/lambda/handler.ts":
    'export const handler = async (): Promise<string> => (await import("../late.ts")).late;',
  "src/late.ts": 'export const late = "late";',
  "src/lambda/alerts-webhook.ts": "export const handler = async (): Promise<void> => {};",
};

/** Puts a folder under git, with all that is in it in one commit. */
export async function commit(folder: string): Promise<void> {
  const git = (...args: string[]) => promisify(execFile)("git", ["-C", folder, ...args]);
  await git("init", "-q");
  await git("add", ".");
  await git("-c", "user.name=t", "-c", "user.email=t@acme.example", "commit", "-qm", "all");
}
