// @module-tag slow
/** policy-plan.yml: what the trusted jobs make of a stranger's pull request. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { BOT } from "./github.ts";
import { LOCKS, pullRequest } from "./pull-request.ts";
import { jobOf } from "./read.ts";
import { test } from "./shell.ts";
import { runSteps, write } from "./stage.ts";
import { handOver, ROLE, RUN_URL, told, trusted } from "./trusted.ts";

const FILE = "policies/production.yaml";

describe("a fork's pull request", () => {
  test("gets one comment, which names exactly the two users that it locks, and a status", async () => {
    const pull = await pullRequest();
    await handOver(pull);
    const { plan, comment } = await trusted(pull);
    expect(Object.values(plan.codes), plan.log).toEqual([0, 0, 0, 0, 0]);
    expect(Object.values(comment?.codes ?? {}), comment?.log).toEqual([0, 0]);
    const [body = "", ...more] = told(pull);
    expect(more).toEqual([]);
    const [head = "", , ...rest] = body.split(/^#### /m);
    expect(head.match(/`(?:fresh|old)-\d+`/g)).toEqual(["`fresh-1`", "`fresh-2`"]);
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
    expect(full).toMatchObject({ format: "curfew/plan/2", summary: { lock: 2 } });

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

  test("a target is planned whatever it is called", async () => {
    const pull = await pullRequest();
    const names = ["eu.prod", "a b", "-x", "O`Neil's", "x".repeat(40)];
    const files = names.map((name, i) => {
      const text = pull
        .policyOf(LOCKS)
        .replace("name: production", `name: ${JSON.stringify(name)}`)
        .replace(/(\/api\/v4\/)\w+/, `$1${String(i).repeat(24)}`);
      return [`policies/${i}.yaml`, text] as const;
    });
    await pull.push(Object.fromEntries(files));
    await handOver(pull);
    const { plan, comment } = await trusted(pull);
    expect([plan.outputs.plan?.code, comment?.codes], plan.log).toMatchObject(["2", {}]);
    const marked = told(pull).map((body) => body.split("\n")[0]);
    expect(marked.sort()).toEqual(
      [...names, "production"]
        .map((name) => `<!-- curfew:plan:${encodeURIComponent(name).replace("'", "%27")} -->`)
        .sort(),
    );
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
