import { afterEach, describe, expect, test } from "vitest";
import { readConfig } from "../../infra/config.ts";
import { safeName } from "../../infra/names.ts";
import { type Estate, estateOf } from "../../infra/targets.ts";
import { loadPolicies } from "../../src/checkout/load.ts";
import { UsageError } from "../../src/errors.ts";
import { type PolicyOptions, policyText, written } from "./estate.ts";

const AT = Date.parse("2026-11-22T10:00:00Z");
const removals: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const remove of removals.splice(0)) await remove();
});

async function estate(
  policies: Record<string, PolicyOptions>,
  config: Record<string, string> = {},
): Promise<Estate> {
  const files = Object.entries(policies).map(([name, options], index) => [
    `${index}.yaml`,
    policyText(name, options),
  ]);
  const { folder, remove } = await written(Object.fromEntries(files));
  removals.push(remove);
  const loaded = await loadPolicies(["."], { cwd: folder, at: AT, commit: null });
  return estateOf(loaded, readConfig(config));
}

async function fault(...args: Parameters<typeof estate>): Promise<string> {
  const error = await estate(...args).then(
    () => new Error("It was taken."),
    (thrown: Error) => thrown,
  );
  expect(error).toBeInstanceOf(UsageError);
  return error.message;
}

test("a target's ledger lies under its address, not its name", async () => {
  const { targets, bucket } = await estate({ production: {} });
  expect(bucket).toBeNull();
  expect(targets).toMatchObject([
    {
      name: "production",
      slug: "production",
      schedule: "rate(1 hour)",
      paused: false,
      deadMansHours: 2,
      secret: { name: "curfew/production", arn: null },
      ledger: null,
      ledgerPrefix: "ledger",
    },
  ]);
  expect(targets[0]?.ledgerKey).toMatch(
    /^ledger\/production-backend-us-journeyapps-com-.*-[0-9a-f]{12}$/,
  );
});

test("a ledger in S3 names the bucket, and stands as it is written", async () => {
  const { targets, bucket } = await estate({
    production: { ledger: "s3://acme-curfew/prod/one/" },
  });
  expect(bucket).toBe("acme-curfew");
  expect(targets[0]).toMatchObject({
    ledger: "s3://acme-curfew/prod/one/",
    ledgerPrefix: "prod/one",
  });
});

describe("what can't be deployed is refused at its line, with the remedy", () => {
  test("no secret of AWS", async () => {
    expect(await fault({ production: { credentials: ["env:TOKEN"] } })).toBe(
      "0.yaml:2: production has no credential that the scheduled run could read: add aws-secret:curfew/production to target.credentials",
    );
  });

  test("a folder as ledger", async () => {
    expect(await fault({ production: { ledger: "/var/lib/curfew" } })).toContain(
      "0.yaml:2: the ledger /var/lib/curfew is a folder",
    );
  });

  test.each(["s3://acme-curfew/runs", "s3://acme-curfew/deployed/x"])("%s", async (ledger) => {
    expect(await fault({ production: { ledger } })).toContain("0.yaml:2: ");
  });

  test("two buckets", async () => {
    const message = await fault({ a: { ledger: "s3://one-b/x" }, b: { ledger: "s3://two-b/x" } });
    expect(message).toContain("one-b (0.yaml:2) and two-b (1.yaml:2)");
  });

  test("several faults at once", async () => {
    const message = await fault({ a: { credentials: ["env:A"] }, b: { ledger: "b" } });
    expect(message.split("\n")).toHaveLength(2);
  });
});

describe("settings about targets", () => {
  test.each([
    ["curfew:schedules", { staging: "rate(2 hours)" }],
    [
      "curfew:secretArns",
      { staging: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf" },
    ],
    ["curfew:paused", ["staging"]],
  ])("%s of an unknown target is refused", async (key, value) => {
    expect(await fault({ production: {} }, { [key]: JSON.stringify(value) })).toBe(
      `${key}: no policy has the target staging; there is production`,
    );
  });

  test("each target has its own schedule and its own pause", async () => {
    const { targets } = await estate(
      { a: {}, b: {} },
      { "curfew:schedules": '{"b":"rate(6 hours)"}', "curfew:paused": '["b"]' },
    );
    expect(targets).toMatchObject([
      { schedule: "rate(1 hour)", paused: false, deadMansHours: 2 },
      { schedule: "rate(6 hours)", paused: true, deadMansHours: 12 },
    ]);
  });

  test("the dead man's hours must fit the schedule", async () => {
    expect(await fault({ a: {} }, { "curfew:deadMansHours": "1" })).toContain("at least 2");
    const cron = { "curfew:schedule": "cron(0 6 * * ? *)" };
    expect(await fault({ a: {} }, cron)).toContain("curfew:deadMansHours is needed beside");
    const { targets } = await estate({ a: {} }, { ...cron, "curfew:deadMansHours": "26" });
    expect(targets[0]?.deadMansHours).toBe(26);
  });

  test("an existing secret must be the one that the policy names, by its whole ARN", async () => {
    const prefix = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:";
    const arns = (arn: string) => ({ "curfew:secretArns": JSON.stringify({ a: arn }) });
    const { targets } = await estate({ a: {} }, arns(`${prefix}curfew/a-AbCdEf`));
    expect(targets[0]?.secret).toEqual({ name: "curfew/a", arn: `${prefix}curfew/a-AbCdEf` });
    expect(await fault({ a: {} }, arns(`${prefix}curfew/b-AbCdEf`))).toContain(
      "is not the secret curfew/a that the policy names (0.yaml:2)",
    );
    expect(await fault({ a: {} }, arns(`${prefix}curfew/a`))).toContain("is not the whole ARN");
    const byArn = { credentials: [`aws-secret:${prefix}curfew/a-AbCdEf`] };
    expect((await estate({ a: byArn })).targets[0]?.secret.arn).toBe(`${prefix}curfew/a-AbCdEf`);
  });
});

describe("a name for AWS", () => {
  test("is the name itself where it can be", () => {
    expect(safeName("production-eu_1")).toBe("production-eu_1");
  });

  test("is clean, bounded, and never shared", () => {
    const names = ["Field crews", "Field_crews?", "Field-crews!", "x".repeat(40), "x".repeat(41)];
    const safe = names.map((name) => safeName(name));
    for (const name of safe) expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/);
    expect(new Set(safe).size).toBe(names.length);
  });
});
