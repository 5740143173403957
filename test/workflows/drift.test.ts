// @module-tag slow
/** drift.yml: a report every hour, and one issue for drift alone. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { curfew } from "../cli/run.ts";
import { policy, SECTIONS, sandbox, user } from "../cli/world.ts";
import { startGitHub } from "./github.ts";
import { jobOf } from "./read.ts";
import { test } from "./shell.ts";
import { type RanJob, type Runner, runSteps, startRunner } from "./stage.ts";
import { useAction } from "./use-action.ts";

const RUN_URL = "https://github.com/acme/policies/actions/runs/5";

/** One hour's run of both jobs. */
async function hour(runner: Runner, url: string, token: string) {
  const { job, workflow } = jobOf("drift.yml", "drift");
  const issue = jobOf("drift.yml", "issue").job;
  const known = {
    "github.token": "job-token",
    "github.action_path": runner.workspace,
    "github.server_url": "https://github.com",
    "github.repository": "acme/policies",
    "github.run_id": "5",
    "github.event.pull_request.number": "",
    "github.event.pull_request.head.sha": "",
    "secrets.JOURNEYAPPS_TOKEN": token,
    "vars.CURFEW_LEDGER": join(runner.temp, "ledger"),
  };
  const [step, ...others] = job.steps.filter(({ uses }) => uses === "./");
  if (!step || others.length > 0) throw new Error("the job uses the action once");
  const looked = await useAction(runner, step, known, url);
  const code = looked.outputs.run?.code ?? "";
  // As the job's condition says, and its output.
  const kept: RanJob | null =
    code === ""
      ? null
      : await runSteps(runner, issue.steps, {
          expressions: { ...known, "needs.drift.outputs.code": code },
          env: { ...workflow.env, FAKE_GITHUB: url },
        });
  return { looked, kept };
}

test("drift opens one issue, keeps it, and closes it; what falls due opens none", async () => {
  const target = await sandbox({ estate: [user("ann", 41), user("bob", 2), user("cem", 1)] });
  const files = {
    "policies/production.yaml": policy(target.url, {
      sections: SECTIONS,
      target: "  credentials: env:JOURNEYAPPS_TOKEN\n",
    }),
  };
  const runner = await startRunner(files);
  const github = await startGitHub(runner.workspace);
  const once = () => hour(runner, github.url, target.token);
  const apply = () =>
    curfew(runner.workspace, ["apply", "--yes", "--ledger", join(runner.temp, "ledger")], {
      env: { JOURNEYAPPS_TOKEN: target.token },
    });

  // Ann's session is too old and Bob is to be locked; but no run has ended, so nothing can be told.
  const first = await once();
  expect([first.looked.codes, first.kept?.log]).toEqual([
    { "Install Curfew": 0, "Run Curfew": 1 },
    "Whether there is drift can't be told (exit code 1): no issue is touched.\n",
  ]);
  expect(first.looked.summary).toContain("Without a ledger");
  expect(github.issues).toEqual([]);

  await apply();
  const clean = await once();
  expect(clean.looked.codes).toEqual({ "Install Curfew": 0, "Run Curfew": 0 });
  expect(clean.looked.summary).toContain("**No drift.**");
  target.unlock("bob");
  const second = await once();
  expect(second.looked.outputs.run).toEqual({ code: "2" });
  expect(second.looked.codes).toMatchObject({ "Run Curfew": 2 });
  expect(second.looked.summary).toContain("Changed behind the policy's back");
  expect(second.kept?.codes, second.kept?.log).toEqual({ "Open, update or close the issue": 0 });
  await once();
  expect(github.issues).toHaveLength(1);
  expect(github.issues[0]).toMatchObject({
    state: "open",
    title: "Drift: 1 change behind the policy's back",
  });
  expect(github.issues[0]?.body).toMatch(/^<!-- curfew:drift: -->\n/);
  expect(github.issues[0]?.body).toContain(`(${RUN_URL})`);
  expect(github.writes).toEqual([
    "POST /repos/acme/policies/issues",
    "PATCH /repos/acme/policies/issues/1",
  ]);

  await apply();
  const last = await once();
  expect(last.kept?.log).toBe("No drift: issue 1 is closed\n");
  expect(github.issues[0]?.state).toBe("closed");
  expect(github.comments.get(1)?.map(({ body }) => body)).toEqual([
    `The drift is gone: ${RUN_URL}`,
  ]);
  const calm = await once();
  expect(calm.kept?.log).toBe("No drift.\n");
  const report = await readFile(join(runner.workspace, "reports/drift.json"), "utf8");
  expect(JSON.parse(report)).toMatchObject({ format: "curfew/drift/1", drift: [] });
});

test("a target that can't be read ends the job and touches no issue", async () => {
  const runner = await startRunner({
    "policies/production.yaml": policy("http://127.0.0.1:9/api/v4/533bda53027894f69b001055", {
      target: "  credentials: env:JOURNEYAPPS_TOKEN\n",
    }),
  });
  const github = await startGitHub(runner.workspace);
  const { looked, kept } = await hour(runner, github.url, "token-of-nobody");
  expect(looked.codes).toEqual({ "Install Curfew": 0, "Run Curfew": 5 });
  expect(kept?.log).toContain("There is no drift report");
  expect(github.writes).toEqual([]);
});
