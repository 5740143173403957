/** Who may do what: every statement of every policy, with all that the stack can have switched on. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deploymentKey } from "../../src/ledger/key.ts";
import { policyText } from "./estate.ts";
import { type MockedStack, removeStacks, smallStack } from "./mocks.ts";
import { ACCOUNT, REGION } from "./outputs.ts";
import { all, type FoundStatement, list, one, policies, statements } from "./query.ts";

const here = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
const BUCKET = "arn:aws:s3:::curfew-test-ledger-0a1b2c3";
const TOPIC = here("sns", "curfew-test-alerts");
const QUEUE = here("sqs", "curfew-test-dead-letters");
const KEY = here("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab");
const HOOK = here("secretsmanager", "secret:slack-AbCdEf");
const LEDGER = `ledger/${deploymentKey("https://production.backend.us.journeyapps.com/api/v4/615ae1ee8c5ef500078a4908")}`;
const via = (...services: string[]) => ({
  StringEquals: { "kms:ViaService": services.map((one) => `${one}.${REGION}.amazonaws.com`) },
});

let stack: MockedStack;

beforeAll(async () => {
  stack = await smallStack(
    { "production.yaml": policyText("production"), "staging.yaml": policyText("staging") },
    {
      kms: true,
      webhooks: [HOOK],
      github: { repository: "acme/policies", branches: ["main"], environments: ["curfew"] },
    },
  );
});

afterAll(removeStacks);

/** What a role may do, or what a resource allows: Sid → action, resource and condition. */
function said(type: string, name: string, key = "policy"): Record<string, unknown[]> {
  const { inputs } = one(stack.registrations, type, name);
  return Object.fromEntries(
    statements(inputs[key]).map(({ Sid, Action, Resource, Condition }) => [
      Sid,
      [Action, Resource, ...(Condition ? [Condition] : [])],
    ]),
  );
}

describe("the role of a run", () => {
  test("may do this, and nothing else", () => {
    expect(said("RolePolicy", "production")).toEqual({
      ReadLedger: ["s3:GetObject", `${BUCKET}/${LEDGER}/*`],
      WriteLedger: ["s3:PutObject", `${BUCKET}/${LEDGER}/*`],
      ListLedger: ["s3:ListBucket", BUCKET, { StringLikeIfExists: { "s3:prefix": `${LEDGER}/*` } }],
      ReadRetention: ["s3:GetBucketTagging", BUCKET],
      LockAuditLog: ["s3:PutObjectRetention", `${BUCKET}/${LEDGER}/audit/*`],
      SaveReports: ["s3:PutObject", `${BUCKET}/runs/production/*`],
      ReadToken: [
        "secretsmanager:GetSecretValue",
        here("secretsmanager", "secret:curfew/production-AbCdEf"),
      ],
      TellPeople: ["sns:Publish", TOPIC],
      WriteLogs: [
        ["logs:CreateLogStream", "logs:PutLogEvents"],
        here("logs", "log-group:/curfew/test/production:*"),
      ],
      UseKey: [["kms:Decrypt", "kms:GenerateDataKey"], KEY, via("s3", "secretsmanager", "sns")],
    });
  });

  test("is of no use for another target", () => {
    const { production, staging } = Object.fromEntries(
      ["production", "staging"].map((name) => [
        name,
        JSON.stringify(said("RolePolicy", name)).replaceAll(TOPIC, ""),
      ]),
    );
    expect(production).not.toContain("staging");
    expect(staging).not.toContain("production");
  });

  test("is Lambda's to take", () => {
    expect(
      statements(one(stack.registrations, "Role", "production").inputs.assumeRolePolicy),
    ).toEqual([
      {
        Sid: "Service",
        Effect: "Allow",
        Principal: { Service: "lambda.amazonaws.com" },
        Action: "sts:AssumeRole",
      },
    ]);
  });
});

test("a run may read and tell what the policy's notify names, and nothing beside", async () => {
  const topic = `arn:aws:sns:${REGION}:${ACCOUNT}:security`;
  const notify = `notify:
  channels:
    - slack: aws-secret:curfew/slack
    - webhook: https://hooks.acme.example/curfew
      secret: aws-secret:curfew/webhook
    - sns: ${topic}
  users:
    before: 3d
    webhook: https://hooks.acme.example/sessions
    secret: aws-secret:curfew/webhook
`;
  const { registrations } = await smallStack({
    "production.yaml": `${policyText("production")}${notify}`,
  });
  const policy = statements(one(registrations, "RolePolicy", "production").inputs.policy);
  const found = policy.filter(({ Sid }) => /Channels$/.test(Sid));
  expect(found.map(({ Sid, Action, Resource }) => [Sid, Action, Resource])).toEqual([
    [
      "ReadChannels",
      "secretsmanager:GetSecretValue",
      [
        here("secretsmanager", "secret:curfew/slack-??????"),
        here("secretsmanager", "secret:curfew/webhook-??????"),
      ],
    ],
    ["TellChannels", "sns:Publish", [topic]],
  ]);
});

