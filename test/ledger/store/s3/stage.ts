import { HeadObjectCommand, PutBucketTaggingCommand, type S3Client } from "@aws-sdk/client-s3";
import { afterEach, beforeEach } from "vitest";
import type { BlobStore } from "../../../../src/ledger/store/contract.ts";
import { RETAIN_TAG } from "../../../../src/ledger/store/s3/retention.ts";
import { openS3, type S3Options } from "../../../../src/ledger/store/s3/s3.ts";
import { describeWithMoto } from "../../../aws/moto.ts";
import { createBucket } from "../../stores.ts";
import { account, clientConfig, clientOf, type S3Proxy, startS3Proxy } from "./proxy.ts";

/** The emulator keeps no lock of the past. */
export const NOW = Date.now();

/** A new bucket with object lock behind a proxy. */
export interface S3Stage {
  readonly url: string;
  readonly bucket: string;
  readonly proxy: S3Proxy;
  /** Goes round the proxy. */
  readonly admin: S3Client;
  /** A store of a bucket, of this one where none is named, under the prefix `p`. */
  open(options?: Partial<S3Options>, bucket?: string): BlobStore;
  /** Which requests came that fit. */
  sent(fits: RegExp): string[];
  /** Gives a bucket the tag that says how long the audit log is locked. */
  tag(value: string, bucket?: string): Promise<void>;
  /** What S3 says of an object. */
  object(key: string): ReturnType<typeof headObject>;
}

/** A `describe` whose tests each have a stage of their own; `stage()` gives it, within tests and hooks. */
export function describeS3(
  name: string,
  tests: (stage: () => S3Stage) => void,
  env: Record<string, string> = {},
): void {
  const describeIt = (moto: () => { url: string }) => {
    let stage: S3Stage | null = null;
    beforeEach(async () => {
      stage = await setUp(moto().url);
    });
    afterEach(async () => {
      stage?.admin.destroy();
      await stage?.proxy.stop();
    });
    tests(() => {
      if (stage === null) throw new Error("stage() is for tests and hooks.");
      return stage;
    });
  };
  describeWithMoto(name, describeIt, env);
}

async function setUp(url: string): Promise<S3Stage> {
  const proxy = await startS3Proxy(url);
  const admin = clientOf(url);
  const bucket = await createBucket(url, true);
  return {
    ...{ url, bucket, proxy, admin },
    open(options = {}, on = bucket) {
      const client = { ...clientConfig(proxy.url), ...options.client };
      return openS3(
        { bucket: on, prefix: "p" },
        { now: () => NOW, env: {}, account, ...options, client },
      );
    },
    sent: (fits) => proxy.seen.filter((line) => fits.test(line)),
    async tag(value, on = bucket) {
      const Tagging = { TagSet: [{ Key: RETAIN_TAG, Value: value }] };
      await admin.send(new PutBucketTaggingCommand({ Bucket: on, Tagging }));
    },
    object: (key) => headObject(admin, bucket, key),
  };
}

function headObject(admin: S3Client, Bucket: string, Key: string) {
  return admin.send(new HeadObjectCommand({ Bucket, Key }));
}

/** The error that work ends with. */
export async function errorOf(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}
