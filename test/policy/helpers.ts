import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { loadPolicies } from "../../src/checkout/load.ts";
import { PolicyError } from "../../src/errors.ts";
import type { Policy } from "../../src/model/policy.ts";

/** The moment at which all policies of these tests are checked. */
export const NOW = Date.parse("2026-11-22T10:00:00Z");

/** The shortest policy there is; sections are put behind it. Its last line is line 6. */
export const MINIMAL = `version: 1
target:
  name: test
  provider: journeyapps
  url: https://example.com/api/v4/1
  credentials: env:TOKEN
`;

/** A folder with these files, gone after the test. */
export async function folderOf(files: Record<string, string | Uint8Array>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "curfew-policy-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** Loads all policies of a folder made of these files. */
export async function load(
  files: Record<string, string | Uint8Array>,
  paths: string[] = ["."],
): Promise<Policy[]> {
  return loadPolicies(paths, { cwd: await folderOf(files), at: NOW, commit: null });
}

/** Loads one policy: MINIMAL and these sections. */
export async function loadOne(sections: string): Promise<Policy> {
  const [policy] = await load({ "p.yaml": MINIMAL + sections });
  if (!policy) throw new Error("no policy came back");
  return policy;
}

/** The problems of these files as they are printed. */
export async function problemsOf(
  files: Record<string, string | Uint8Array>,
  paths?: string[],
): Promise<string[]> {
  const error = await load(files, paths).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PolicyError)) throw error ?? new Error("the policy was accepted");
  return error.message.split("\n");
}
