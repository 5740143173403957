// @module-tag slow
/** policy.yml: what a pull request's own job does, with no secret. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { jobOf, type Step } from "./read.ts";
import { test } from "./shell.ts";
import { type RanJob, type Runner, runSteps, startRunner } from "./stage.ts";

const POLICY = `version: 1
target:
  name: production
  provider: journeyapps
  url: https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/v4/615ae1ee8c5ef500078a4908
  credentials: env:TOKEN
sessions:
  maxAge: 30d
`;
const tests = (expected: string) => `version: 1
policy: ../production.yaml
at: 2026-12-01T00:00:00Z
device: { platform: IOS, container: 20.6.1, runtime: 4.90.0 }
tests:
  - name: Thirty days are enough
    users:
      ann:
        sessions: { phone: { signedIn: 41 days ago } }
        expect: ${expected}
`;

/** Runs a job of policy.yml. */
function run(runner: Runner, id: string): Promise<RanJob> {
  const { job, workflow } = jobOf("policy.yml", id);
  const event = (step: Step): Step => ({
    ...step,
    ...(step.if === "github.event_name == 'pull_request'" && { if: "event == 'pull_request'" }),
  });
  return runSteps(runner, job.steps.map(event), {
    expressions: { event: "pull_request" },
    env: { ...workflow.env },
  });
}

const read = (runner: Runner, file: string) => readFile(join(runner.workspace, file), "utf8");

describe("check", () => {
  test("valid policies are handed over as data and tested", async () => {
    const runner = await startRunner({
      "policies/production.yaml": POLICY,
      "policies/shared/devices.yaml": "devices: {}\n",
      "policies/README.md": "no policy",
    });
    const { codes } = await run(runner, "check");
    expect(codes).toMatchObject({ Install: 0, "Hand the policies over": 0, Validate: 0 });
    const handed = JSON.parse(await read(runner, "handed-over/policies.json"));
    expect(handed.format).toBe("curfew/policies/1");
    expect(Object.keys(handed.files).sort()).toEqual([
      "policies/production.yaml",
      "policies/shared/devices.yaml",
    ]);
    expect(Buffer.from(handed.files["policies/production.yaml"], "base64").toString()).toBe(POLICY);
    const calls = await runner.calls();
    expect(calls).toEqual([
      {
        program: "npm",
        args: ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"],
        env: {},
      },
    ]);
  });

  test.each([
    ["pass", "[re-authenticate phone]", 0],
    ["fail", "[]", 1],
  ])("policy tests that %s leave their results and end the job so", async (_, expected, code) => {
    const runner = await startRunner({
      "policies/production.yaml": POLICY,
      "policies/tests/ages.yaml": tests(expected),
    });
    const { codes, log } = await run(runner, "check");
    expect([codes.Validate, codes.Test], log).toEqual([0, code]);
    const junit = await read(runner, "reports/junit.xml");
    expect(junit).toContain("Thirty days are enough");
    expect(/<failure/.test(junit)).toBe(code === 1);
    expect(log).toContain("Thirty days are enough");
  });

  test("faulty policies are annotated at their lines, handed over all the same, and end the job", async () => {
    const runner = await startRunner({ "policies/production.yaml": `${POLICY}user: []\n` });
    const { codes, log } = await run(runner, "check");
    expect(codes).toMatchObject({ "Hand the policies over": 0, Validate: 1 });
    expect(log).toMatch(/^::error file=policies\/production\.yaml,line=9,col=1,title=Policy::/m);
    expect(await read(runner, "handed-over/policies.json")).toContain("curfew/policies/1");
  });
});

test("scan leaves a SARIF log, of faulty policies too", async () => {
  for (const [sections, n] of [
    ["", 0],
    ["user: []\n", 1],
  ] as const) {
    const runner = await startRunner({ "policies/production.yaml": POLICY + sections });
    const { codes } = await run(runner, "scan");
    expect(codes["Look for policy errors"]).toBe(0);
    const log = JSON.parse(await read(runner, "curfew.sarif"));
    expect(log.runs[0].results).toHaveLength(n);
  }
});
