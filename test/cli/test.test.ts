// @module-tag slow
/** `curfew test` as a process, and the tests in `curfew validate`. */
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { curfew, folder } from "./run.ts";

const POLICIES = join(import.meta.dirname, "../../policies");
const AWAY = { env: { TOKEN: undefined } };

async function example(): Promise<string> {
  const cwd = await folder();
  await cp(POLICIES, join(cwd, "policies"), { recursive: true });
  return cwd;
}

test("the example estate passes, without credentials, and leaves nothing behind", async () => {
  const cwd = await example();
  const [text, one, json] = await Promise.all([
    curfew(cwd, ["test", "--coverage"], AWAY),
    curfew(cwd, ["test", "policies/tests/devices.yaml", "--coverage"], AWAY),
    curfew(cwd, ["test", "policies", "--format", "json"], AWAY),
  ]);
  expect(text).toMatchObject({ code: 0, err: "" });
  expect(text.out).toMatch(/\nCoverage of production: (\d+) of \1 lines touched by a test\n/);
  expect(text.out).toMatch(/\n\d+ tests: all passed\.\n$/);
  expect(one).toMatchObject({ code: 0, err: "" });
  expect(one.out).toMatch(/\n {2}policies\/production\.yaml:\d+ +sessions\.maxAge\n/);
  expect(JSON.parse(json.out)).toMatchObject({ format: "curfew/tests/1", passed: true, failed: 0 });
});

test("a policy that does something else fails, with its line; JUnit says so too", async () => {
  const cwd = await example();
  const file = join(cwd, "policies/production.yaml");
  const policy = await readFile(file, "utf8");
  await writeFile(file, policy.replace("maxIdle: 14d", "maxIdle: 12d"));
  const line = policy.split("\n").findIndex((l) => l.includes("maxIdle: 14d")) + 1;
  const [text, junit] = await Promise.all([
    curfew(cwd, ["test"], AWAY),
    curfew(cwd, ["test", "--format", "junit"], AWAY),
  ]);
  expect(text).toMatchObject({ code: 1, err: "" });
  expect(text.out).toContain("ann: re-authenticate desk was not expected");
  expect(text.out).toContain(
    `last connected 13 days ago, 12 days allowed  policies/production.yaml:${line}`,
  );
  expect(text.out).toMatch(/\n\d+ tests: 1 failed\.\n$/);
  expect(junit).toMatchObject({ code: 1, err: "" });
  expect(junit.out).toMatch(
    /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="curfew test" tests="\d+" failures="1">\n/,
  );
});

test("validate checks the tests of a folder, at their place; a mistake in them is an error of test, too", async () => {
  const cwd = await example();
  const good = await curfew(cwd, ["validate"], AWAY);
  expect(good).toMatchObject({ code: 0, err: "" });
  expect(good.out).toMatch(/^policies\/production\.yaml \+ .*: valid, for production .*\n/);
  expect(good.out).toMatch(/\npolicies\/tests\/brakes\.yaml: valid, 6 tests of production\n/);
  expect(good.out.match(/valid/g)).toHaveLength(5);

  await writeFile(
    join(cwd, "policies/tests/brakes.yaml"),
    "version: 1\npolicy: ../production.yaml\nat: 2026-12-29\ntests:\n  - name: a\n    users: { ann: { expect: [lok] } }\n",
  );
  const fault =
    'policies/tests/brakes.yaml:6:30: tests[0].users.ann.expect[0]: "lok" is not an action: write lock, lock-and-wipe, unlock, "re-authenticate SESSION" or "wipe SESSION"\n1 error: nothing was done.\n';
  const [validate, run, json, alone] = await Promise.all([
    curfew(cwd, ["validate", "policies"], AWAY),
    curfew(cwd, ["test"], AWAY),
    curfew(cwd, ["validate", "--format", "json"], AWAY),
    curfew(cwd, ["validate", "policies/production.yaml"], AWAY),
  ]);
  expect(validate).toEqual({ code: 1, out: "", err: fault });
  expect(run).toEqual({ code: 1, out: "", err: fault });
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({ valid: false, problems: [{ line: 6 }] });
  expect(alone).toMatchObject({ code: 0, err: "" });
});

test("forecast, explain and test have --help with an example", async () => {
  const cwd = await folder();
  const names = ["forecast", "explain", "test"];
  const helps = await Promise.all(names.map((name) => curfew(cwd, [name, "--help"])));
  for (const [i, help] of helps.entries()) {
    expect(help).toMatchObject({ code: 0, err: "" });
    expect(help.out).toMatch(new RegExp(`\nExample:\n  curfew ${names[i]} `));
  }
});
