/** What the stack registers, resource by resource and option by option, under Pulumi's mocks. */
import { stat } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { policyText } from "./estate.ts";
import { type MockedStack, removeStacks, smallStack } from "./mocks.ts";
import { ACCOUNT, REGION } from "./outputs.ts";
import { all, one } from "./query.ts";
import type { Registration } from "./registration.ts";

const CREW = "Field crew";
const SLUG = "Field-crew-a725e1";
const SECRET = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:curfew/`;
const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:curfew-test-alerts`;
const QUEUE = `arn:aws:sqs:${REGION}:${ACCOUNT}:curfew-test-dead-letters`;
const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:curfew-test-`;
const BUCKET = "curfew-test-ledger-0a1b2c3";
const CANARY = "canary-3f1c";

let plain: MockedStack;

beforeAll(async () => {
  vi.stubEnv("CURFEW_TEST_CANARY", CANARY);
  plain = await stack();
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await removeStacks();
});

const stack = (config: Record<string, unknown> = {}) =>
  smallStack({ "production.yaml": PRODUCTION, "crew.yaml": FIELD_CREW }, config);

const PRODUCTION = policyText("production", {
  credentials: ["env:CURFEW_TEST_CANARY", "aws-secret:curfew/production"],
});
const FIELD_CREW = policyText(CREW, { credentials: ["aws-secret:curfew/crew"] });

const find = (type: string, name?: string) => one(plain.registrations, type, name);

describe("the ledger bucket", () => {
  test("it and all that guards it are protected and outlive the stack; nothing else does", () => {
    const kept = ({ options }: Registration) => options.protect && options.retainOnDelete;
    const names = plain.registrations.filter(kept).map(({ type }) => type.split(":").at(-1));
    expect(names.sort()).toEqual([
      "Bucket",
      "BucketLifecycleConfiguration",
      "BucketOwnershipControls",
      "BucketPolicy",
      "BucketPublicAccessBlock",
      "BucketServerSideEncryptionConfiguration",
      "BucketVersioning",
    ]);
    const half = plain.registrations.filter((r) => r.options.protect !== r.options.retainOnDelete);
    expect(half).toEqual([]);
  });

  test("it has object lock, and says for how long the audit log is locked", () => {
    const { inputs } = find("Bucket");
    expect(inputs).toEqual({
      objectLockEnabled: true,
      tags: { application: "curfew", stack: "test", "curfew:retain": "GOVERNANCE 400" },
    });
  });

  test("it is versioned, encrypted, private, and its owner's", () => {
    expect(find("BucketVersioning").inputs).toEqual({
      bucket: BUCKET,
      versioningConfiguration: { status: "Enabled" },
    });
    expect(find("BucketServerSideEncryptionConfiguration").inputs).toEqual({
      bucket: BUCKET,
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
    expect(find("BucketPublicAccessBlock").inputs).toEqual({
      bucket: BUCKET,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(find("BucketOwnershipControls").inputs).toEqual({
      bucket: BUCKET,
      rule: { objectOwnership: "BucketOwnerEnforced" },
    });
  });

  test("reports, replaced versions and leases go; no current object of a ledger does", () => {
    const { rules } = find("BucketLifecycleConfiguration").inputs as { rules: Rule[] };
    expect(rules.map(({ id, filter }) => [id, filter.prefix])).toEqual([
      ["replaced-versions", ""],
      ["reports", "runs/"],
      ["leases-1", expect.stringMatching(/^ledger\/field-crew-[a-z0-9-]+\/lease\.json$/)],
      ["leases-2", expect.stringMatching(/^ledger\/production-[a-z0-9-]+\/lease\.json$/)],
    ]);
    expect(rules.every(({ status }) => status === "Enabled")).toBe(true);
    const expiring = rules.filter(({ expiration }) => expiration?.days !== undefined);
    expect(expiring.map(({ id, expiration }) => [id, expiration])).toEqual([
      ["reports", { days: 90 }],
    ]);
    expect(rules[0]).toMatchObject({
      noncurrentVersionExpiration: { noncurrentDays: 90 },
      expiration: { expiredObjectDeleteMarker: true },
      abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
    });
  });

  interface Rule {
    id: string;
    status: string;
    filter: { prefix: string };
    expiration?: { days?: number };
  }
});

describe("the function of a target", () => {
  test("runs its package on Node 24 and arm64, one at a time, with all the time there is", async () => {
    const { inputs, options } = find("Function", SLUG);
    const { code, ...rest } = inputs;
    expect(rest).toEqual({
      name: `curfew-test-${SLUG}`,
      description: `Curfew's run of ${CREW}`,
      role: `arn:aws:iam::${ACCOUNT}:role/${SLUG}-0a1b2c3`,
      runtime: "nodejs24.x",
      architectures: ["arm64"],
      handler: "index.handler",
      memorySize: 1024,
      timeout: 900,
      reservedConcurrentExecutions: 1,
      environment: {
        variables: {
          CURFEW_TARGET: CREW,
          CURFEW_LEDGER: `s3://${BUCKET}/ledger`,
          CURFEW_REPORTS: `s3://${BUCKET}/runs/${SLUG}`,
          CURFEW_ALERTS: TOPIC,
          POWERTOOLS_SERVICE_NAME: "curfew",
          POWERTOOLS_METRICS_NAMESPACE: "Curfew",
          POWERTOOLS_LOG_LEVEL: "INFO",
          NODE_OPTIONS: "--max-old-space-size=768",
        },
      },
      loggingConfig: {
        logFormat: "JSON",
        logGroup: `/curfew/test/${SLUG}`,
        applicationLogLevel: "INFO",
        systemLogLevel: "INFO",
      },
      tags: { application: "curfew", stack: "test" },
    });
    const { archive } = code as { archive: string };
    expect((await stat(path.join(archive, "index.mjs"))).isFile()).toBe(true);
    expect(options.dependsOn).toContain(find("RolePolicy", SLUG).urn);
  });

  test("is not started again for a run that failed, which its own alarms tell of", () => {
    expect(find("FunctionEventInvokeConfig", SLUG).inputs).toEqual({
      functionName: `curfew-test-${SLUG}`,
      maximumRetryAttempts: 0,
      maximumEventAgeInSeconds: 3600,
    });
  });

  test("logs to a group that the stack made, with an end", () => {
    const groups = all(plain.registrations, "LogGroup").map(({ inputs }) => inputs);
    expect(groups).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: "/curfew/test/production", retentionInDays: 90 }),
        expect.objectContaining({ name: `/curfew/test/${SLUG}`, retentionInDays: 90 }),
      ]),
    );
    const named = all(plain.registrations, "Function").map(
      ({ inputs }) => (inputs.loggingConfig as { logGroup: string }).logGroup,
    );
    expect(named.sort()).toEqual(groups.map(({ name }) => name).sort());
  });
});

