/** The AWS account of the identity that runs. */
import type { S3Client } from "@aws-sdk/client-s3";
import { UsageError } from "../../../errors.ts";
import { isAccount } from "./owner.ts";

/** Asks for the account of the identity that a client of S3 has. Throws UsageError, and what the SDK throws. */
export type AskAccount = (client: S3Client, signal: AbortSignal) => Promise<string>;

/** Asks STS, once for all who ask; where that failed, again. The SDK is not loaded before. */
export function accountAsker(): AskAccount {
  let known: Promise<string> | null = null;
  return (client, signal) => {
    known ??= askSts(client, signal).catch((error: unknown) => {
      known = null;
      throw error;
    });
    return known;
  };
}

/** Of this process, which has one identity. */
export const accountOfProcess: AskAccount = accountAsker();

/** It takes no permission. Region, credentials and connections are those of the client, so that both are one identity. */
async function askSts({ config }: S3Client, abortSignal: AbortSignal): Promise<string> {
  const { GetCallerIdentityCommand, STSClient } = await import("@aws-sdk/client-sts");
  const { region, credentials, requestHandler } = config;
  const client = new STSClient({ region, credentials, requestHandler, maxAttempts: 1 });
  const { Account = "" } = await client.send(new GetCallerIdentityCommand({}), { abortSignal });
  if (isAccount(Account)) return Account;
  throw new UsageError(
    "What answers is not STS, which tells the AWS account of this identity: mend the network, or AWS_ENDPOINT_URL, or list the account of the bucket in CURFEW_ACCOUNTS.",
  );
}
