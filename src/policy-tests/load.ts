/** Files of policy tests, and the policies that they test. */
import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { IS_YAML, isInside, loadPolicies, nameOf, readText, sorted } from "../checkout/load.ts";
import { PolicyError, type Problem, UsageError } from "../errors.ts";
import type { Policy } from "../model/policy.ts";
import { problemAt } from "../policy/parse/positions.ts";
import { show } from "../text/show.ts";
import { type PlacedTests, parseTests } from "./parse.ts";

export interface LoadedTests {
  tests: PlacedTests;
  policy: Policy;
}

const FOLDER = "tests";

/**
 * Loads the tests at `paths`: files of tests, or folders of policies, whose tests are in the sub-folder `tests`.
 * Throws UsageError where a path holds no tests, and PolicyError with every problem of every file.
 */
export async function loadTests(paths: readonly string[], cwd: string): Promise<LoadedTests[]> {
  const files: string[] = [];
  for (const one of paths) {
    const full = path.resolve(cwd, one);
    const facts = await stat(full).catch(() => null);
    if (facts === null) {
      throw new UsageError(
        `${one} does not exist: name a file of policy tests, or the folder of the policies (looked for ${full}).`,
      );
    }
    const found = facts.isDirectory() ? await testFiles(full, one) : [full];
    if (found.length === 0) {
      throw new UsageError(
        `${one} has no policy tests: write some into ${path.join(one, FOLDER)}/*.yaml`,
      );
    }
    files.push(...found);
  }
  return loadFiles([...new Set(files)], cwd);
}

/** The tests beside policies, where there are any: for checking them together. Throws as `loadTests`. */
export async function loadTestsBeside(
  paths: readonly string[],
  cwd: string,
): Promise<LoadedTests[]> {
  const files: string[] = [];
  for (const one of paths) {
    const full = path.resolve(cwd, one);
    if ((await stat(full)).isDirectory()) files.push(...(await testFiles(full, one)));
  }
  return loadFiles([...new Set(files)], cwd);
}

/** Those of a folder of policies; a link that leads out of it is refused, as one to a policy is. */
async function testFiles(folder: string, name: string): Promise<string[]> {
  const inner = path.join(folder, FOLDER);
  const names = await readdir(inner).catch(() => []);
  const root = await realpath(folder);
  const files = names.filter((file) => IS_YAML.test(file)).sort();
  for (const file of files) {
    const real = await realpath(path.join(inner, file)).catch(() => folder);
    if (isInside(real, root)) continue;
    throw new UsageError(
      `${path.join(name, FOLDER, file)} is a link to outside its folder: copy the file there.`,
    );
  }
  return files.map((file) => path.join(inner, file));
}

async function loadFiles(files: readonly string[], cwd: string): Promise<LoadedTests[]> {
  const loaded: LoadedTests[] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    const name = nameOf(file, cwd);
    const read = await readText(file);
    if ("fault" in read) {
      problems.push({ file: name, line: 1, column: 1, message: read.fault });
      continue;
    }
    const { tests, problems: own } = parseTests(name, read.text);
    problems.push(...own);
    if (!tests) continue;
    const policy = await policyOf(tests, file, cwd);
    if ("problems" in policy) problems.push(...policy.problems);
    else loaded.push({ tests, policy: policy.policy });
  }
  if (problems.length > 0) throw new PolicyError(sorted(problems));
  return loaded;
}

/** Loaded as it was valid at the moment of its tests, so that they say the same in years. */
async function policyOf(
  tests: PlacedTests,
  file: string,
  cwd: string,
): Promise<{ policy: Policy } | { problems: readonly Problem[] }> {
  const { policy: reference, at } = tests.value;
  const refuse = (message: string) => ({ problems: [problemAt(tests, message, ["policy"])] });
  const full = path.resolve(path.dirname(file), reference);
  const folder = path.dirname(path.dirname(path.resolve(file)));
  const real = await realpath(full).catch(() => null);
  if (real === null) return refuse(`${show(reference)} does not exist, seen from this file`);
  if (!isInside(real, await realpath(folder))) {
    return refuse(`${show(reference)} is outside the folder of these tests: move them beside it`);
  }
  if (!(await stat(real)).isFile()) return refuse(`${show(reference)} is not a policy file`);
  try {
    const [policy] = await loadPolicies([full], { cwd, at, commit: null });
    return policy ? { policy } : refuse(`${show(reference)} holds no policy`);
  } catch (error) {
    if (error instanceof PolicyError) return { problems: error.problems };
    throw error;
  }
}