test("the scheduler may start this run, for this account's schedules only", () => {
  expect(said("RolePolicy", "production-schedule")).toEqual({
    StartRun: ["lambda:InvokeFunction", here("lambda", "function:curfew-test-production")],
    KeepLostEvents: ["sqs:SendMessage", QUEUE],
    UseKey: [["kms:Decrypt", "kms:GenerateDataKey"], KEY, via("sqs")],
  });
  expect(said("Role", "production-schedule", "assumeRolePolicy")).toEqual({
    Service: [
      "sts:AssumeRole",
      undefined,
      {
        StringEquals: { "aws:SourceAccount": ACCOUNT },
        ArnLike: { "aws:SourceArn": here("scheduler", "schedule-group/curfew-test") },
      },
    ],
  });
});

test("the webhook's function may read the address, and the topic may start it", () => {
  expect(said("RolePolicy", "webhook-1")).toEqual({
    ReadAddress: ["secretsmanager:GetSecretValue", HOOK],
    WriteLogs: [
      ["logs:CreateLogStream", "logs:PutLogEvents"],
      here("logs", "log-group:/curfew/test/webhook-1:*"),
    ],
    KeepLostEvents: ["sqs:SendMessage", QUEUE],
    UseKey: [["kms:Decrypt", "kms:GenerateDataKey"], KEY, via("secretsmanager", "sqs")],
  });
  expect(one(stack.registrations, "Permission", "webhook-1").inputs).toMatchObject({
    principal: "sns.amazonaws.com",
    sourceArn: TOPIC,
  });
  expect(one(stack.registrations, "Function", "webhook-1").inputs.environment).toEqual({
    variables: { WEBHOOK_SECRET: HOOK },
  });
});

test("an alert that no webhook took is kept; a run that failed is not, since its alarms tell of it", () => {
  const given = (name: string) =>
    one(stack.registrations, "FunctionEventInvokeConfig", name).inputs.destinationConfig;
  expect(given("webhook-1")).toEqual({ onFailure: { destination: QUEUE } });
  expect(given("production")).toBeUndefined();
});

describe("CI", () => {
  test("may read saved inventories and reports, and nothing else", () => {
    expect(said("RolePolicy", "ci")).toEqual({
      ReadRuns: ["s3:GetObject", `${BUCKET}/runs/*`],
      ListRuns: ["s3:ListBucket", BUCKET, { StringLike: { "s3:prefix": "runs/*" } }],
      UseKey: [["kms:Decrypt"], KEY, via("s3")],
    });
  });

  test("is the branch and the environment that are named, and no pull request", () => {
    const provider = `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`;
    const [trust, ...more] = statements(
      one(stack.registrations, "Role", "ci").inputs.assumeRolePolicy,
    );
    expect(more).toEqual([]);
    expect(trust).toEqual({
      Sid: "GitHub",
      Effect: "Allow",
      Principal: { Federated: provider },
      Action: "sts:AssumeRoleWithWebIdentity",
      Condition: {
        StringEquals: {
          "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
          "token.actions.githubusercontent.com:sub": [
            "repo:acme/policies:ref:refs/heads/main",
            "repo:acme/policies:environment:curfew",
          ],
        },
      },
    });
    expect(one(stack.registrations, "OpenIdConnectProvider").inputs).toMatchObject({
      url: "https://token.actions.githubusercontent.com",
      clientIdLists: ["sts.amazonaws.com"],
    });
  });
});

