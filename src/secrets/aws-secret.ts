/** Reads one secret of AWS Secrets Manager. The SDK is loaded when a policy first needs it. */
import { awsAgents } from "../proxy.ts";

/** Tries of one call, the first included; the SDK waits between them. */
const TRIES = 4;

/** By the SDK's names of errors: what is wrong and what to do, as the end of a sentence about a secret. */
const REASONS: Record<string, string> = {
  ResourceNotFoundException:
    "does not exist, or holds no value yet: store the token with `aws secretsmanager put-secret-value`",
  AccessDeniedException:
    "may not be read by this identity: it needs secretsmanager:GetSecretValue on it",
  DecryptionFailure: "can't be decrypted: the identity needs kms:Decrypt on its key",
  "Region is missing": "can't be read, as no AWS region is given: set AWS_REGION",
  CredentialsProviderError: "can't be read, as there are no AWS credentials here",
};

const AS_TEXT =
  "store the token alone, as plain text, with `aws secretsmanager put-secret-value --secret-string`";

/** Keys and values, a list, or a text in quotes, as the console stores them; a number may be a token. */
function isJson(secret: string): boolean {
  if (!/^[{["]/.test(secret)) return false;
  try {
    JSON.parse(secret);
    return true;
  } catch {
    return false;
  }
}

/**
 * The current value of a secret, by its name or ARN, with the SDK's own credentials and region; or why there is none,
 * as a part of a sentence that names the secret and never its value.
 */
export async function readSecret(id: string): Promise<{ secret: string } | { why: string }> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import(
    "@aws-sdk/client-secrets-manager"
  );
  const client = new SecretsManagerClient({
    maxAttempts: TRIES,
    requestHandler: awsAgents(),
  });
  try {
    const { SecretString, SecretBinary } = await client.send(
      new GetSecretValueCommand({ SecretId: id }),
    );
    if (SecretString === undefined && SecretBinary !== undefined) {
      return { why: `the secret ${id} is binary: ${AS_TEXT}` };
    }
    const secret = SecretString?.trim();
    if (!secret) return { why: `the secret ${id} is empty` };
    return isJson(secret) ? { why: `the secret ${id} is JSON: ${AS_TEXT}` } : { secret };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const told =
      REASONS[error.name] ??
      REASONS[error.message] ??
      `can't be read: ${error.name}: ${error.message}`;
    return { why: `the secret ${id} ${told}` };
  } finally {
    client.destroy();
  }
}
