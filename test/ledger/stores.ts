/** The stores that a ledger may lie in: what holds over one must hold over the other. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, DeleteObjectCommand } from "@aws-sdk/client-s3";
import { describe } from "vitest";
import { openFolder } from "../../src/ledger/store/folder/folder.ts";
import { openS3 } from "../../src/ledger/store/s3/s3.ts";
import { describeWithMoto } from "../aws/moto.ts";
import { ACCOUNT, account, clientConfig, clientOf } from "./store/s3/proxy.ts";
import type { Place, TestStore } from "./store/store-suite.ts";

/** Where there is room for several stores. */
export interface Stores extends Place {
  /** The store of this name; each has its own blobs. */
  open(name?: string): TestStore;
  /** The lines of a module that, in another process, give it the unnamed `store`. */
  readonly opening: string;
}

/** Tests over one kind of store; `fresh` makes an empty place, within tests and hooks. */
export type Tests = (fresh: () => Promise<Stores>, kind: "folder" | "S3") => void;

/** Declares the same tests over each kind of store. */
export function inEachStore(tests: Tests): void {
  describe("in a folder", () => tests(freshFolder, "folder"));
  describeWithMoto("in S3", (moto) => tests(() => freshBucket(moto().url), "S3"));
}

const DEFAULT = "first";

async function freshFolder(): Promise<Stores> {
  const root = await mkdtemp(join(tmpdir(), "curfew-"));
  const folder = (name: string) => join(root, name, "not", "there", "yet");
  return {
    open: (name = DEFAULT) =>
      Object.assign(openFolder(folder(name)), {
        delete: (key: string) => rm(join(folder(name), key), { force: true }),
      }),
    opening: `
      import { openFolder } from ${source("folder/folder")};
      const store = openFolder(${JSON.stringify(folder(DEFAULT))});`,
    close: () => rm(root, { recursive: true }),
  };
}

/** A bucket of its own, with object lock; it goes with the emulator. */
export async function freshBucket(url: string): Promise<Stores> {
  const bucket = await createBucket(url, true);
  const place = (name: string) => ({ bucket, prefix: `team/${name}` });
  const client = clientConfig(url);
  return {
    open: (name = DEFAULT) =>
      Object.assign(openS3(place(name), { now: Date.now, env: {}, account, client }), {
        async delete(key: string) {
          const Key = `${place(name).prefix}/${key}`;
          const admin = clientOf(url);
          await admin.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
          admin.destroy();
        },
      }),
    opening: `
      import { openS3 } from ${source("s3/s3")};
      const client = ${JSON.stringify(client)};
      const account = async () => "${ACCOUNT}";
      const store = openS3(${JSON.stringify(place(DEFAULT))}, { now: Date.now, env: {}, account, client });`,
    close: async () => {},
  };
}

/** Returns the name of a new bucket. */
export async function createBucket(url: string, locks: boolean): Promise<string> {
  const Bucket = `ledger-${randomUUID()}`;
  const CreateBucketConfiguration = { LocationConstraint: "eu-central-1" as const };
  const lock = { ObjectLockEnabledForBucket: locks };
  const admin = clientOf(url);
  await admin.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration, ...lock }));
  admin.destroy();
  return Bucket;
}

function source(name: string): string {
  return JSON.stringify(new URL(`../../src/ledger/store/${name}.ts`, import.meta.url).href);
}
