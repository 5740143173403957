// @module-tag slow
import { beforeEach, expect, it } from "vitest";
import { UsageError } from "../../../../src/errors.ts";
import type { BlobStore } from "../../../../src/ledger/store/contract.ts";
import { ACCOUNT, clientConfig, type Fault, s3Error } from "./proxy.ts";
import { describeS3, errorOf } from "./stage.ts";

/** A time that is over before the test is. */
const SOON = 1_500;

describeS3("what a ledger in S3 can't do", (stage) => {
  let store: BlobStore;
  beforeEach(() => {
    store = stage().open();
  });

  const at = () => `The ledger in s3://${stage().bucket}/p can't be used; `;

  it.each<[string, Fault, string]>([
    [
      "bucket",
      s3Error(404, "NoSuchBucket"),
      "there is no bucket BUCKET: correct the name, or deploy it first.",
    ],
    [
      "region",
      s3Error(301, "PermanentRedirect", { "x-amz-bucket-region": "us-west-2" }),
      "the bucket is in us-west-2: set AWS_REGION to its region.",
    ],
    [
      "valid credentials",
      s3Error(403, "InvalidAccessKeyId"),
      "AWS has no valid credentials from here: sign in (aws sso login), or set AWS_PROFILE or the keys of a role.",
    ],
    [
      "unexpired credentials",
      s3Error(400, "ExpiredToken"),
      "AWS has no valid credentials from here: sign in (aws sso login), or set AWS_PROFILE or the keys of a role.",
    ],
    [
      "other answer",
      s3Error(400, "KMS.DisabledException"),
      "S3 answers s3:GetObject with 400 KMS.DisabledException.",
    ],
  ])("for want of a %s, says so and how to mend it", async (_, fault, sentence) => {
    stage().proxy.fault(/^GET/, fault);
    const error = await errorOf(store.get("a"));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toBe(at() + sentence.replace("BUCKET", stage().bucket));
  });

  it("for want of a permission, names it and the resource", async () => {
    const object = `arn:aws:s3:::${stage().bucket}/p/k/audit/1.jsonl`;
    const cases: [RegExp, () => Promise<unknown>, string][] = [
      [
        /^GET/,
        () => store.get("a"),
        `s3:GetObject: give this role s3:GetObject on arn:aws:s3:::${stage().bucket}/p/a and s3:ListBucket on arn:aws:s3:::${stage().bucket}, without which S3 refuses where an object is absent.`,
      ],
      [
        /^GET/,
        () => store.list(""),
        `s3:ListBucket: give this role s3:ListBucket on arn:aws:s3:::${stage().bucket}.`,
      ],
      [
        /^PUT/,
        () => store.put("a", "1"),
        `s3:PutObject: give this role s3:PutObject on arn:aws:s3:::${stage().bucket}/p/a.`,
      ],
      [
        /tagging/,
        () => store.put("k/audit/1.jsonl", "1"),
        `s3:GetBucketTagging: give this role s3:GetBucketTagging on arn:aws:s3:::${stage().bucket}.`,
      ],
      [
        /^PUT/,
        () => store.put("k/audit/1.jsonl", "1"),
        `s3:PutObject: give this role s3:PutObject on ${object} and s3:PutObjectRetention on the same.`,
      ],
    ];
    await stage().tag("GOVERNANCE 1");
    for (const [fits, work, sentence] of cases) {
      stage().proxy.fault(fits, s3Error(403, "AccessDenied"));
      const error = await errorOf(work());
      expect(error).toBeInstanceOf(UsageError);
      expect(error.message).toBe(
        `${at()}AWS refuses ${sentence} If it has that, the bucket is of another account than ${ACCOUNT}: name another bucket, or list the account that owns it in CURFEW_ACCOUNTS.`,
      );
    }
  });

  it("for want of the key that encrypts the bucket, names that permission", async () => {
    const body =
      "<Error><Code>AccessDenied</Code><Message>User: x is not authorized to perform: kms:GenerateDataKey on this resource</Message></Error>";
    stage().proxy.fault(/^PUT/, { do: "answer", status: 403, body });
    expect((await errorOf(store.put("a", "1"))).message).toContain(
      "AWS refuses kms:GenerateDataKey on the key that encrypts the bucket",
    );
  });

  it("because it is throttled all the time, ends in time and says so", async () => {
    const hurried = stage().open({ within: SOON });
    stage().proxy.fault(/^PUT/, ...faults(1000, s3Error(503, "SlowDown")));
    const error = await errorOf(hurried.put("a", "1"));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toBe(
      `${at()}S3 throttles s3:PutObject (503 SlowDown), however often it is asked: too many requests reach the bucket; look what else works on it, or run again later.`,
    );
    // Again and again: persist.test.ts counts how often.
    expect(stage().sent(/^PUT/).length).toBeGreaterThan(1);
  });

  it.each<[string, Fault, string]>([
    [
      "is throttled",
      s3Error(503, "SlowDown"),
      "S3 throttles s3:GetObject (503 SlowDown), however often it is asked: too many requests reach the bucket; look what else works on it, or run again later.",
    ],
    [
      "fails",
      s3Error(500, "InternalError"),
      "S3 answers s3:GetObject with 500 InternalError, however often it is asked: try again later.",
    ],
  ])(
    "because it %s until the time is over, says what the last answer was",
    async (_, fault, why) => {
      await store.put("a", "0123456789");
      const client = { ...clientConfig(stage().proxy.url), maxAttempts: 1000 };
      const hurried = stage().open({ within: SOON, client });
      stage().proxy.fault(/./, ...faults(1000, fault));
      const error = await errorOf(hurried.get("a"));
      expect(error).toBeInstanceOf(UsageError);
      expect(error.message).toBe(at() + why);
      expect(stage().sent(/^GET/).length).toBeLessThan(1000);
    },
  );

  it("because it is silent after it was throttled, says that it does not answer", async () => {
    await store.put("a", "0123456789");
    const hurried = stage().open({
      within: SOON,
      client: { ...clientConfig(stage().proxy.url), requestHandler: { socketTimeout: 300 } },
    });
    stage().proxy.fault(/./, s3Error(503, "SlowDown"), ...faults(20, { do: "silent" }));
    expect((await errorOf(hurried.get("a"))).message).toBe(
      `${at()}S3 does not answer in time: try again later, or mend the network.`,
    );
  });

  it.each<[string, Fault]>([
    ["resets", { do: "reset" }],
    ["is silent", { do: "silent" }],
    ["stalls", { do: "stall" }],
  ])("because what is in the way %s for longer than a call may last", async (_, fault) => {
    await store.put("a", "0123456789");
    const hurried = stage().open({ within: SOON });
    stage().proxy.fault(/./, ...faults(20, fault));
    const error = await errorOf(hurried.get("a"));
    expect(error).toBeInstanceOf(UsageError);
    // Resets may use up the tries before the time is over.
    expect([
      `${at()}S3 does not answer in time: try again later, or mend the network.`,
      `${at()}S3 can't be reached (ECONNRESET): mend the network, or AWS_ENDPOINT_URL.`,
    ]).toContain(error.message);
  });

  it.each<[string, Fault]>([
    ["before it answers", { do: "reset" }],
    ["as it answers", { do: "lose" }],
    ["in the midst of its answer", { do: "cut" }],
  ])("because what is in the way always cuts the connection %s", async (_, fault) => {
    await store.put("a", "0123456789");
    stage().proxy.fault(/^GET/, ...faults(1000, fault));
    const hurried = stage().open({ within: SOON });
    // The time may be over just as a request is under way.
    expect([
      `${at()}S3 can't be reached (ECONNRESET): mend the network, or AWS_ENDPOINT_URL.`,
      `${at()}S3 does not answer in time: try again later, or mend the network.`,
    ]).toContain((await errorOf(hurried.get("a"))).message);
    expect(stage().sent(/^GET/).length).toBeGreaterThan(1);
  });

  it("because what gives the credentials does not answer", async () => {
    const client = { credentials: () => new Promise<never>(() => {}) };
    const error = await errorOf(stage().open({ client, within: SOON }).get("a"));
    expect(error.message).toContain("does not answer in time");
  });

  it("because nothing listens there", async () => {
    const client = { ...clientConfig("http://127.0.0.1:1"), maxAttempts: 1 };
    expect((await errorOf(stage().open({ client, within: SOON }).get("a"))).message).toBe(
      `${at()}S3 can't be reached (ECONNREFUSED): mend the network, or AWS_ENDPOINT_URL.`,
    );
  });
});

function faults(count: number, fault: Fault): Fault[] {
  return Array.from({ length: count }, () => fault);
}
