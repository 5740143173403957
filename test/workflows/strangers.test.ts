// @module-tag slow
/** policy-plan.yml: what a stranger's run may hand over, say or be called, and what does not come of it. */
import { readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { Pull } from "./github.ts";
import { FORK, type PullRequest, pullRequest } from "./pull-request.ts";
import { jobOf } from "./read.ts";
import { test } from "./shell.ts";
import { runSteps } from "./stage.ts";
import { handOver, RUN_URL, told, trusted, zipOf } from "./trusted.ts";

const FILE = "policies/production.yaml";

describe("what a stranger's run may not do", () => {
  const refusals: [string, (files: Record<string, string>) => void, string][] = [
    [
      "hand over other content than it wants merged",
      (files) => {
        files[FILE] = Buffer.from("version: 1\n").toString("base64");
      },
      "is not as it is in the commit",
    ],
    [
      "leave a policy out",
      (files) => {
        delete files[FILE];
      },
      "was not handed over",
    ],
    [
      "add a file",
      (files) => {
        files["policies/more.yaml"] = "";
      },
      "is not in the commit",
    ],
    [
      "write outside of its folder",
      (files) => {
        files["policies/../../../../evil.yaml"] = "";
      },
      "is not in the commit",
    ],
    [
      "replace the code that plans",
      (files) => {
        files["scripts/ci/plan.sh"] = "";
      },
      "is not in the commit",
    ],
  ];

  test("hand over what is not in its commit", async () => {
    const pull = await pullRequest();
    for (const [what, change, why] of refusals) {
      await handOver(pull, change);
      const { plan, comment } = await trusted(pull);
      expect(plan.codes["Take the policies over"], what).toBe(1);
      expect(plan.log, what).toContain(why);
      expect(plan.codes, what).not.toHaveProperty("Fetch the saved inventories");
      // The commit says that there is no plan.
      expect(comment?.codes, what).toEqual({ "Set the commit's status": 0 });
      pull.checkout(pull.head);
    }
    expect(told(pull)).toEqual([]);
    expect(pull.github.statuses).toHaveLength(refusals.length);
    expect(new Set(pull.github.statuses.map(({ state }) => state))).toEqual(new Set(["error"]));
  });

  test("have a link in its commit followed", async () => {
    const pull = await pullRequest();
    await symlink("/etc/hostname", join(pull.runner.workspace, "policies/link.yaml"));
    await pull.push({});
    await handOver(pull);
    const { plan } = await trusted(pull);
    expect(plan.codes["Take the policies over"]).toBe(1);
    expect(plan.log).toContain('"policies/link.yaml" is a link or a submodule, not a file');
  });

  test("hand over a mountain, or nothing", async () => {
    const pull = await pullRequest();
    const refused = async (artifact: PullRequest["github"]["artifact"], why: string) => {
      pull.github.artifact = artifact;
      const { plan } = await trusted(pull);
      expect(plan.codes["Take the policies over"]).toBe(1);
      expect(plan.log).toContain(why);
    };
    await refused(null, "handed nothing over");
    await refused({ zip: Buffer.from(""), name: "other" }, "handed nothing over");
    await refused({ zip: Buffer.from("x"), size: 9_000_000 }, "larger than");
    await refused({ zip: Buffer.from("no zip") }, "is no JSON");
    const mountain = JSON.stringify({ files: "x".repeat(21_000_000) });
    await refused({ zip: await zipOf({ "policies.json": mountain }), size: 100 }, "too large");
    await refused(
      { zip: await zipOf({ "policies.json": '{"format": "curfew/policies/1"}' }) },
      "not of the format",
    );
  });

  test("comment on a pull request that is not its own, or no longer is", async () => {
    const pull = await pullRequest();
    await handOver(pull);
    const [own] = pull.github.pulls;
    if (!own) throw new Error("no pull request");
    const others: ((pull: Pull) => void)[] = [
      (one) => {
        one.head.sha = "0".repeat(40);
      },
      (one) => {
        one.head.repo.full_name = "stranger/another";
      },
      (one) => {
        one.state = "closed";
      },
      (one) => {
        one.base.ref = "release";
      },
    ];
    for (const change of others) {
      const before = structuredClone(own);
      change(own);
      const { plan, comment } = await trusted(pull);
      expect(plan.codes).toEqual({ Install: 0, "Find the pull request": 0 });
      expect(comment).toBeNull();
      Object.assign(own, before);
    }
    expect(pull.github.writes).toEqual([]);
  });

  test("say something by the name of its branch", async () => {
    const pull = await pullRequest();
    await handOver(pull);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: for a shell.
    const evil = 'x";touch${IFS}owned;#$(touch owned)`touch owned`';
    const { job, workflow } = jobOf("policy-plan.yml", "plan");
    const find = job.steps.filter(({ id }) => id === "pull");
    const { codes, log } = await runSteps(pull.runner, find, {
      expressions: {
        "github.token": "job-token",
        "github.event.workflow_run.head_repository.full_name": FORK,
        "github.event.workflow_run.head_branch": evil,
        "github.event.workflow_run.head_sha": pull.head,
        "github.event.repository.default_branch": "main",
      },
      env: { ...workflow.env, RUN_URL, FAKE_GITHUB: pull.github.url },
    });
    expect(codes).toEqual({ "Find the pull request": 0 });
    expect(log).toContain("nothing to do");
    expect(await readdir(pull.runner.workspace)).not.toContain("owned");
  });
});
