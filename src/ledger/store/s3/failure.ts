/** What S3 and the way to it can refuse, as sentences. */
import { CurfewError, UsageError } from "../../../errors.ts";
import { errorCode } from "../failure.ts";
import { type S3Place, s3Name } from "./place.ts";

/** What was asked of S3: the permission that it needs, and of which object; null for the bucket. */
export interface S3Call {
  action:
    | "s3:GetObject"
    | "s3:PutObject"
    | "s3:DeleteObject"
    | "s3:ListBucket"
    | "s3:GetBucketTagging"
    | "sts:GetCallerIdentity";
  object: string | null;
  /** A put that locks the object. */
  retains?: boolean;
}

/** What can't be used. */
export interface Used {
  /** As a sentence begins with it, e.g. `The ledger`. */
  what: string;
  place: S3Place;
  /** The accounts of which one must own the bucket; none while they are not known. */
  owners: readonly string[];
}

/** What of an error of the SDK is looked at. */
interface S3Answer {
  /** S3's error code or the SDK's name, e.g. `NoSuchKey`. */
  name: string;
  /** null where there was no answer. */
  status: number | null;
  message: string;
  /** The region of the bucket, where S3 names it. */
  region: string | null;
}

const CREDENTIALS = [
  "CredentialsProviderError",
  "TokenProviderError",
  "ExpiredToken",
  "ExpiredTokenException",
  "InvalidAccessKeyId",
  "InvalidClientTokenId",
  "InvalidToken",
  "SignatureDoesNotMatch",
  "TokenRefreshRequired",
];
const THROTTLES = ["SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded"];
const OTHER_REGION = ["PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed"];

/** Of an error of the SDK. */
export function answerOf(error: unknown): S3Answer {
  if (!(error instanceof Error)) return { name: "", status: null, message: "", region: null };
  const { $metadata, $response } = error as {
    $metadata?: { httpStatusCode?: number };
    $response?: { headers?: Record<string, string>; statusCode?: number };
  };
  const region = $response?.headers?.["x-amz-bucket-region"] ?? "";
  return {
    name: error.name,
    status: $metadata?.httpStatusCode ?? $response?.statusCode ?? null,
    message: error.message,
    region: /^[a-z0-9-]{1,32}$/.test(region) ? region : null,
  };
}

/**
 * Turns what S3 or the way to it refused into a UsageError that says what to do; every other error is returned as it
 * is. `last`: the error that S3 last answered with, where the time was over before it gave in; null where it was silent.
 */
export function s3Failure(used: Used, asked: S3Call, error: unknown, last: unknown): unknown {
  if (error instanceof CurfewError) return error;
  const why = reason(used, asked, last !== null && isTimeOut(error) ? last : error);
  if (why === null) return error;
  return new UsageError(`${used.what} in ${s3Name(used.place)} can't be used; ${why}.`, {
    cause: error,
  });
}

function reason({ place, owners }: Used, asked: S3Call, error: unknown): string | null {
  const answer = answerOf(error);
  const { name, status } = answer;
  if (name === "NoSuchBucket")
    return `there is no bucket ${place.bucket}: correct the name, or deploy it first`;
  if (CREDENTIALS.includes(name))
    return "AWS has no valid credentials from here: sign in (aws sso login), or set AWS_PROFILE or the keys of a role";
  if (name === "RequestTimeTooSkewed") return "this machine's clock is wrong: set it right";
  if (OTHER_REGION.includes(name) || status === 301 || status === 307)
    return `the bucket is in ${answer.region ?? "another region"}: set AWS_REGION to its region`;
  if (/region is missing/i.test(answer.message) && status === null)
    return "no region is given: set AWS_REGION to the bucket's";
  if (asked.action === "sts:GetCallerIdentity") {
    const why = trouble(asked, answer, errorCode(error));
    return (
      why &&
      `${why}. STS tells the account that the bucket must belong to; to do without it, list that account in CURFEW_ACCOUNTS`
    );
  }
  if (status === 403) return denied(place, owners, asked, answer);
  if (name === "InvalidRequest" && asked.retains)
    return "the bucket's tags ask for object lock, and it has none: enable object lock on it, or remove the tag";
  return trouble(asked, answer, errorCode(error));
}

function denied(
  place: S3Place,
  owners: readonly string[],
  { action, object, retains }: S3Call,
  { message }: S3Answer,
): string {
  const bucket = `arn:aws:s3:::${place.bucket}`;
  const key = /\bkms:[A-Za-z]{1,40}/.exec(message)?.[0];
  if (key !== undefined)
    return `AWS refuses ${key} on the key that encrypts the bucket: give this role that permission`;
  const needed = [`${action} on ${object === null ? bucket : `${bucket}/${object}`}`];
  if (retains) needed.push("s3:PutObjectRetention on the same");
  if (action === "s3:GetObject")
    needed.push(`s3:ListBucket on ${bucket}, without which S3 refuses where an object is absent`);
  return `AWS refuses ${action}: give this role ${needed.join(" and ")}. If it has that, the bucket is of another account than ${owners.join(" or ")}: name another bucket, or list the account that owns it in CURFEW_ACCOUNTS`;
}

function isTimeOut(error: unknown): boolean {
  return timesOut(answerOf(error).name, errorCode(error));
}

/** The SDK also calls a connection that was cut a time-out. */
function timesOut(name: string, code: string | null): boolean {
  return (
    name === "AbortError" || (name === "TimeoutError" && (code === null || code === "ETIMEDOUT"))
  );
}

/** Nothing that a setting would mend, or nothing that is known. */
function trouble(
  { action }: S3Call,
  { name, status }: S3Answer,
  code: string | null,
): string | null {
  const [service, goal] = action.startsWith("sts:") ? ["STS", "it"] : ["S3", "the bucket"];
  const said = `${status} ${/^[A-Za-z.]{1,60}$/.test(name) ? name : ""}`.trim();
  if (status === 429 || THROTTLES.includes(name))
    return `${service} throttles ${action} (${said}), however often it is asked: too many requests reach ${goal}; look what else works on it, or run again later`;
  if (status !== null && status >= 500)
    return `${service} answers ${action} with ${said}, however often it is asked: try again later`;
  if (timesOut(name, code))
    return `${service} does not answer in time: try again later, or mend the network`;
  if (status !== null) return `${service} answers ${action} with ${said}`;
  if (code !== null)
    return `${service} can't be reached (${code}): mend the network, or AWS_ENDPOINT_URL`;
  return null;
}
