/** policy-plan.yml: what the trusted jobs make of a stranger's pull request. */
import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { zipFolder } from "../aws/zip.ts";
import { BOT, type Pull } from "./github.ts";
import { FORK, LOCKS, type PullRequest, pullRequest } from "./pull-request.ts";
import { jobOf } from "./read.ts";
import { type RanJob, runSteps, write } from "./stage.ts";

const FILE = "policies/production.yaml";
const ROLE = {
  AWS_ACCESS_KEY_ID: "key-of-the-role",
  AWS_SECRET_ACCESS_KEY: "secret-of-the-role",
  AWS_SESSION_TOKEN: "session-of-the-role",
};
const RUN_URL = "https://github.com/acme/policies/actions/runs/99";

/** A zip with these files. */
async function zipOf(files: Record<string, string>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "curfew zip-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await write(folder, files);
  return zipFolder(folder);
}

/** What the pull request's job hands over: by default its policies as they are. */
async function handOver(
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
async function trusted(pull: PullRequest): Promise<{ plan: RanJob; comment: RanJob | null }> {
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
const told = ({ github }: PullRequest) => (github.comments.get(12) ?? []).map(({ body }) => body);

describe("a fork's pull request", () => {
  test("gets one comment, which names exactly the two users that it locks, and a status", async () => {
    const pull = await pullRequest();
    await handOver(pull);
    const { plan, comment } = await trusted(pull);
    expect(Object.values(plan.codes), plan.log).toEqual([0, 0, 0, 0, 0]);
    expect(Object.values(comment?.codes ?? {}), comment?.log).toEqual([0, 0]);
    const [body = "", ...more] = told(pull);
    expect(more).toEqual([]);
    const [, change = "", ...rest] = body.split(/^#### /m);
    expect(change.match(/`(?:fresh|old)-\d+`/g)).toEqual(["`fresh-1`", "`fresh-2`"]);
    expect(rest.join("").match(/^\| `old-\d+` \|/gm)).toHaveLength(30);
    expect(body).toContain(
      `[The run with the full plan](${RUN_URL}), of commit ${pull.head.slice(0, 12)}`,
    );
    expect(pull.github.statuses).toEqual([
      {
        ...{ sha: pull.head, state: "success", context: "curfew/plan" },
        description: "Planned: see the comment",
      },
    ]);
    const full = JSON.parse(await readFile(join(pull.runner.temp, "plan/production.json"), "utf8"));
    expect(full).toMatchObject({ format: "curfew/plan/1", summary: { lock: 2 } });

    // Only the step that fetches has the role's credentials, and it fetches inventories only.
    const calls = await pull.runner.calls();
    const aws = calls.filter(({ program }) => program === "aws");
    expect(aws.map(({ args }) => args)).toEqual([
      [
        ...["s3", "cp", "--only-show-errors", "s3://bucket/runs/production/inventory.jsonl"],
        join(pull.runner.temp, "curfew/inventories/production.jsonl"),
      ],
    ]);
    expect(aws[0]?.env).toMatchObject(ROLE);
    expect(aws[0]?.env.GH_TOKEN).toBeUndefined();
    const others = calls.filter(({ program }) => program !== "aws");
    expect(JSON.stringify(others)).not.toContain("of-the-role");
  });

  test("a later push updates that comment, whoever else has commented", async () => {
    const pull = await pullRequest();
    const stranger = { user: { login: "stranger" }, body: "<!-- curfew:plan:production -->\nme" };
    const chat = Array.from({ length: 70 }, (_, i) => ({ id: i, ...stranger }));
    pull.github.comments.set(12, chat);
    await handOver(pull);
    await trusted(pull);
    await pull.push({ [FILE]: pull.policyOf(LOCKS.replace("fresh-2", "fresh-3")) });
    await handOver(pull);
    const { comment } = await trusted(pull);
    expect(comment?.codes).toMatchObject({ "Comment on the pull request": 0 });
    const bots = pull.github.comments.get(12)?.filter(({ user }) => user.login === BOT);
    expect(bots).toHaveLength(1);
    expect(bots?.[0]?.body).toContain("`fresh-3`");
    expect(bots?.[0]?.body).not.toContain("`fresh-2`");
    expect(pull.github.writes.filter((line) => line.startsWith("PATCH"))).toHaveLength(1);
  });

  test("policies that can't be planned are told, on the same comment", async () => {
    const pull = await pullRequest(`${LOCKS}"\`\`\`\\n# @everyone": 1\n`);
    const before = { id: 1, user: { login: BOT }, body: "<!-- curfew:plan:production -->\r\nold" };
    pull.github.comments.set(12, [before]);
    await handOver(pull);
    const { plan } = await trusted(pull);
    expect(plan.outputs.plan?.code).toBe("1");
    const [body = "", ...others] = told(pull);
    expect(others).toEqual([]);
    expect(body).toContain("**No plan: the policies can't be planned.**");
    expect(body).toMatch(/unknown key/);
    expect(body.match(/```/g)).toHaveLength(2);
    expect(pull.github.statuses.at(-1)).toMatchObject({ state: "error" });
  });

  test("a policy that means another deployment is not planned on this one's inventory", async () => {
    const pull = await pullRequest();
    const elsewhere = pull
      .policyOf(LOCKS)
      .replace(/(\/api\/v4\/)\w+/, "$1aaaaaaaaaaaaaaaaaaaaaaaa");
    await pull.push({ [FILE]: elsewhere });
    await handOver(pull);
    await trusted(pull);
    expect(told(pull)[0]).toMatch(/is an inventory of/);
  });

  test("a target without a saved inventory is told, and not planned", async () => {
    const pull = await pullRequest();
    await rm(join(pull.runner.s3, "bucket"), { recursive: true });
    await handOver(pull);
    await trusted(pull);
    expect(told(pull)[0]).toContain("no scheduled run has saved an inventory of this target yet");
  });

  test("a new policy without policies in the base is all of this change", async () => {
    const pull = await pullRequest();
    const another = pull.policyOf(LOCKS).replace("name: production", "name: staging");
    await pull.push({
      "policies/staging.yaml": another.replace(/(\/api\/v4\/)\w+/, "$1bbbbbbbbbbbbbbbbbbbbbbbb"),
    });
    await handOver(pull);
    await trusted(pull);
    expect(told(pull).map((body) => body.split("\n")[0])).toEqual([
      "<!-- curfew:plan:production -->",
      "<!-- curfew:plan:staging -->",
    ]);
  });
});

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

test("a report that is too long for a comment, or has no marker, is never posted", async () => {
  const pull = await pullRequest();
  const { runner, github } = pull;
  const { steps } = jobOf("policy-plan.yml", "comment").job;
  const post = steps.filter(({ name }) => name === "Comment on the pull request");
  for (const [text, why] of [
    [`<!-- curfew:plan:x -->\n${"x".repeat(65_600)}`, "too long for a comment"],
    ["no marker\n", "has no marker"],
    ["<!-- curfew:plan:x --> and more\n", "has no marker"],
  ] as const) {
    await write(join(runner.temp, "plan"), { "x.md": text });
    const { codes, log } = await runSteps(runner, post, {
      expressions: {
        "github.token": "job-token",
        "needs.plan.outputs.number": "12",
        "runner.temp": runner.temp,
        "needs.plan.result": "success",
      },
      env: { RUN_URL, HEAD_SHA: pull.head, FAKE_GITHUB: github.url },
    });
    expect([Object.values(codes), log]).toEqual([[1], expect.stringContaining(why)]);
  }
  expect(github.writes).toEqual([]);
});
