// @module-tag slow
/** `--strict`: what the policy says in vain makes the exit code 1, and holds back nothing (docs/contract.md, "Exit codes"). */
import { expect, test } from "vitest";
import { curfew, folder } from "./run.ts";
import { policy, project, sandbox, writes } from "./world.ts";

const OVER = "users:\n  locked:\n    - { user: bob, reason: left, until: 2020-01-01 }\n";
const FILE = "policies/production.yaml";

test("apply, plan and drift with an unknown user", async () => {
  const target = await sandbox();
  const sections =
    "users:\n  locked:\n    - { user: bob, reason: a }\n    - { user: nobody, reason: a }\n";
  const cwd = await project(target.url, { sections });
  expect(await curfew(cwd, ["plan", "--strict"])).toMatchObject({ code: 1, err: "" });
  expect(await curfew(cwd, ["plan"])).toMatchObject({ code: 2 });
  expect(await curfew(cwd, ["apply", "--yes", "--strict"])).toMatchObject({ code: 1, err: "" });
  expect(writes(target)).toBe(1);
  expect(await curfew(cwd, ["drift", "--strict"])).toMatchObject({ code: 1 });
  expect(await curfew(cwd, ["drift"])).toMatchObject({ code: 0 });
});

test("validate, with what is over and what is seldom meant, in every format", async () => {
  const url = "https://127.0.0.1:1/api/v4/615a";
  const cwd = await folder({
    [FILE]: policy(url, { sections: `sessions: { maxAge: 3m }\n${OVER}` }),
  });
  const text = await curfew(cwd, ["validate", "policies"]);
  expect(text).toMatchObject({ code: 0, err: "" });
  expect(text.out).toContain(`${FILE}:10: the lock of bob ended at 2020-01-02T00:00:00Z`);
  expect(text.out).toContain(`${FILE}:7: sessions.maxAge is 3 minutes`);
  for (const format of ["text", "json", "github", "sarif"]) {
    const strict = ["validate", "policies", "--strict", "--format", format];
    const { code, out } = await curfew(cwd, strict);
    expect(code).toBe(1);
    expect(out).toContain("the lock of bob ended at");
    expect(out).toContain("sessions.maxAge is 3 minutes");
    if (format !== "text" && format !== "github") continue;
    expect(out.trimEnd().split("\n").at(-1)).toMatch(
      /^(0 errors found\. )?Exit code 1: 1 line is over, and --strict was given\.$/,
    );
  }
});

test("plan tells on standard error what is seldom meant", async () => {
  const target = await sandbox();
  const cwd = await project(target.url, { sections: "sessions: { maxIdle: 5m }\n" });
  const { err } = await curfew(cwd, ["plan"]);
  expect(err).toMatch(/^warning: policies\/production\.yaml:7: sessions\.maxIdle is 5 minutes/);
});
