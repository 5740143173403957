// @module-tag slow
/** The workflows that `init` writes, run for real: with the action, a sandbox, and a ledger that outlives the job. */
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished } from "vitest";
import { parse } from "yaml";
import { curfew } from "../cli/run.ts";
import { policy, sandbox, user } from "../cli/world.ts";
import { startGitHub } from "./github.ts";
import type { Workflow } from "./read.ts";
import { test } from "./shell.ts";
import { type RanJob, startRunner } from "./stage.ts";
import { useAction } from "./use-action.ts";

const ACTION = "acme/curfew@0123456789abcdef0123456789abcdef01234567";
const FILE = "policies/production.yaml";
const BEFORE = "sessions:\n  maxAge: 30d\n";
const LOCKED = `${BEFORE}users:\n  locked:\n    - { user: bob, reason: Dismissed }\n    - { user: eve, reason: Left }\n`;
const ONE_LESS = LOCKED.replace("    - { user: bob, reason: Dismissed }\n", "");

/** A repository with the starter's workflows, a policy that locks Bob, and an apply that is done. */
async function starter() {
  const estate = [user("ann", 2), user("bob", 2), user("cem", 1), user("eve", 1)];
  const target = await sandbox({ estate });
  const of = (sections: string) =>
    policy(target.url, { sections, target: "  credentials: [env:ACME_TOKEN]\n" });
  const limits = `${LOCKED}limits: { lock: { percent: 100 }, unlock: { percent: 100 } }\n`;
  const runner = await startRunner({ [FILE]: of(limits) });
  const env = { ACME_TOKEN: target.token };
  await curfew(runner.workspace, ["init", "--action", ACTION]);
  const ledger = join(runner.temp, "ledger");
  const github = await startGitHub(runner.workspace);

  /** Runs a job; a step of our action is what action.yml says of it. */
  async function job(file: string, name: string, vars: Record<string, string> = {}) {
    const text = await readFile(join(runner.workspace, ".github/workflows", file), "utf8");
    const found = (parse(text) as Workflow).jobs[name];
    if (!found) throw new Error(`${file} has no job ${name}`);
    const known: Record<string, string> = {
      "github.token": "job-token",
      "github.action_path": runner.workspace,
      "github.server_url": "https://github.com",
      "github.repository": "acme/policies",
      "github.run_id": "5",
      "github.event.pull_request.number": "12",
      "github.event.pull_request.head.sha": "a".repeat(40),
      "github.event.pull_request.base.sha": "main",
      "secrets.ACME_TOKEN": target.token,
      "vars.CURFEW_LEDGER": ledger,
      ...vars,
    };
    const ran: RanJob[] = [];
    for (const step of found.steps.filter(({ uses }) => uses === ACTION))
      ran.push(await useAction(runner, step, known, github.url));
    return ran;
  }

  const apply = () => curfew(runner.workspace, ["apply", "--yes", "--ledger", ledger], { env });
  return { runner, target, github, of, limits, job, apply };
}

describe("drift.yml", () => {
  test("a leaver who is unlocked by hand is an issue, and the job ends red with 2", async () => {
    const { job, apply, target, github } = await starter();
    expect((await apply()).code).toBe(0);
    const [calm] = await job("drift.yml", "drift");
    expect(calm?.codes).toMatchObject({ "Run Curfew": 0, "Keep the issue": 0 });
    expect(github.issues).toEqual([]);

    target.unlock("bob");
    const [found] = await job("drift.yml", "drift");
    expect(found?.codes, found?.log).toMatchObject({ "Run Curfew": 2, "Keep the issue": 0 });
    expect(found?.outputs.run).toEqual({ code: "2" });
    expect(github.issues).toMatchObject([
      { state: "open", title: "Drift: 1 change behind the policy's back" },
    ]);
    await job("drift.yml", "drift");
    expect(github.issues).toHaveLength(1);

    await apply();
    const [after] = await job("drift.yml", "drift");
    expect(after?.codes).toMatchObject({ "Run Curfew": 0, "Keep the issue": 0 });
    expect(github.issues[0]?.state).toBe("closed");
  });

  test("without a ledger it ends red, and closes no issue", async () => {
    const { job, apply, target, github } = await starter();
    await apply();
    target.unlock("bob");
    await job("drift.yml", "drift");
    const [ran] = await job("drift.yml", "drift", { "vars.CURFEW_LEDGER": "" });
    expect(ran?.codes).toMatchObject({ "Run Curfew": 1, "Keep the issue": 0 });
    expect(ran?.summary).toContain("Without a ledger");
    expect(ran?.log).toContain("no issue is touched");
    expect(github.issues[0]?.state).toBe("open");
  });

  test("a target that can't be read ends red, and touches no issue", async () => {
    const { job, apply, target, github } = await starter();
    await apply();
    target.unlock("bob");
    await job("drift.yml", "drift");
    await target.close();
    const [ran] = await job("drift.yml", "drift");
    expect(ran?.codes).toMatchObject({ "Run Curfew": 5, "Keep the issue": 0 });
    expect(github.issues[0]?.state).toBe("open");
  });
});

