/** What settings and changed policies do to the stack, under Pulumi's mocks. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "./engine.ts";
import { CHECKOUT, commit, policyText, written } from "./estate.ts";
import { type MockedStack, mockedStack, removeStacks, smallStack } from "./mocks.ts";
import { ACCOUNT, REGION } from "./outputs.ts";
import { all, one } from "./query.ts";

const CREW = "Field crew";
const SLUG = "Field-crew-a725e1";
const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:curfew-test-`;
const BUCKET = "curfew-test-ledger-0a1b2c3";

let plain: MockedStack;

beforeAll(async () => {
  plain = await stack();
});

afterAll(removeStacks);

const stack = (config: Record<string, unknown> = {}, maxAge = "30d") =>
  smallStack({ "production.yaml": policyText("production"), "crew.yaml": crew(maxAge) }, config);

const crew = (maxAge: string) =>
  policyText(CREW, { credentials: ["aws-secret:curfew/crew"], maxAge });

const find = (type: string, name?: string) => one(plain.registrations, type, name);

describe("a deployment whose policy changed runs at once", () => {
  const marker = (of: MockedStack, name: string) =>
    one(of.registrations, "BucketObjectv2", `${name}-deployed`);

  test("the bucket starts the function when the target's marker changes, without waiting for it", () => {
    expect(find("BucketNotification").inputs).toEqual({
      bucket: BUCKET,
      lambdaFunctions: [
        {
          id: SLUG,
          lambdaFunctionArn: `${FUNCTION}${SLUG}`,
          events: ["s3:ObjectCreated:*"],
          filterPrefix: `deployed/${SLUG}.json`,
        },
        {
          id: "production",
          lambdaFunctionArn: `${FUNCTION}production`,
          events: ["s3:ObjectCreated:*"],
          filterPrefix: "deployed/production.json",
        },
      ],
    });
    expect(find("Permission", "production-deployed").inputs).toEqual({
      function: "curfew-test-production",
      action: "lambda:InvokeFunction",
      principal: "s3.amazonaws.com",
      sourceArn: `arn:aws:s3:::${BUCKET}`,
      sourceAccount: ACCOUNT,
    });
    expect(all(plain.registrations, "Invocation")).toEqual([]);
  });

  test("the marker is written when function, role and notification are there", () => {
    const { inputs, options } = marker(plain, "production");
    expect(inputs).toMatchObject({ bucket: BUCKET, key: "deployed/production.json" });
    expect(options.dependsOn).toEqual(
      expect.arrayContaining([
        find("BucketNotification").urn,
        find("Function", "production").urn,
        find("RolePolicy", "production").urn,
      ]),
    );
  });

  test("only the marker of the target whose policy changed is another one", async () => {
    const changed = await stack({}, "31d");
    const same = await stack();
    expect(marker(same, SLUG).inputs).toEqual(marker(plain, SLUG).inputs);
    expect(marker(changed, "production").inputs).toEqual(marker(plain, "production").inputs);
    expect(marker(changed, SLUG).inputs.content).not.toBe(marker(plain, SLUG).inputs.content);
  });
});

describe("settings", () => {
  test("a pause stops the schedule, and runs on deployment", async () => {
    const { registrations } = await stack({ paused: ["production"] });
    expect(one(registrations, "Schedule", "production").inputs.state).toBe("DISABLED");
    expect(one(registrations, "Schedule", SLUG).inputs.state).toBe("ENABLED");
    expect(all(registrations, "BucketObjectv2").map(({ name }) => name)).toEqual([
      `${SLUG}-deployed`,
    ]);
  });

  test("memory, time zone, logs and the audit log's lock are as they say", async () => {
    const { registrations } = await stack({
      memory: 512,
      reservedConcurrency: "none",
      timezone: "Africa/Johannesburg",
      schedules: { production: "cron(0 6 * * ? *)" },
      deadMansHours: 26,
      logDays: 365,
      logLevel: "DEBUG",
      auditMode: "COMPLIANCE",
      auditDays: 30,
      tags: { team: "security" },
    });
    const { inputs } = one(registrations, "Function", "production");
    expect(inputs).not.toHaveProperty("reservedConcurrentExecutions");
    expect(inputs).toMatchObject({
      memorySize: 512,
      environment: {
        variables: { POWERTOOLS_LOG_LEVEL: "DEBUG", NODE_OPTIONS: "--max-old-space-size=384" },
      },
      loggingConfig: { applicationLogLevel: "DEBUG" },
    });
    expect(one(registrations, "Schedule", "production").inputs).toMatchObject({
      scheduleExpression: "cron(0 6 * * ? *)",
      scheduleExpressionTimezone: "Africa/Johannesburg",
    });
    expect(one(registrations, "LogGroup", "production").inputs.retentionInDays).toBe(365);
    expect(one(registrations, "Bucket").inputs.tags).toEqual({
      application: "curfew",
      stack: "test",
      team: "security",
      "curfew:retain": "COMPLIANCE 30",
    });
  });

  test("a token goes to a host of one's own only where the stack says so", async () => {
    const { registrations } = await stack({ hosts: ["backend.acme.example", "b.acme.example"] });
    const variablesOf = (found: MockedStack["registrations"]) =>
      (one(found, "Function", "production").inputs.environment as { variables: object }).variables;
    expect(variablesOf(registrations)).toMatchObject({
      CURFEW_HOSTS: "backend.acme.example,b.acme.example",
    });
    expect(variablesOf(plain.registrations)).not.toHaveProperty("CURFEW_HOSTS");
  });

  test("a bucket of another account is used only where the stack says so", async () => {
    const { registrations } = await stack({ accounts: ["111111111111", "222222222222"] });
    const variablesOf = (found: MockedStack["registrations"]) =>
      (one(found, "Function", "production").inputs.environment as { variables: object }).variables;
    expect(variablesOf(registrations)).toMatchObject({
      CURFEW_ACCOUNTS: "111111111111,222222222222",
    });
    expect(variablesOf(plain.registrations)).not.toHaveProperty("CURFEW_ACCOUNTS");
    await expect(stack({ accounts: ["acme"] })).rejects.toThrow("is not the id of an AWS account");
  });

  test("tags are on all that takes them", async () => {
    const { registrations } = await stack({ tags: { team: "security" }, kms: true });
    const untagged = registrations.filter(({ custom, inputs }) => {
      return custom && (inputs.tags as Record<string, string>)?.team !== "security";
    });
    const types = new Set(untagged.map(({ type }) => type.split(":").at(-1)));
    // These take none.
    expect([...types].sort()).toEqual([
      "Alias",
      "BucketLifecycleConfiguration",
      "BucketNotification",
      "BucketOwnershipControls",
      "BucketPolicy",
      "BucketPublicAccessBlock",
      "BucketServerSideEncryptionConfiguration",
      "BucketVersioning",
      "Dashboard",
      "FunctionEventInvokeConfig",
      "LogMetricFilter",
      "Permission",
      "QueuePolicy",
      "RolePolicy",
      "Schedule",
      "TopicPolicy",
      "TopicSubscription",
    ]);
  });
});

test("the bucket has the name that a policy gives it", async () => {
  const { registrations, outputs } = await smallStack({
    "a.yaml": policyText("a", { ledger: "s3://acme-curfew/a" }),
    "b.yaml": policyText("b"),
  });
  expect(one(registrations, "Bucket").inputs.bucket).toBe("acme-curfew");
  expect(await ledgers(outputs)).toEqual({ a: "s3://acme-curfew/a", b: "s3://acme-curfew/ledger" });
});

function ledgers({ ledgers }: MockedStack["outputs"]): Promise<Record<string, string>> {
  const pairs = Object.entries(ledgers).map(
    ([name, output]) =>
      new Promise<[string, string]>((resolve) => {
        output.apply((value) => resolve([name, value]));
      }),
  );
  return Promise.all(pairs).then(Object.fromEntries);
}

test("two targets may share a secret", async () => {
  const shared = { credentials: ["aws-secret:curfew/shared"] };
  const { registrations } = await smallStack({
    "a.yaml": policyText("a", shared),
    "b.yaml": policyText("b", shared),
  });
  const { arn } = one(registrations, "Secret", "curfew/shared").outputs;
  for (const name of ["a", "b"]) {
    expect(one(registrations, "RolePolicy", name).inputs.policy).toContain(String(arn));
  }
});

test("a clean checkout needs no setting, and says its commit", async () => {
  const { folder: root, remove } = await written({
    ...CHECKOUT,
    "policies/production.yaml": policyText("production"),
  });
  try {
    await commit(root);
    const config = { allowUncommitted: false };
    const { registrations } = await mockedStack({ root, build: path.join(root, "dist"), config });
    const { code } = one(registrations, "Function").inputs as { code: { archive: string } };
    const deployed = await readFile(path.join(code.archive, "deployed.json"), "utf8");
    expect(JSON.parse(deployed).commit).toMatch(/^[0-9a-f]{40}$/);
  } finally {
    await remove();
  }
});

describe("the dashboard", () => {
  test("shows each target's runs, actions, duration, requests and the age of its inventory", async () => {
    const { widgets } = JSON.parse(String(find("Dashboard").inputs.dashboardBody));
    const titles = widgets.map(
      (widget: { properties: { title: string } }) => widget.properties.title,
    );
    for (const target of ["production", CREW]) {
      for (const what of [
        "runs",
        "actions by type and cause",
        "users and sessions",
        "duration",
        "requests",
        "age of the inventory",
      ]) {
        expect(titles).toContain(`${target}: ${what}`);
      }
    }
  });

  test("names only metrics that the run writes", async () => {
    const measures = await readFile(path.join(ROOT, "src/lambda/measures.ts"), "utf8");
    const body = String(find("Dashboard").inputs.dashboardBody);
    const named = [...body.matchAll(/\["Curfew","(\w+)"|MetricName=\\"(\w+)\\"/g)].map(
      (m) => m[1] ?? m[2],
    );
    expect(named.length).toBeGreaterThan(10);
    for (const name of named) expect(measures).toContain(`"${name}"`);
  });
});
