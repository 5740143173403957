// @module-tag slow
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
} from "@aws-sdk/client-s3";
import { beforeEach, expect, it } from "vitest";
import { UsageError } from "../../../../src/errors.ts";
import type { BlobStore } from "../../../../src/ledger/store/contract.ts";
import { createBucket } from "../../stores.ts";
import { s3Error } from "./proxy.ts";
import { describeS3, errorOf, NOW } from "./stage.ts";

const DAY = 86_400_000;

describeS3("the audit log in S3", (stage) => {
  let store: BlobStore;
  beforeEach(() => {
    store = stage().open();
  });

  const AUDIT = "k/audit/000000000001.jsonl";

  async function versions() {
    const answer = await stage().admin.send(
      new ListObjectVersionsCommand({ Bucket: stage().bucket }),
    );
    return answer.Versions ?? [];
  }

  it("is locked for as long as the bucket's tag says, and nothing else is", async () => {
    await stage().tag("COMPLIANCE 365");
    await store.put(AUDIT, "line\n", { ifAbsent: true });
    await store.put("k/lease.json", "{}");
    const audit = await stage().object(`p/${AUDIT}`);
    expect(audit.ObjectLockMode).toBe("COMPLIANCE");
    // Whole seconds, as S3 keeps them.
    const until = audit.ObjectLockRetainUntilDate?.getTime() ?? 0;
    expect(Math.abs(until - (NOW + 365 * DAY))).toBeLessThan(1_000);
    expect((await stage().object("p/k/lease.json")).ObjectLockMode).toBeUndefined();
  });

  it("outlives whoever deletes it or puts something in its place", async () => {
    await stage().tag("COMPLIANCE 365");
    await store.put(AUDIT, "line\n", { ifAbsent: true });
    const [first] = await versions();
    const version = { Bucket: stage().bucket, Key: `p/${AUDIT}`, VersionId: first?.VersionId };
    await expect(stage().admin.send(new DeleteObjectCommand(version))).rejects.toThrow(
      /Access ?Denied/i,
    );
    const { VersionId: _, ...covered } = version;
    await stage().admin.send(new DeleteObjectCommand(covered));
    await store.put(AUDIT, "forged\n");
    expect((await store.get(AUDIT))?.text).toBe("forged\n");
    await expect(stage().admin.send(new DeleteObjectCommand(version))).rejects.toThrow(
      /Access ?Denied/i,
    );
    const kept = await stage().admin.send(new GetObjectCommand(version));
    expect(await kept.Body?.transformToString()).toBe("line\n");
  });

  it("asks the bucket once, and only to write the log", async () => {
    await stage().tag("GOVERNANCE 30");
    await store.get(AUDIT);
    await store.put("k/state.json", "{}");
    expect(stage().sent(/tagging/)).toEqual([]);
    stage().proxy.fault(/tagging/, s3Error(403, "AccessDenied"));
    await expect(store.put(AUDIT, "1")).rejects.toThrow(UsageError);
    await store.put(AUDIT, "1");
    await store.put("k/audit/000000000002.jsonl", "2");
    expect(stage().sent(/tagging/)).toHaveLength(2);
  });

  it("is not locked in a bucket without the tag", async () => {
    await store.put(AUDIT, "1");
    expect((await stage().object(`p/${AUDIT}`)).ObjectLockMode).toBeUndefined();
  });

  it.each(["", "365", "compliance 365", "COMPLIANCE 0", "COMPLIANCE 36501", "COMPLIANCE 1.5"])(
    "is not written where the tag says %j",
    async (value) => {
      await stage().tag(value);
      const error = await errorOf(store.put(AUDIT, "1"));
      expect(error).toBeInstanceOf(UsageError);
      expect(error.message).toContain(`tag curfew:retain says ${JSON.stringify(value)}: write`);
      expect(await versions()).toEqual([]);
    },
  );

  it("is not written where the tag asks for a lock and the bucket has none", async () => {
    const bucket = await createBucket(stage().url, false);
    await stage().tag("COMPLIANCE 365", bucket);
    const error = await errorOf(stage().open({}, bucket).put(AUDIT, "1"));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain("enable object lock on it, or remove the tag");
  });
});