test("a schedule starts it every hour, within a quarter of an hour, and keeps what it could not start", () => {
  expect(find("Schedule", SLUG).inputs).toEqual({
    name: SLUG,
    groupName: "curfew-test",
    description: `Curfew's run of ${CREW}`,
    scheduleExpression: "rate(1 hour)",
    scheduleExpressionTimezone: "UTC",
    flexibleTimeWindow: { mode: "FLEXIBLE", maximumWindowInMinutes: 15 },
    state: "ENABLED",
    target: {
      arn: `${FUNCTION}${SLUG}`,
      roleArn: `arn:aws:iam::${ACCOUNT}:role/${SLUG}-schedule-0a1b2c3`,
      input: `{"kind":"scheduled","target":"${CREW}","scheduledAt":"<aws.scheduler.scheduled-time>","id":"<aws.scheduler.execution-id>"}`,
      retryPolicy: { maximumEventAgeInSeconds: 2700, maximumRetryAttempts: 5 },
      deadLetterConfig: { arn: QUEUE },
    },
  });
});

describe("secrets", () => {
  test("are created under the policies' names, without a value", () => {
    const secrets = all(plain.registrations, "Secret").map(({ inputs }) => inputs);
    expect(secrets).toHaveLength(2);
    expect(find("Secret", "curfew/crew").inputs).toMatchObject({
      name: "curfew/crew",
      recoveryWindowInDays: 30,
    });
    expect(all(plain.registrations, "SecretVersion")).toEqual([]);
  });

  test("have no value anywhere in what is registered", () => {
    expect(JSON.stringify(plain.registrations)).not.toContain(CANARY);
  });

  test("that exist are used by their ARN, and none is created", async () => {
    const arn = `${SECRET}production-XyZ123`;
    const { registrations, outputs } = await stack({ secretArns: { production: arn } });
    expect(all(registrations, "Secret").map(({ name }) => name)).toEqual(["curfew/crew"]);
    expect(outputs.secrets.production).toBe(arn);
    expect(one(registrations, "RolePolicy", "production").inputs.policy).toContain(arn);
  });
});
