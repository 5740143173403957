// @module-tag slow
/** ci.yml, deploy.yml and the composite action: their steps, for real. */
import { readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { curfew } from "../cli/run.ts";
import { policy, project, sandbox } from "../cli/world.ts";
import { startGitHub } from "./github.ts";
import { action, jobOf, ROOT, textOf } from "./read.ts";
import { test } from "./shell.ts";
import { type JobOptions, type Runner, runSteps, startRunner } from "./stage.ts";

const said = async (runner: Runner, program: string) =>
  (await runner.calls()).filter((call) => call.program === program).map(({ args }) => args);

test("ci.yml runs what anybody runs: .ci/run", async () => {
  // What .ci/run sets up is not set up again here.
  const helpers = readdirSync(join(ROOT, ".ci")).map((name) => [`.ci/${name}`, "exit 0\n"]);
  const runner = await startRunner({
    ...Object.fromEntries(helpers),
    ".ci/run": textOf(".ci/run"),
  });
  const { codes } = await runSteps(runner, jobOf("ci.yml", "check").job.steps);
  expect(codes).toEqual({ "Install, check, test": 0 });
  const npm = (await said(runner, "npm")).map((args) => args.join(" "));
  expect([npm[0], npm.slice(-2)]).toEqual(["ci", ["test", "run test:slow"]]);
});

describe("deploy.yml", () => {
  const options = (runner: Runner, hub: string, env: Record<string, string>): JobOptions => ({
    expressions: {
      "github.token": "job-token",
      "github.event.pull_request.number": "3",
      "runner.temp": runner.temp,
      "vars.PULUMI_STACK": "acme/production",
      "vars.PULUMI_BACKEND_URL": "s3://state",
    },
    env: { ...jobOf("deploy.yml", "up").workflow.env, FAKE_GITHUB: hub, ...env },
  });

  test("previews into one comment, whatever Pulumi prints", async () => {
    const runner = await startRunner();
    const github = await startGitHub(runner.workspace);
    const { steps } = jobOf("deploy.yml", "preview").job;
    const PRINTS = `first\n${"+ resource ```\n# @everyone\n".repeat(4_000)}Resources: 3 to create\n`;
    for (const ENDS of ["0", "255"]) {
      const { codes, summary } = await runSteps(
        runner,
        steps,
        options(runner, github.url, { PRINTS, ENDS }),
      );
      expect(codes).toEqual({
        ...{ Install: 0, Preview: Number(ENDS) },
        "Comment on the pull request": 0,
      });
      const [comment, ...others] = github.comments.get(3) ?? [];
      expect(others).toEqual([]);
      expect(comment?.body).toMatch(/^<!-- curfew:preview:acme%2Fproduction -->\n/);
      expect(comment?.body).toContain("Resources: 3 to create");
      expect(comment?.body.match(/```/g)).toHaveLength(2);
      expect(comment?.body).toMatch(/_\d+ bytes before it are not shown for lack of room/);
      expect(comment?.body.includes("It failed with exit code 255")).toBe(ENDS === "255");
      expect(summary).toContain("Resources: 3 to create");
    }
    expect(await said(runner, "pulumi")).toEqual(
      Array(2).fill(
        "preview --stack acme/production --diff --non-interactive --color never".split(" "),
      ),
    );
  });

  test("deploys without asking, with no secret but the role's", async () => {
    const runner = await startRunner();
    const { steps } = jobOf("deploy.yml", "up").job;
    const { codes } = await runSteps(runner, steps, options(runner, "", {}));
    expect(codes).toEqual({ Install: 0, Deploy: 0 });
    const [call] = (await runner.calls()).filter(({ program }) => program === "pulumi");
    expect(call).toEqual({
      program: "pulumi",
      args: "up --stack acme/production --yes --non-interactive --color never".split(" "),
      env: { PULUMI_BACKEND_URL: "s3://state" },
    });
  });
});

describe("the composite action", () => {
  /** Runs it with these inputs, the rest as action.yml says, in a folder of policies for a sandbox. */
  async function use(inputs: Record<string, string>, sections?: string) {
    const target = await sandbox();
    const runner = await startRunner({
      "policies/production.yaml": policy(target.url, sections === undefined ? {} : { sections }),
    });
    const github = await startGitHub(runner.workspace);
    const { inputs: known, runs } = action();
    const given = Object.entries(known).map(([name, { default: value = "" }]) => [
      `inputs.${name}`,
      inputs[name] ?? (name === "token" ? "job-token" : value),
    ]);
    const ran = await runSteps(runner, runs.steps, {
      expressions: {
        ...Object.fromEntries(given),
        "github.action_path": runner.workspace,
        "github.event.pull_request.number": "12",
        "github.event.pull_request.head.sha": "a".repeat(40),
        "github.server_url": "https://github.com",
        "github.repository": "acme/policies",
        "github.run_id": "5",
      },
      env: { TOKEN: target.token, FAKE_GITHUB: github.url },
    });
    const report = (name: string) =>
      readFile(join(runner.workspace, inputs.reports ?? "curfew-reports", name), "utf8");
    return { ...ran, runner, github, report, target };
  }

  test("plan leaves the full plan, a summary and, where asked, a comment; what is wanted is no failure", async () => {
    const { codes, outputs, summary, github, report } = await use({
      ...{ command: "plan", comment: "true", base: "policies-before", ledger: "l" },
    });
    // The base does not exist, so there is no plan, and the comment says so.
    expect(codes).toEqual({
      ...{ "Install Curfew": 0, "Run Curfew": 1 },
      "Comment on the pull request": 0,
    });
    expect(outputs.run).toEqual({ code: "1" });
    expect(await report("plan.md")).toContain("**No plan:** the log of the run says why.");
    expect(github.comments.get(12)).toHaveLength(1);
    expect(summary).toContain("**No plan:**");

    const well = await use({ command: "plan", reports: "out put" });
    expect(well.codes).toEqual({ "Install Curfew": 0, "Run Curfew": 0 });
    expect(well.outputs.run).toEqual({ code: "2" });
    expect(JSON.parse(await well.report("plan.json"))).toMatchObject({ summary: { lock: 1 } });
    expect(well.summary).toContain("### Curfew plan for production");
    expect(well.github.writes).toEqual([]);
  });

  test("plan on a saved inventory annotates the lines that cause actions", async () => {
    const target = await sandbox();
    const cwd = await project(target.url);
    await curfew(cwd, ["inventory", "--out", "inventory.jsonl"]);
    const runner = await startRunner({ "policies/production.yaml": policy(target.url) });
    await mkdir(join(runner.workspace, "saved"));
    await writeFile(
      join(runner.workspace, "saved/inventory.jsonl"),
      await readFile(join(cwd, "inventory.jsonl")),
    );
    const { steps } = action().runs;
    const { log, codes } = await runSteps(
      runner,
      steps.filter(({ id }) => id === "run"),
      {
        expressions: {
          "inputs.command": "plan",
          "inputs.path": "policies",
          "inputs.target": "production",
          "inputs.base": "",
          "inputs.inventory": "saved/inventory.jsonl",
          "inputs.ledger": "",
          "inputs.reports": "reports",
          "github.action_path": runner.workspace,
        },
      },
    );
    expect(codes).toEqual({ "Run Curfew": 0 });
    expect(log).toMatch(/^::warning file=policies\/production\.yaml,line=11,title=locks 1 user::/m);
  });

  test("validate and test annotate, drift reports, apply writes", async () => {
    const valid = await use({ command: "validate" });
    expect([valid.codes["Run Curfew"], valid.log]).toEqual([0, "0 errors found.\n"]);
    const faulty = await use({ command: "validate" }, "user: []\n");
    expect(faulty.codes["Run Curfew"]).toBe(1);
    expect(faulty.log).toMatch(/^::error file=policies\/production\.yaml,/m);
    const drift = await use({ command: "drift" });
    // No run has ended, so drift can't be told.
    expect([drift.codes["Run Curfew"], drift.summary]).toEqual([
      1,
      expect.stringContaining("Curfew drift report for production"),
    ]);
    const applied = await use({ command: "apply", target: "production" });
    expect(applied.codes["Run Curfew"], applied.log).toBe(0);
    expect(applied.target.counters.operations).toMatchObject({ "users/lock": 1 });
    expect(applied.summary).toContain("Curfew apply to production");
  });

  test("another command is refused, whatever it says to a shell", async () => {
    const { codes, log } = await use({ command: "plan; touch owned" });
    expect(codes["Run Curfew"]).toBe(1);
    expect(log).toContain("not plan\\;\\ touch\\ owned");
  });
});
