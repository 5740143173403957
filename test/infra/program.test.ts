// @module-tag slow
/** The program as Pulumi runs it: its own Node runner, the entry of Pulumi.yaml, a real engine's calls. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { parse } from "yaml";
import { loadPolicies } from "../../src/checkout/load.ts";
import { ROOT, registrations, runProgram } from "./engine.ts";
import { policyText, written } from "./estate.ts";
import { ACCOUNT, REGION } from "./outputs.ts";
import { one } from "./query.ts";

const removals: (() => Promise<void>)[] = [];

afterAll(async () => {
  for (const remove of removals) await remove();
});

/** A folder of policies outside any repository: nothing in it is committed. */
async function policies(files: Record<string, string>): Promise<string> {
  const { folder, remove } = await written(files);
  removals.push(remove);
  return folder;
}

test("Pulumi.yaml names the project, the entry and native TypeScript", async () => {
  expect(parse(await readFile(path.join(ROOT, "Pulumi.yaml"), "utf8"))).toMatchObject({
    name: "curfew",
    main: "infra/",
    runtime: { name: "nodejs", options: { typescript: false } },
  });
});

test("with no setting but the region it deploys the policies of the checkout", async () => {
  const ran = await runProgram({ config: { "curfew:allowUncommitted": true } });
  expect(ran.printed).toBe("");
  expect(ran.exitCode).toBe(0);
  const loaded = await loadPolicies(["policies"], { cwd: ROOT, at: Date.now(), commit: null });
  const bucket = "curfew-test-ledger-0a1b2c3";
  const named = <T>(value: (name: string) => T) =>
    Object.fromEntries(loaded.map(({ target }) => [target.name, value(target.name)]));
  expect(ran.outputs).toEqual({
    functions: named((name) => `curfew-test-${name}`),
    ledgers: named(() => `s3://${bucket}/ledger`),
    secrets: named(
      (name) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:curfew/${name}-AbCdEf`,
    ),
    topic: `arn:aws:sns:${REGION}:${ACCOUNT}:curfew-test-alerts`,
    deadLetters: `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/curfew-test-dead-letters`,
    bucket,
    dashboard: `https://console.aws.amazon.com/cloudwatch/home?region=${REGION}#dashboards/dashboard/curfew-test`,
  });
  expect(ran.logs).toEqual({
    WARNING: ["Nobody is told of alarms: set curfew:emails or curfew:webhooks."],
  });
  const lambda = one(ran.registrations, "Function", "production");
  const { archive } = lambda.inputs.code as { archive: string };
  const deployed = JSON.parse(await readFile(path.join(archive, "deployed.json"), "utf8"));
  expect(Object.keys(deployed)).toEqual(["commit", "version"]);
  expect(one(ran.registrations, "Bucket").options).toMatchObject({
    protect: true,
    retainOnDelete: true,
  });
});

test("configuration reaches it as Pulumi hands it over", async () => {
  const all = await registrations({
    "curfew:policies": await policies({ "a.yaml": policyText("a"), "b.yaml": policyText("b") }),
    "curfew:schedules": { b: "rate(2 hours)" },
    "curfew:memory": 512,
    "curfew:emails": ["security@acme.example"],
  });
  expect(one(all, "Schedule", "a").inputs.scheduleExpression).toBe("rate(1 hour)");
  expect(one(all, "Schedule", "b").inputs.scheduleExpression).toBe("rate(2 hours)");
  expect(one(all, "Function", "a").inputs.memorySize).toBe(512);
});

test("a wrong setting ends it with a sentence that names the key, and registers nothing", async () => {
  const ran = await runProgram({ config: { "curfew:memory": 64 } });
  expect(ran.exitCode).not.toBe(0);
  expect(ran.registrations).toEqual([]);
  expect(ran.logs.ERROR).toHaveLength(1);
  expect(ran.logs.ERROR?.[0]).toMatch(/^curfew:memory: .*pulumi config set 'curfew:memory' VALUE$/);
});

test("so does an invalid policy, with its line", async () => {
  const folder = await policies({ "a.yaml": policyText("a", { maxAge: "soon" }) });
  const ran = await runProgram({ config: { "curfew:policies": folder } });
  expect(ran.exitCode).not.toBe(0);
  expect(ran.registrations).toEqual([]);
  expect(ran.logs.ERROR?.[0]).toMatch(/a\.yaml:8:11: .*soon/);
});

test("what is not committed is not deployed; a preview only warns", async () => {
  const folder = await policies({ "a.yaml": policyText("a") });
  const config = { "curfew:policies": folder, "curfew:emails": ["security@acme.example"] };
  const up = await runProgram({ config });
  expect(up.exitCode).not.toBe(0);
  expect(up.registrations).toEqual([]);
  expect(up.logs.ERROR?.[0]).toMatch(/^What would be deployed is not what a commit holds/);
  const preview = await runProgram({ config, preview: true });
  expect(preview.exitCode).toBe(0);
  expect(preview.logs.WARNING?.[0]).toMatch(/^What would be deployed is not what a commit holds/);
  expect(preview.registrations.length).toBeGreaterThan(30);
});
