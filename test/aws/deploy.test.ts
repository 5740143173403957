// @module-tag slow
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetFunctionConcurrencyCommand } from "@aws-sdk/client-lambda";
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { GetScheduleCommand } from "@aws-sdk/client-scheduler";
import { CreateSecretCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { ListSubscriptionsByTopicCommand } from "@aws-sdk/client-sns";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { REGION } from "../infra/outputs.ts";
import { clientsOf } from "./clients.ts";
import { deploy } from "./deploy.ts";
import { without } from "./iam.ts";
import { given } from "./maker.ts";
import { describeWithMoto } from "./moto.ts";
import { stageOf } from "./stage.ts";
import { deployWorld, type World } from "./world.ts";

const SECTIONS = "sessions: { maxAge: 30d }\n";

describeWithMoto("all that the program registers", (moto) => {
  let world: World;
  let webhook: string;
  beforeAll(async () => {
    const { secrets } = clientsOf(moto().url, REGION);
    const { ARN } = await secrets.send(new CreateSecretCommand({ Name: "hook" }));
    webhook = given(ARN);
    world = await deployWorld(moto(), SECTIONS, {
      "curfew:kms": true,
      "curfew:emails": ["security@acme.example"],
      "curfew:webhooks": [webhook],
      "curfew:github": { repository: "acme/policies", branches: ["main"] },
    });
  }, 180_000);
  afterAll(() => world?.close());

  const inputsOf = (type: string, name: string) => world.deployment.one(type, name).inputs;

  test("is in AWS as the program wrote it", async () => {
    const { aws } = world.deployment;
    const Bucket = world.bucket;
    expect(await aws.s3.send(new GetBucketVersioningCommand({ Bucket }))).toMatchObject({
      Status: "Enabled",
    });
    const { ObjectLockConfiguration } = await aws.s3.send(
      new GetObjectLockConfigurationCommand({ Bucket }),
    );
    // Without a default retention: it would lock the lease as well.
    expect(ObjectLockConfiguration).toEqual({ ObjectLockEnabled: "Enabled" });
    const { ServerSideEncryptionConfiguration } = await aws.s3.send(
      new GetBucketEncryptionCommand({ Bucket }),
    );
    const [rule] = ServerSideEncryptionConfiguration?.Rules ?? [];
    expect(rule?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID).toBe(
      world.deployment.one("aws:kms/key:Key", "curfew-test").outputs.arn,
    );
    const { PublicAccessBlockConfiguration } = await aws.s3.send(
      new GetPublicAccessBlockCommand({ Bucket }),
    );
    expect(new Set(Object.values(given(PublicAccessBlockConfiguration)))).toEqual(new Set([true]));
    const { Rules } = await aws.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    const written = inputsOf(
      "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
      "ledger",
    );
    expect(Rules?.map(({ ID, Filter }) => [ID, Filter?.Prefix])).toEqual(
      (written.rules as { id: string; filter: { prefix: string } }[]).map(({ id, filter }) => [
        id,
        filter.prefix,
      ]),
    );
  });

  test("runs every hour, one at a time, and is watched", async () => {
    const { aws, one } = world.deployment;
    const { id: FunctionName } = one("aws:lambda/function:Function", "production");
    const concurrency = new GetFunctionConcurrencyCommand({ FunctionName });
    expect(await aws.lambda.send(concurrency)).toMatchObject({ ReservedConcurrentExecutions: 1 });
    const schedule = new GetScheduleCommand({ Name: "production", GroupName: "curfew-test" });
    expect(await aws.scheduler.send(schedule)).toMatchObject({
      ScheduleExpression: "rate(1 hour)",
      State: "ENABLED",
      Target: { Arn: one("aws:lambda/function:Function", "production").outputs.arn },
    });
    const AlarmNames = ["curfew-test-production-dead-man"];
    const { MetricAlarms } = await aws.cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames }));
    expect(MetricAlarms).toMatchObject([{ TreatMissingData: "breaching" }]);
    const logGroupNamePrefix = "/curfew/test/production";
    const { logGroups } = await aws.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }));
    expect(logGroups).toMatchObject([{ retentionInDays: 90 }]);
    const TopicArn = one("aws:sns/topic:Topic", "alerts").id;
    const { Subscriptions } = await aws.sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
    // The queue is the test's.
    expect(Subscriptions?.map(({ Protocol }) => Protocol).sort()).toEqual([
      "email",
      "lambda",
      "sqs",
    ]);
  });

  test("a type and a setting that are not known here are errors", async () => {
    const registration = {
      urn: "",
      name: "x",
      custom: true,
      parent: "",
      outputs: { id: "x" },
      options: { protect: false, retainOnDelete: false, dependsOn: [] },
    };
    const type = "aws:sqs/queue:Queue";
    await expect(
      deploy(moto().url, [{ ...registration, type: "aws:ec2/vpc:Vpc", inputs: {} }]),
    ).rejects.toThrow("aws:ec2/vpc:Vpc");
    await expect(
      deploy(moto().url, [{ ...registration, type, inputs: { fifo: true } }]),
    ).rejects.toThrow("fifo");
  });

  /** What the webhook was sent, and the stage of its function. */
  async function hooked() {
    const sent: string[] = [];
    const server = createServer(async (request, response) => {
      sent.push(await text(request));
      response.end();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { secrets } = world.deployment.aws;
    const SecretString = `http://127.0.0.1:${port}/services/s3cret`;
    await secrets.send(new PutSecretValueCommand({ SecretId: webhook, SecretString }));
    const s = await stageOf(world, await world.fetch("webhook-1"), []);
    const message = { Subject: "Curfew: drift on production", Message: "bob was unlocked" };
    return { s, sent, call: () => s.send({ Records: [{ Sns: message }] }) };
  }

  test("a webhook hears what the topic says", async () => {
    const { s, sent, call } = await hooked();
    const heard = await call();
    expect(heard).toMatchObject({ ok: true });
    expect(heard.logs).not.toContain("s3cret");
    expect(sent.map((each) => JSON.parse(each))).toEqual([
      { text: "Curfew: drift on production\nbob was unlocked" },
    ]);
    expect(s.proxy.asked.filter(({ allowed }) => !allowed)).toEqual([]);
  });

  test("a webhook's role is too little without its secret, and what it can't say is kept", async () => {
    const { s, sent, call } = await hooked();
    s.proxy.policies = without(s.proxy.policies, ({ Sid }) => Sid === "ReadAddress");
    expect(await call()).toMatchObject({ ok: false });
    expect(sent).toEqual([]);
    expect(await s.deadLetters()).toMatchObject([
      { requestContext: { approximateInvokeCount: 3 } },
    ]);
    s.proxy.policies = without(s.proxy.policies, ({ Sid }) => Sid === "KeepLostEvents");
    await call();
    expect(await s.deadLetters()).toEqual([]);
  });

  test("no value of a secret is among it: who holds the token stores it", async () => {
    const { created } = world.deployment;
    const secrets = created.filter(({ type }) => type.startsWith("aws:secretsmanager/"));
    expect(secrets.map(({ type }) => type)).toEqual(["aws:secretsmanager/secret:Secret"]);
  });
});