describe("what resources allow", () => {
  test("the bucket: nobody without TLS 1.2, nobody over, under or around the audit log", () => {
    const everything = [BUCKET, `${BUCKET}/*`];
    const audit = [
      `${BUCKET}/${LEDGER}/audit/*`,
      expect.stringMatching(/\/ledger\/staging-.*\/audit\/\*$/),
    ];
    expect(said("BucketPolicy", "ledger")).toEqual({
      OnlyTls: ["s3:*", everything, { Bool: { "aws:SecureTransport": "false" } }],
      OnlyModernTls: ["s3:*", everything, { NumericLessThan: { "s3:TlsVersion": "1.2" } }],
      AuditOnce: ["s3:PutObject", audit, { Null: { "s3:if-none-match": "true" } }],
      AuditLocked: ["s3:PutObject", audit, { Null: { "s3:object-lock-mode": "true" } }],
      AuditStays: [["s3:DeleteObject", "s3:DeleteObjectVersion"], audit],
      NoBypass: ["s3:BypassGovernanceRetention", `${BUCKET}/*`],
    });
    const effects = statements(one(stack.registrations, "BucketPolicy").inputs.policy);
    expect(effects.every(({ Effect, Principal }) => Effect === "Deny" && Principal === "*")).toBe(
      true,
    );
  });

  test("the topic: this stack's alarms", () => {
    expect(said("TopicPolicy", "alerts")).toEqual({
      Alarms: [
        "sns:Publish",
        TOPIC,
        {
          StringEquals: { "aws:SourceAccount": ACCOUNT },
          ArnLike: { "aws:SourceArn": here("cloudwatch", "alarm:curfew-test-*") },
        },
      ],
      OnlyTls: ["sns:Publish", TOPIC, { Bool: { "aws:SecureTransport": "false" } }],
    });
    const names = all(stack.registrations, "MetricAlarm").map(({ inputs }) => inputs.name);
    for (const name of names) expect(name).toMatch(/^curfew-test-/);
  });

  test("the key: the account by its own policies, the log groups of the stack, alarms", () => {
    expect(said("Key", "curfew-test")).toEqual({
      Account: ["kms:*", "*"],
      Logs: [
        ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "*",
        {
          ArnLike: {
            "kms:EncryptionContext:aws:logs:arn": here("logs", "log-group:/curfew/test/*"),
          },
        },
      ],
      Alarms: [
        ["kms:Decrypt", "kms:GenerateDataKey*"],
        "*",
        { StringEquals: { "aws:SourceAccount": ACCOUNT } },
      ],
    });
  });
});

describe("every policy", () => {
  const each = (): [string, FoundStatement][] =>
    policies(stack.registrations).flatMap(({ of, statements }) =>
      statements.map((statement): [string, FoundStatement] => [of, statement]),
    );

  test("is there: of each role, its own and who may take it", () => {
    const roles = all(stack.registrations, "Role").map(({ name }) => name);
    expect(roles).toHaveLength(6);
    expect(
      all(stack.registrations, "RolePolicy")
        .map(({ name }) => name)
        .sort(),
    ).toEqual(roles.sort());
    const managed = all(stack.registrations, "RolePolicyAttachment");
    expect(managed).toEqual([]);
  });

  test("allows on a resource of its own, but for the key's, where `*` is the key", () => {
    const wide = each().filter(
      ([, { Effect, Resource }]) => Effect === "Allow" && list(Resource).includes("*"),
    );
    expect(wide.map(([of, { Sid }]) => `${of}: ${Sid}`).sort()).toEqual([
      "Key curfew-test: Account",
      "Key curfew-test: Alarms",
      "Key curfew-test: Logs",
    ]);
  });

  test("allows actions by their names, but for the key's", () => {
    const wide = each().filter(
      ([, { Effect, Action }]) =>
        Effect === "Allow" && list(Action).some((action) => action.includes("*")),
    );
    expect(new Set(wide.map(([of]) => of))).toEqual(new Set(["Key curfew-test"]));
  });

  test("has a name for each statement, once", () => {
    for (const { of, statements } of policies(stack.registrations)) {
      const names = statements.map(({ Sid }) => Sid);
      expect(
        names.every((name) => /^[A-Za-z0-9]+$/.test(name)),
        of,
      ).toBe(true);
      expect(new Set(names).size, of).toBe(names.length);
    }
  });
});

describe("with a key, all that is stored is encrypted by it", () => {
  test("bucket, topic, queue, secrets and logs", () => {
    const inputs = (type: string) => all(stack.registrations, type).map((found) => found.inputs);
    expect(inputs("BucketServerSideEncryptionConfiguration")).toMatchObject([
      {
        rules: [
          {
            applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: KEY },
            bucketKeyEnabled: true,
          },
        ],
      },
    ]);
    expect(inputs("Topic")).toMatchObject([{ kmsMasterKeyId: KEY }]);
    expect(inputs("Queue")).toMatchObject([{ kmsMasterKeyId: KEY }]);
    for (const secret of inputs("Secret")) expect(secret.kmsKeyId).toBe(KEY);
    for (const group of inputs("LogGroup")) expect(group.kmsKeyId).toBe(KEY);
    expect(inputs("LogGroup")).toHaveLength(3);
  });

  test("the key turns, and outlives the stack with the ledger", () => {
    const { inputs, options } = one(stack.registrations, "Key");
    expect(inputs).toMatchObject({ enableKeyRotation: true, deletionWindowInDays: 30 });
    expect(options).toMatchObject({ protect: true, retainOnDelete: true });
  });
});