describe("policy.yml", () => {
  test("a change that unlocks one says so in the comment; without a ledger that this can't be told", async () => {
    const { job, apply, runner, github, of, limits } = await starter();
    await apply();
    const git = (...args: string[]) =>
      execFileSync("git", [
        "-C",
        runner.workspace,
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@b.c",
        ...args,
      ]);
    git("init", "--quiet", "--initial-branch=main");
    git("add", "policies");
    git("commit", "--quiet", "--message=Base");
    git("switch", "--quiet", "--create=change");
    await writeFile(join(runner.workspace, FILE), of(limits.replace(LOCKED, ONE_LESS)));
    git("commit", "--quiet", "--all", "--message=Change");

    const [ran] = await job("policy.yml", "plan");
    expect(ran?.codes, ran?.log).toMatchObject({
      "Run Curfew": 0,
      "Comment on the pull request": 0,
    });
    const body = () => github.comments.get(12)?.at(-1)?.body ?? "";
    expect(body()).toContain("**This change: 1 to unlock");
    expect(body()).not.toContain("Without a ledger");

    await job("policy.yml", "plan", { "vars.CURFEW_LEDGER": join(runner.temp, "none") });
    expect(body().split("\n").slice(1, 3).join("\n")).toContain("Without a ledger: ");
  });

  test("its checks are green on what `init` wrote", async () => {
    const { job } = await starter();
    const checks = await job("policy.yml", "check");
    expect(
      checks.map(({ codes }) => codes["Run Curfew"]),
      checks[1]?.log,
    ).toEqual([0, 0]);
  });
});

test("init after import: the printed steps work, by the credential that the policy has", async () => {
  const target = await sandbox();
  const cwd = await mkdtemp(join(tmpdir(), "curfew cli-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  const env = { ACME: target.token };
  const from = ["import", "--url", target.url, "--credentials", "env:ACME", "--name", "office"];
  expect(await curfew(cwd, from, { env })).toMatchObject({ code: 0 });
  const { out } = await curfew(cwd, ["init"]);
  expect(out).toContain("\n  policies/tests/office.yaml\n");
  expect(out).toContain("export ACME=…");
  expect(out).not.toContain("JOURNEYAPPS_TOKEN");
  for (const name of ["policy.yml", "drift.yml"]) {
    const text = await readFile(join(cwd, ".github/workflows", name), "utf8");
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub's.
    expect(text).toContain("\n          ACME: ${{ secrets.ACME }}\n");
    expect(text).not.toMatch(/CREDENTIAL|JOURNEYAPPS_TOKEN/);
  }
  expect(await curfew(cwd, ["validate"])).toMatchObject({ code: 0, err: "" });
  const tested = await curfew(cwd, ["test"]);
  expect(tested, tested.out).toMatchObject({ code: 0, err: "" });
  const tests = await readFile(join(cwd, "policies/tests/office.yaml"), "utf8");
  expect(parse(tests).tests.map(({ name }: { name: string }) => name)).toEqual([
    "Who never signed in is left alone",
    "Who signed in an hour ago is left alone",
    expect.stringMatching(/^Who signed in more than \d+ days ago has to sign in again$/),
    "Who is listed as locked is locked",
  ]);
  expect(await curfew(cwd, ["plan"], { env })).toMatchObject({ code: 0 });
});
