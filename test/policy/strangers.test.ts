/** A policy's folder may come from a stranger's pull request: what lies in it is data, and reads nothing else. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadPolicies } from "../../src/checkout/load.ts";
import { PolicyError, UsageError } from "../../src/errors.ts";
import { NOW } from "../kit/builders.ts";

const POLICY = `version: 1
target:
  name: production
  provider: journeyapps
  url: https://production.example/api/v4/1
  credentials: env:TOKEN
`;
const SECRET = "AUTHORIZATION: basic c2VjcmV0";

let cwd = "";
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "curfew-stranger-"));
  await mkdir(join(cwd, "policies"));
  await writeFile(join(cwd, "policies/production.yaml"), POLICY);
});
afterEach(() => rm(cwd, { recursive: true }));

const load = (path = "policies") => loadPolicies([path], { cwd, at: NOW });
const refused = async (path?: string) => {
  const error = await load(path).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error instanceof PolicyError || error instanceof UsageError).toBe(true);
  return String(error);
};

it("a repository hidden in the policy's folder runs no program", async () => {
  const config = `[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = "touch ${cwd}/PWNED; false"\n`;
  for (const folder of ["objects", "refs"]) {
    await mkdir(join(cwd, "policies", folder));
    await writeFile(join(cwd, "policies", folder, "keep"), "");
  }
  await writeFile(join(cwd, "policies/HEAD"), "ref: refs/heads/main\n");
  await writeFile(join(cwd, "policies/config"), config);
  expect(await load()).toHaveLength(1);
  expect(existsSync(join(cwd, "PWNED"))).toBe(false);
});

it("a repository's own file watcher is not started", async () => {
  const git = (...args: string[]) => execFileSync("git", ["-C", cwd, ...args]);
  git("init", "-q");
  git("config", "core.fsmonitor", `touch ${cwd}/PWNED; false`);
  expect(await load()).toHaveLength(1);
  expect(existsSync(join(cwd, "PWNED"))).toBe(false);
});

it("a link to a file outside is not read", async () => {
  await writeFile(join(cwd, "secret"), SECRET);
  await symlink("../secret", join(cwd, "policies/a.yaml"));
  const said = await refused();
  expect(said).toContain("a.yaml is a link to outside its folder");
  expect(said).not.toContain("c2VjcmV0");
});

it("an include that is no policy file is not read", async () => {
  await writeFile(join(cwd, "policies/secret"), SECRET);
  await writeFile(join(cwd, "policies/production.yaml"), `${POLICY}include: [secret]\n`);
  const said = await refused();
  expect(said).toContain("is not a *.yaml or *.yml file");
  expect(said).not.toContain("c2VjcmV0");
});

it("an error of syntax does not repeat the text at fault", async () => {
  const texts = [
    `[http]\n\textraheader = ${SECRET}\n`,
    `"${SECRET}" x\n`,
    `A=1\0${SECRET}`,
    `- a\n${SECRET}: x: y`,
  ];
  for (const text of texts) {
    await writeFile(join(cwd, "policies/production.yaml"), text);
    expect(await refused("policies/production.yaml")).not.toContain("c2VjcmV0");
  }
});
