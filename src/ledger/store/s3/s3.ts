/**
 * The blob store in S3: a key is an object, a tag is its ETag.
 *
 * S3 lists and reads what was last written, and decides conditional writes itself. Audit objects are locked where the
 * bucket's tag says for how long (docs/decisions/0008-ledger-in-s3.md).
 */
import { setTimeout as pause } from "node:timers/promises";
import { UsageError } from "../../../errors.ts";
import type { Instant } from "../../../model/vocabulary.ts";
import {
  type Blob,
  type BlobStore,
  type Condition,
  ConflictError,
  checkKey,
  checkPrefix,
  isKey,
} from "../contract.ts";
import { Bucket, type BucketOptions } from "./bucket.ts";
import { answerOf, type S3Call } from "./failure.ts";
import { type S3Place, s3Name } from "./place.ts";
import { type Retention, retentionOf } from "./retention.ts";

/** Times that a put is sent which S3 answers with 409. */
const TRIES = 5;
/** Of 1,000 keys each. */
const MAX_PAGES = 10_000;

export interface S3Options extends BucketOptions {
  /** Locks of audit objects are reckoned from it. */
  now: () => Instant;
}

/**
 * Keeps blobs as objects `<prefix>/<key>` of a bucket that exists, and is of the account of the identity that runs, or
 * of one in CURFEW_ACCOUNTS. Nothing is sent, and the SDK is not loaded, before the first call. Region and credentials
 * are found as every AWS tool finds them. All methods throw UsageError for what S3 refuses or can't do, with the
 * remedy; so does this, where CURFEW_ACCOUNTS makes no sense.
 */
export function openS3(place: S3Place, options: S3Options): BlobStore {
  return new S3Store(place, options);
}

class S3Store implements BlobStore {
  readonly #place: S3Place;
  readonly #now: () => Instant;
  readonly #bucket: Bucket;
  #retention: Promise<Retention | null> | null = null;

  constructor(place: S3Place, { now, ...options }: S3Options) {
    this.#place = place;
    this.#now = now;
    this.#bucket = new Bucket("The ledger", place, options);
  }

  get(key: string): Promise<Blob | null> {
    const object = this.#object(key);
    const command = { Bucket: this.#place.bucket, Key: object };
    return this.#bucket.call(
      { action: "s3:GetObject", object },
      async ({ sdk, client, signal }) => {
        try {
          const sent = client.send(new sdk.GetObjectCommand(command), { abortSignal: signal });
          const { Body, ETag } = await sent;
          const bytes = await this.#known(Body).transformToByteArray();
          return { text: Buffer.from(bytes).toString("utf8"), tag: this.#known(ETag) };
        } catch (error) {
          // Another 404 is a wrong address, not an absent blob.
          if (answerOf(error).name === "NoSuchKey") return null;
          throw error;
        }
      },
    );
  }

  async put(key: string, text: string, condition?: Condition): Promise<string> {
    const object = this.#object(key);
    const retention = isAudit(key) ? await this.#readRetention() : null;
    const asked: S3Call = { action: "s3:PutObject", object, retains: retention !== null };
    return this.#bucket.call(asked, async ({ sdk, client, signal }) => {
      const command = {
        Bucket: this.#place.bucket,
        Key: object,
        Body: Buffer.from(text, "utf8"),
        ContentType: "application/json",
        ...headers(condition),
        ...(retention === null ? {} : locked(retention, this.#now())),
      };
      for (let attempt = 1; ; attempt++) {
        try {
          const sent = client.send(new sdk.PutObjectCommand(command), { abortSignal: signal });
          return this.#known((await sent).ETag);
        } catch (error) {
          const { name, status } = answerOf(error);
          if (condition !== undefined && refutes(name)) throw new ConflictError(key);
          if (status !== 409) throw error;
          // Another write of this object goes on; which of them counts is seen when it has ended.
          if (attempt < TRIES) await pause(50 * 2 ** attempt, undefined, { signal });
          else throw condition === undefined ? error : new ConflictError(key);
        }
      }
    });
  }

  async list(prefix: string): Promise<string[]> {
    const start = this.#start();
    const Prefix = start + checkPrefix(prefix);
    const keys: string[] = [];
    let token: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await this.#page(Prefix, token);
      for (const { Key } of answer.Contents ?? []) {
        const key = Key?.startsWith(start) ? Key.slice(start.length) : "";
        if (isKey(key)) keys.push(key);
      }
      if (!answer.IsTruncated) return keys.sort();
      token = this.#known(answer.NextContinuationToken);
    }
    throw new UsageError(
      `The ledger in ${s3Name(this.#place)} can't be used; it lists without end: look at what is under ${Prefix}.`,
    );
  }

  /** What the names of all objects of this store begin with. */
  #start(): string {
    const { prefix } = this.#place;
    return prefix === "" ? "" : `${prefix}/`;
  }

  #object(key: string): string {
    return this.#start() + checkKey(key);
  }

  #page(Prefix: string, ContinuationToken: string | undefined) {
    return this.#bucket.call(
      { action: "s3:ListBucket", object: null },
      async ({ sdk, client, signal }) => {
        const more = ContinuationToken === undefined ? {} : { ContinuationToken };
        const command = { Bucket: this.#place.bucket, Prefix, ...more };
        const answer = await client.send(new sdk.ListObjectsV2Command(command), {
          abortSignal: signal,
        });
        // What is no list must not look like an empty one.
        this.#known(answer.KeyCount);
        return answer;
      },
    );
  }

  /** S3Call once; where that failed, at the next put again. */
  #readRetention(): Promise<Retention | null> {
    this.#retention ??= this.#bucket
      .call({ action: "s3:GetBucketTagging", object: null }, ({ sdk, client, signal }) =>
        retentionOf(sdk, client, this.#place, signal),
      )
      .catch((error: unknown) => {
        this.#retention = null;
        throw error;
      });
    return this.#retention;
  }

  /** What every answer of S3 has. */
  #known<T>(value: T | undefined): T {
    if (value !== undefined) return value;
    throw new UsageError(
      `The ledger in ${s3Name(this.#place)} can't be used; what answers is not S3: mend the network, or AWS_ENDPOINT_URL.`,
    );
  }
}

/** The objects of the audit log, of whichever deployment. */
function isAudit(key: string): boolean {
  return /(^|\/)audit\/[^/]+$/.test(key);
}

function headers(condition: Condition | undefined): { IfMatch?: string; IfNoneMatch?: string } {
  if (condition === undefined) return {};
  return "ifAbsent" in condition ? { IfNoneMatch: "*" } : { IfMatch: condition.ifTag };
}

/** If-Match on an object that is absent is answered with 404. */
function refutes(name: string): boolean {
  return name === "PreconditionFailed" || name === "NoSuchKey";
}

function locked({ mode, lasts }: Retention, now: Instant) {
  return { ObjectLockMode: mode, ObjectLockRetainUntilDate: new Date(now + lasts) };
}
