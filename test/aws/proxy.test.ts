// @module-tag slow
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { CreateTopicCommand, PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { PolicyDocument, Statement } from "./iam.ts";
import { describeWithMoto } from "./moto.ts";
import { type AwsProxy, type ProxyOptions, startProxy } from "./proxy.ts";

const ROLE = "arn:aws:iam::123456789012:role/curfew";
const REGION = "eu-central-1";
const OBJECT = "arn:aws:s3:::ledger/a/b c.json";
const ALL: Statement = { Effect: "Allow", Action: "*", Resource: "*" };

const policy = (...Statement: Statement[]): PolicyDocument => ({ Statement });
const client = (endpoint: string, maxAttempts = 1) => ({
  endpoint,
  maxAttempts,
  region: REGION,
  credentials: { accessKeyId: "a", secretAccessKey: "b" },
});

describeWithMoto("the proxy", (moto) => {
  const put = { Bucket: "ledger", Key: "a/b c.json", Body: "text" };
  const object = { Bucket: "ledger", Key: "a/b c.json" };

  beforeEach(async () => {
    await moto().reset();
    const s3 = new S3Client(client(moto().url));
    await s3.send(
      new CreateBucketCommand({
        Bucket: "ledger",
        CreateBucketConfiguration: { LocationConstraint: REGION },
      }),
    );
  });

  async function proxied(more: Partial<ProxyOptions> = {}): Promise<AwsProxy> {
    const options = { moto: moto().url, principal: ROLE, region: REGION, policies: [policy(ALL)] };
    const proxy = await startProxy({ ...options, ...more });
    onTestFinished(() => proxy.close());
    return proxy;
  }

  test("passes on what is allowed, and records it", async () => {
    const proxy = await proxied();
    const s3 = new S3Client(client(proxy.url));
    await s3.send(new PutObjectCommand({ ...put, IfNoneMatch: "*" }));
    const { Body, ETag } = await s3.send(new GetObjectCommand(object));
    expect(await Body?.transformToString()).toBe("text");
    await s3.send(new PutObjectCommand({ ...put, IfMatch: ETag }));
    const { Contents } = await s3.send(
      new ListObjectsV2Command({ Bucket: "ledger", Prefix: "a/" }),
    );
    expect(Contents?.map(({ Key }) => Key)).toEqual(["a/b c.json"]);
    await s3.send(new DeleteObjectCommand(object));
    expect(proxy.asked.map(({ action, resource }) => [action, resource])).toEqual([
      ["s3:PutObject", OBJECT],
      ["s3:GetObject", OBJECT],
      ["s3:PutObject", OBJECT],
      ["s3:GetObject", OBJECT],
      ["s3:ListBucket", "arn:aws:s3:::ledger"],
      ["s3:DeleteObject", OBJECT],
    ]);
    expect(proxy.asked.every(({ allowed }) => allowed)).toBe(true);
  });

  test("names the action and the resource that are not allowed, as each service does", async () => {
    const proxy = await proxied({ policies: [] });
    const sentence = (action: string, resource: string) =>
      `User: ${ROLE} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
    await expect(
      new S3Client(client(proxy.url)).send(new PutObjectCommand(put)),
    ).rejects.toMatchObject({
      name: "AccessDenied",
      message: sentence("s3:PutObject", OBJECT),
      $metadata: { httpStatusCode: 403 },
    });
    const { ARN } = await new SecretsManagerClient(client(moto().url)).send(
      new CreateSecretCommand({ Name: "curfew/production", SecretString: "x" }),
    );
    const get = new GetSecretValueCommand({ SecretId: "curfew/production" });
    await expect(new SecretsManagerClient(client(proxy.url)).send(get)).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: sentence("secretsmanager:GetSecretValue", ARN ?? ""),
    });
    const TopicArn = `arn:aws:sns:${REGION}:123456789012:alerts`;
    const publish = new PublishCommand({ TopicArn, Message: "m" });
    await expect(new SNSClient(client(proxy.url)).send(publish)).rejects.toMatchObject({
      name: "AuthorizationErrorException",
      message: sentence("sns:Publish", TopicArn),
    });
  });

  test("hides from those who may not list a bucket what is not in it", async () => {
    const read = policy({ Effect: "Allow", Action: "s3:GetObject", Resource: "*" });
    const list = policy({ Effect: "Allow", Action: "s3:ListBucket", Resource: "*" });
    const proxy = await proxied({ policies: [read] });
    const get = () => new S3Client(client(proxy.url)).send(new GetObjectCommand(object));
    await expect(get()).rejects.toMatchObject({ name: "AccessDenied" });
    proxy.policies = [read, list];
    await expect(get()).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  test("asks for a retention and for a key where a put has or needs them", async () => {
    const key = `arn:aws:kms:${REGION}:123456789012:key/k`;
    const proxy = await proxied({
      keyOf: (resource) => (resource === "arn:aws:s3:::ledger" ? key : null),
      policiesOf: (resource) => (resource === key ? [policy({ ...ALL, Principal: "*" })] : []),
    });
    const ObjectLockRetainUntilDate = new Date(Date.now() + 86_400_000);
    const locked = { ...put, ObjectLockMode: "COMPLIANCE" as const, ObjectLockRetainUntilDate };
    // The bucket has no object lock, so moto refuses what the proxy let through.
    await new S3Client(client(proxy.url)).send(new PutObjectCommand(locked)).catch(() => {});
    expect(proxy.asked.map(({ action, resource }) => [action, resource])).toEqual([
      ["s3:PutObject", OBJECT],
      ["s3:PutObjectRetention", OBJECT],
      ["kms:GenerateDataKey", key],
    ]);
  });

  test("a policy of the bucket denies", async () => {
    const deny: Statement = { Effect: "Deny", Action: "s3:Put*", Resource: "*", Principal: "*" };
    const proxy = await proxied({
      policiesOf: (resource) => (resource === "arn:aws:s3:::ledger" ? [policy(deny)] : []),
    });
    const s3 = new S3Client(client(proxy.url));
    await expect(s3.send(new PutObjectCommand(put))).rejects.toThrow("explicit deny");
    expect(proxy.asked).toEqual([
      { action: "s3:PutObject", resource: OBJECT, allowed: false, status: 403 },
    ]);
  });

  test.for([
    ["refuse", "AccessDenied", false],
    ["throttle", "SlowDown", false],
    ["break", "InternalError", false],
    ["conflict", "ConditionalRequestConflict", false],
    ["reset", "TimeoutError", false],
    ["lose", "TimeoutError", true],
  ] as const)("fails as AWS does: %s", async ([does, name, written]) => {
    const proxy = await proxied();
    proxy.faults = [{ action: "s3:Put*", does, times: 1 }];
    const s3 = new S3Client(client(proxy.url));
    await expect(s3.send(new PutObjectCommand(put))).rejects.toMatchObject({ name });
    const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket: "ledger" }));
    expect(KeyCount).toBe(written ? 1 : 0);
    await s3.send(new PutObjectCommand(put));
  });

  test("tells when a request arrives, and holds it until it may go on", async () => {
    const proxy = await proxied();
    const gate = Promise.withResolvers<void>();
    proxy.faults = [{ action: "s3:*", resource: OBJECT, does: { until: gate.promise } }];
    const arrived = proxy.arrival("s3:PutObject");
    const done = new S3Client(client(proxy.url)).send(new PutObjectCommand(put));
    await arrived;
    const keys = () =>
      new S3Client(client(moto().url)).send(new ListObjectsV2Command({ Bucket: "ledger" }));
    expect((await keys()).KeyCount).toBe(0);
    gate.resolve();
    await done;
    expect((await keys()).KeyCount).toBe(1);
  });

  test("passes a message on to a topic", async () => {
    const { TopicArn } = await new SNSClient(client(moto().url)).send(
      new CreateTopicCommand({ Name: "alerts" }),
    );
    const proxy = await proxied();
    await new SNSClient(client(proxy.url)).send(new PublishCommand({ TopicArn, Message: "m" }));
    expect(proxy.asked).toEqual([
      { action: "sns:Publish", resource: TopicArn, allowed: true, status: 200 },
    ]);
  });

  test("a request that it can't read is an error of the test", async () => {
    const proxy = await startProxy({
      moto: moto().url,
      principal: ROLE,
      region: REGION,
      policies: [],
    });
    const answer = await fetch(proxy.url);
    expect(answer.status).toBe(501);
    await expect(proxy.close()).rejects.toThrow("not signed");
  });
});
