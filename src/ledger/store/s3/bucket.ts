/** A bucket of an account that may own it, and calls of S3 that go on until their time is over. */
import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import type { Duration } from "../../../model/vocabulary.ts";
import { awsAgents } from "../../../proxy.ts";
import { type AskAccount, accountOfProcess } from "./account.ts";
import { type LastRefusal, noteRefusals, noting, readWhole } from "./answer.ts";
import { type S3Call, s3Failure } from "./failure.ts";
import { expectOwner, isOwner, listedAccounts } from "./owner.ts";
import { type Pause, persist } from "./persist.ts";
import type { S3Place } from "./place.ts";

/** docs/contract.md: retrying one call ends within 30 seconds. */
const WITHIN: Duration = 30_000;
/** A connection that says nothing for so long is given up, and the request sent again. */
const SILENCE: Duration = 10_000;
/** Times that the SDK sends a request that was throttled, met a fault of S3, or got no answer; then `persist` goes on. */
const ATTEMPTS = 3;

export interface BucketOptions {
  /** Where AWS_ENDPOINT_URL and CURFEW_ACCOUNTS may be; the SDK reads its own settings from the process. */
  env: Readonly<Record<string, string | undefined>>;
  /** Settings of the SDK's client, for tests. */
  client?: S3ClientConfig;
  /** A request and its repetitions end within it. @default 30 s */
  within?: Duration;
  /** Between two tries, for tests. */
  pause?: Pause;
  /** Whose the identity is that runs. @default what STS says, asked once in this process */
  account?: AskAccount;
}

/** The SDK, and a client whose every request says whose the bucket must be. */
export interface OpenBucket {
  sdk: typeof import("@aws-sdk/client-s3");
  client: S3Client;
}

/** What one call has to work with. */
export interface Tools extends OpenBucket {
  /** Ends the call when its time is over. */
  signal: AbortSignal;
}

/**
 * A bucket that exists. Nothing is sent, and the SDK is not loaded, before the first call. Region and credentials are
 * found as every AWS tool finds them.
 */
export class Bucket {
  readonly place: S3Place;
  readonly #what: string;
  readonly #options: BucketOptions;
  readonly #listed: string[];
  /** Whose the bucket must be, as far as is known. */
  #owners: string[] = [];
  #opened: Promise<OpenBucket> | null = null;

  /** `what` is kept there, as a sentence begins with it. Throws UsageError where CURFEW_ACCOUNTS makes no sense. */
  constructor(what: string, place: S3Place, options: BucketOptions) {
    this.place = place;
    this.#what = what;
    this.#options = options;
    this.#listed = listedAccounts(options.env);
  }

  /** Finds out whose the bucket must be, once; where that failed, again. Throws as a call does. */
  open(): Promise<OpenBucket> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = null;
      throw error;
    });
    return this.#opened;
  }

  /** Does the work of a call, again where S3 does not answer. Throws UsageError for what S3 refuses or can't do. */
  async call<T>(asked: S3Call, work: (tools: Tools) => Promise<T>): Promise<T> {
    return this.#within(asked, work, await this.open());
  }

  /** An error of the client as a UsageError that says what to do; see s3Failure. */
  failure(asked: S3Call, error: unknown, last: unknown = null): unknown {
    const { place } = this;
    return s3Failure({ what: this.#what, place, owners: this.#owners }, asked, error, last);
  }

  async #open(): Promise<OpenBucket> {
    const opened = await this.#connect();
    expectOwner(opened.client, await this.#owner(opened));
    return opened;
  }

  async #connect(): Promise<OpenBucket> {
    const { env, client } = this.#options;
    const sdk = await import("@aws-sdk/client-s3");
    const config: S3ClientConfig = {
      maxAttempts: ATTEMPTS,
      retryMode: "standard",
      requestHandler: {
        connectionTimeout: SILENCE / 2,
        socketTimeout: SILENCE,
        ...awsAgents(),
      },
      forcePathStyle: Boolean(env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL),
      ...client,
    };
    return { sdk, client: noteRefusals(readWhole(new sdk.S3Client(config))) };
  }

  /** The account that is listed and owns the bucket; else that of the identity, which S3 is then asked about. */
  async #owner(opened: OpenBucket): Promise<string> {
    for (const account of this.#listed) {
      this.#owners = [account];
      const asked: S3Call = { action: "s3:ListBucket", object: null };
      const look = (tools: Tools) => isOwner(account, this.place.bucket, tools);
      if (await this.#within(asked, look, opened)) return account;
    }
    const ask = this.#options.account ?? accountOfProcess;
    const asked: S3Call = { action: "sts:GetCallerIdentity", object: null };
    const own = await this.#within(asked, ({ client, signal }) => ask(client, signal), opened);
    this.#owners = [own, ...this.#listed];
    return own;
  }

  async #within<T>(
    asked: S3Call,
    work: (tools: Tools) => Promise<T>,
    opened: OpenBucket,
  ): Promise<T> {
    const last: LastRefusal = { error: null };
    try {
      const signal = AbortSignal.timeout(this.#options.within ?? WITHIN);
      // The SDK does not look at the signal while it waits before it sends a request again.
      const works = noting(last, () =>
        persist(() => work({ ...opened, signal }), signal, last, this.#options.pause),
      );
      return await Promise.race([aborted(signal), works]);
    } catch (error) {
      throw this.failure(asked, error, last.error);
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
