/** Whose a bucket may be (docs/decisions/0018-whose-a-bucket-is.md). */
import type { S3Client } from "@aws-sdk/client-s3";
import { UsageError } from "../../../errors.ts";
import { answerOf } from "./failure.ts";
import { passes } from "./persist.ts";

/**
 * The accounts of CURFEW_ACCOUNTS: whose buckets are used, besides those of the identity that runs.
 * Throws UsageError for what is no list of them.
 */
export function listedAccounts(env: Readonly<Record<string, string | undefined>>): string[] {
  const text = env.CURFEW_ACCOUNTS ?? "";
  if (text.trim() === "") return [];
  const accounts = text.split(",").map((account) => account.trim());
  const wrong = accounts.find((account) => !isAccount(account));
  if (wrong === undefined) return [...new Set(accounts)];
  throw new UsageError(
    `CURFEW_ACCOUNTS says ${JSON.stringify(wrong)}, which is no AWS account: write ids of 12 digits, with commas between them.`,
  );
}

/** Whether a text is the id of an AWS account. */
export function isAccount(text: string): boolean {
  return /^\d{12}$/.test(text);
}

/**
 * Has every request of the client, whatever it asks for, say whose the bucket must be: S3 refuses it with 403 where it
 * is somebody else's, also where it changed hands since the last one. Returns the client.
 */
export function expectOwner(client: S3Client, account: string): S3Client {
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers["x-amz-expected-bucket-owner"] = account;
      return next(args);
    },
    // Before it is signed.
    { step: "build", name: "expectOwner" },
  );
  return client;
}

/**
 * Whether S3 takes an account for the bucket's owner. An answer to HEAD has no reason in it: whatever else is wrong,
 * the request after it is told. Throws what passes by itself, and what stops a request on its way.
 */
export async function isOwner(
  account: string,
  bucket: string,
  {
    sdk,
    client,
    signal,
  }: { sdk: typeof import("@aws-sdk/client-s3"); client: S3Client; signal: AbortSignal },
): Promise<boolean> {
  try {
    const command = new sdk.HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: account });
    await client.send(command, { abortSignal: signal });
    return true;
  } catch (error) {
    const { status } = answerOf(error);
    if (status === null || passes(error)) throw error;
    return status !== 403;
  }
}
