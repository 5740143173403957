/** policy-plan.yml on the stage: what the pull request's job hands over, and the trusted jobs that take it. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { zipFolder } from "../aws/zip.ts";
import { FORK, type PullRequest } from "./pull-request.ts";
import { jobOf } from "./read.ts";
import { type RanJob, runSteps, write } from "./stage.ts";

export const ROLE = {
  AWS_ACCESS_KEY_ID: "key-of-the-role",
  AWS_SECRET_ACCESS_KEY: "secret-of-the-role",
  AWS_SESSION_TOKEN: "session-of-the-role",
};
export const RUN_URL = "https://github.com/acme/policies/actions/runs/99";

/** A zip with these files. */
export async function zipOf(files: Record<string, string>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "curfew zip-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await write(folder, files);
  return zipFolder(folder);
}

/** What the pull request's job hands over: by default its policies as they are. */
export async function handOver(
  { github, runner }: PullRequest,
  change: (files: Record<string, string>) => void = () => {},
): Promise<void> {
  const files: Record<string, string> = {};
  for (const name of await readdir(join(runner.workspace, "policies"))) {
    const path = `policies/${name}`;
    files[path] = await readFile(join(runner.workspace, path), "base64");
  }
  change(files);
  const json = JSON.stringify({ format: "curfew/policies/1", files });
  github.artifact = { zip: await zipOf({ "policies.json": json }) };
}

/** Runs the jobs `plan` and, where it went well or not, `comment`. The checkout is the default branch by then. */
export async function trusted(
  pull: PullRequest,
): Promise<{ plan: RanJob; comment: RanJob | null }> {
  const { runner, github, base, head } = pull;
  pull.checkout(base);
  const event = "github.event.workflow_run";
  const { workflow, job } = jobOf("policy-plan.yml", "plan");
  const expressions = {
    "github.token": "job-token",
    "runner.temp": runner.temp,
    [`${event}.head_sha`]: head,
    [`${event}.head_repository.full_name`]: FORK,
    [`${event}.head_branch`]: "leavers",
    [`${event}.id`]: "77",
    "github.event.repository.default_branch": "main",
    "steps.aws.outputs.aws-access-key-id": ROLE.AWS_ACCESS_KEY_ID,
    "steps.aws.outputs.aws-secret-access-key": ROLE.AWS_SECRET_ACCESS_KEY,
    "steps.aws.outputs.aws-session-token": ROLE.AWS_SESSION_TOKEN,
    "vars.AWS_REGION": "eu-west-1",
    "vars.CURFEW_BUCKET": "bucket",
  };
  const env = { ...workflow.env, RUN_URL, FAKE_GITHUB: github.url };
  await rm(join(runner.temp, "curfew"), { recursive: true, force: true });
  const plan = await runSteps(runner, job.steps, { expressions, env });
  const { number = "", code = "" } = { ...plan.outputs.pull, ...plan.outputs.plan };
  if (number === "") return { plan, comment: null };

  // What the artifact brings from one job to the other.
  const well = Object.values(plan.codes).every((one) => one === 0);
  const reports = well ? await readdir(join(runner.temp, "curfew/plan")) : [];
  await rm(join(runner.temp, "plan"), { recursive: true, force: true });
  for (const name of reports) {
    const text = await readFile(join(runner.temp, "curfew/plan", name), "utf8");
    await write(join(runner.temp, "plan"), { [name]: text });
  }
  const { steps } = jobOf("policy-plan.yml", "comment").job;
  const comment = await runSteps(runner, steps, {
    expressions: {
      ...expressions,
      "needs.plan.result": well ? "success" : "failure",
      "needs.plan.outputs.number": number,
      "needs.plan.outputs.code": code,
    },
    env,
  });
  return { plan, comment };
}

/** The bodies of the bot's comments on the pull request. */
export const told = ({ github }: PullRequest) =>
  (github.comments.get(12) ?? []).map(({ body }) => body);
