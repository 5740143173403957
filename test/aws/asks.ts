/** What a request to AWS asks of IAM, by the Service Authorization Reference: which actions, on which resources. */
import type { Ask } from "./iam.ts";

/** A request as it came: `target` is the path and the query; the names of headers are in lower case. */
export interface Wire {
  method: string;
  target: string;
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

/** Where the requests are made, and what IAM must know of it that a request does not say. */
export interface Place {
  account: string;
  region: string;
  /** The full ARN of a secret, which may be called by its name; null where there is none. */
  secretArn(id: string): Promise<string | null>;
}

/** An ask whose principal and whose context of the account are added by who evaluates it. */
export type Wanted = Omit<Ask, "principal">;

/** The service that a request was signed for. Throws where it was not signed. */
export function serviceOf({ headers }: Wire): string {
  const scope = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\/aws4_request/.exec(
    headers.authorization ?? "",
  );
  if (!scope?.[1]) throw new Error("A request to AWS is not signed.");
  return scope[1];
}

/** Throws where the request is none that is known here, so that none goes unchecked. */
export async function asksOf(wire: Wire, place: Place): Promise<Wanted[]> {
  const service = serviceOf(wire);
  const asks = SERVICES[service];
  if (!asks) throw new Error(`Requests to ${service} are not known here.`);
  return asks(wire, place);
}

type Asks = (wire: Wire, place: Place) => Wanted[] | Promise<Wanted[]>;

const SERVICES: Readonly<Record<string, Asks>> = {
  s3,
  secretsmanager: async (wire, place) => {
    const { operation, input } = jsonCall(wire);
    const id = String(input.SecretId);
    const unknown = `arn:aws:secretsmanager:${place.region}:${place.account}:secret:${id}`;
    const resource = (await place.secretArn(id)) ?? (id.startsWith("arn:") ? id : unknown);
    const stage = String(input.VersionStage ?? "AWSCURRENT");
    const context = { "secretsmanager:versionstage": stage, "secretsmanager:secretid": id };
    return [{ action: `secretsmanager:${operation}`, resource, context }];
  },
  sns: ({ body }) => {
    const form = new URLSearchParams(body.toString());
    return [{ action: `sns:${form.get("Action")}`, resource: form.get("TopicArn") ?? "*" }];
  },
  // "No permissions are required to perform this operation", AWS STS API Reference, GetCallerIdentity.
  sts: ({ body }) => {
    const action = new URLSearchParams(body.toString()).get("Action");
    return action === "GetCallerIdentity" ? [] : [{ action: `sts:${action}`, resource: "*" }];
  },
  sqs: (wire, { account, region }) => {
    const { operation, input } = jsonCall(wire);
    const queue = String(input.QueueUrl).split("/").at(-1);
    return [{ action: `sqs:${operation}`, resource: `arn:aws:sqs:${region}:${account}:${queue}` }];
  },
  kms: (wire) => {
    const { operation, input } = jsonCall(wire);
    return [{ action: `kms:${operation}`, resource: String(input.KeyId ?? "*") }];
  },
  logs: (wire, { account, region }) => {
    const { operation, input } = jsonCall(wire);
    const group = `arn:aws:logs:${region}:${account}:log-group:${input.logGroupName}`;
    const resource = input.logStreamName ? `${group}:log-stream:${input.logStreamName}` : group;
    return [{ action: `logs:${operation}`, resource }];
  },
};

/** The AWS JSON protocol: the operation is in a header, its input is the body. */
function jsonCall({ headers, body }: Wire): { operation: string; input: Record<string, unknown> } {
  const operation = headers["x-amz-target"]?.split(".").at(-1);
  if (!operation) throw new Error("A request to AWS names no operation.");
  return { operation, input: JSON.parse(body.toString()) as Record<string, unknown> };
}

// ---------------------------------------------------------------- S3

function s3(wire: Wire): Wanted[] {
  const url = new URL(wire.target, "http://s3");
  const [bucket = "", ...rest] = url.pathname.slice(1).split("/");
  const resource = `arn:aws:s3:::${bucket}`;
  if (rest.join("/") === "") return [ofBucket(wire, url, resource)];
  const object = `${resource}/${decodeURIComponent(rest.join("/"))}`;
  const context = objectContext(wire.headers);
  return ofObject(wire, url).map((action) => ({ action, resource: object, context }));
}

const LISTED = ["prefix", "delimiter", "max-keys"];

function ofBucket({ method, target }: Wire, url: URL, resource: string): Wanted {
  const listing = method === "GET" && (url.searchParams.has("list-type") || url.search === "");
  const context = Object.fromEntries(
    LISTED.flatMap((key) => {
      const value = url.searchParams.get(key);
      return value === null ? [] : [[`s3:${key}`, value]];
    }),
  );
  if (listing || method === "HEAD") return { action: "s3:ListBucket", resource, context };
  if (method === "GET" && url.searchParams.has("versions")) {
    return { action: "s3:ListBucketVersions", resource, context };
  }
  if (method === "GET" && url.searchParams.has("tagging")) {
    return { action: "s3:GetBucketTagging", resource };
  }
  throw new Error(`A request to S3 that is not known here: ${method} ${target}`);
}

function ofObject(wire: Wire, url: URL): string[] {
  const { method, headers, target } = wire;
  const version = url.searchParams.has("versionId") ? "Version" : "";
  // x-id is the SDK's own mark and means nothing.
  const parts = [...url.searchParams.keys()].filter((key) => key !== "x-id" && key !== "versionId");
  if (parts.length > 0) {
    const action = parts.includes("retention") ? SUBRESOURCE[method] : undefined;
    if (action) return [action];
    throw new Error(`A request to S3 that is not known here: ${method} ${target}`);
  }
  // To compare with what is stored is to read it.
  const reads = headers["if-match"] === undefined ? [] : ["s3:GetObject"];
  if (method === "GET" || method === "HEAD") return [`s3:GetObject${version}`];
  if (method === "DELETE") return [`s3:DeleteObject${version}`, ...reads];
  if (method !== "PUT")
    throw new Error(`A request to S3 that is not known here: ${method} ${target}`);
  const more = Object.entries(WITH_HEADER).flatMap(([header, action]) =>
    headers[header] === undefined ? [] : [action],
  );
  return ["s3:PutObject", ...reads, ...more];
}

const SUBRESOURCE: Readonly<Record<string, string>> = {
  GET: "s3:GetObjectRetention",
  PUT: "s3:PutObjectRetention",
};

/** What a put needs besides, where it has the header. */
const WITH_HEADER: Readonly<Record<string, string>> = {
  "x-amz-object-lock-mode": "s3:PutObjectRetention",
  "x-amz-object-lock-legal-hold": "s3:PutObjectLegalHold",
  "x-amz-tagging": "s3:PutObjectTagging",
  "x-amz-acl": "s3:PutObjectAcl",
};

const DAY = 86_400_000;

/** The condition keys that S3 takes from the headers. */
function objectContext(headers: Readonly<Record<string, string>>): Record<string, string> {
  const until = headers["x-amz-object-lock-retain-until-date"];
  const days = until === undefined ? undefined : Math.ceil((Date.parse(until) - Date.now()) / DAY);
  const pairs = {
    "s3:if-match": headers["if-match"],
    "s3:if-none-match": headers["if-none-match"],
    "s3:object-lock-mode": headers["x-amz-object-lock-mode"],
    "s3:object-lock-remaining-retention-days": days === undefined ? undefined : String(days),
    "s3:x-amz-server-side-encryption": headers["x-amz-server-side-encryption"],
    "s3:x-amz-server-side-encryption-aws-kms-key-id":
      headers["x-amz-server-side-encryption-aws-kms-key-id"],
  };
  return Object.fromEntries(
    Object.entries(pairs).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
