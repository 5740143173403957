/**
 * Who may do what, statement by statement, each with its reason. Nothing else in infra/ writes a policy.
 * A resource is `*` only in key policies, where it means the key itself, and in denials.
 */
import * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "./context.ts";
import { RUNS_PREFIX } from "./targets.ts";

type Text = pulumi.Input<string>;

/** One statement of a policy, as IAM writes it. */
export interface Statement {
  Sid: string;
  Effect: "Allow" | "Deny";
  Principal?: "*" | Record<string, Text>;
  Action: string | readonly string[];
  Resource?: Text | readonly Text[];
  Condition?: Record<string, Record<string, Text | readonly Text[]>>;
}

/** A policy as the JSON that AWS takes. */
export function policyDocument(statements: readonly Statement[]): pulumi.Output<string> {
  return pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements });
}

// ---------------------------------------------------------------- what roles may do

export interface RunAccess {
  bucketArn: Text;
  /** The ledger of this deployment: `ledger/<deployment key>`. */
  ledgerKey: string;
  /** The target's name in keys: reports lie under `runs/<slug>/`. */
  slug: string;
  secretArn: Text;
  notify: { secrets: readonly string[]; topics: readonly string[] };
  topicArn: Text;
  logGroupArn: Text;
}

/** The role of one target's run. */
export function runStatements(access: RunAccess, stack: StackContext): Statement[] {
  const objects = (under: string) => pulumi.interpolate`${access.bucketArn}/${under}/*`;
  const ledger = objects(access.ledgerKey);
  return [
    // What is remembered of this deployment, and of no other: own locks, the lease, the audit log.
    allow("ReadLedger", "s3:GetObject", ledger),
    allow("WriteLedger", "s3:PutObject", ledger),
    // Without it S3 answers 403 for what does not exist yet. A read of one object has no prefix (hence IfExists), so the
    // names of keys elsewhere can be listed, not what is in them.
    allow("ListLedger", "s3:ListBucket", access.bucketArn, {
      StringLikeIfExists: { "s3:prefix": `${access.ledgerKey}/*` },
    }),
    // Nothing is ever removed. A tag of the bucket says for how long the log is locked (docs/decisions/0008-ledger-in-s3.md).
    allow("ReadRetention", "s3:GetBucketTagging", access.bucketArn),
    allow("LockAuditLog", "s3:PutObjectRetention", objects(`${access.ledgerKey}/audit`)),
    // The saved inventory and the report of each run.
    allow("SaveReports", "s3:PutObject", objects(`${RUNS_PREFIX}/${access.slug}`)),
    // The token of this deployment, when a run begins.
    allow("ReadToken", "secretsmanager:GetSecretValue", access.secretArn),
    // A run that found and closed drift is told. What went wrong is told by alarms.
    allow("TellPeople", "sns:Publish", access.topicArn),
    ...tellChannels(access.notify, stack),
    ...writeLogs(access.logGroupArn),
    ...useKey(stack, ["kms:Decrypt", "kms:GenerateDataKey"], ["s3", "secretsmanager", "sns"]),
  ];
}

/** What `notify` of the policy names, where it does. AWS ends a secret's ARN in six characters of its own. */
function tellChannels({ secrets, topics }: RunAccess["notify"], stack: StackContext): Statement[] {
  const { partition, region, account } = stack;
  const start = `arn:${partition}:secretsmanager:${region}:${account}:secret:`;
  const arns = secrets.map((name) => (name.startsWith("arn:") ? name : `${start}${name}-??????`));
  return [
    ...(arns.length > 0 ? [allow("ReadChannels", "secretsmanager:GetSecretValue", arns)] : []),
    ...(topics.length > 0 ? [allow("TellChannels", "sns:Publish", topics)] : []),
  ];
}

/** The role with which the scheduler starts one target's run. */
export function schedulerStatements(
  functionArn: Text,
  queueArn: Text,
  stack: StackContext,
): Statement[] {
  return [
    allow("StartRun", "lambda:InvokeFunction", functionArn),
    ...keepLostEvents(queueArn),
    ...useKey(stack, ["kms:Decrypt", "kms:GenerateDataKey"], ["sqs"]),
  ];
}

/** The role of a function that posts alerts to one webhook. */
export function webhookStatements(
  access: Pick<RunAccess, "secretArn" | "logGroupArn"> & { queueArn: Text },
  stack: StackContext,
): Statement[] {
  return [
    // The address of the webhook, which is itself a secret.
    allow("ReadAddress", "secretsmanager:GetSecretValue", access.secretArn),
    ...writeLogs(access.logGroupArn),
    ...keepLostEvents(access.queueArn),
    ...useKey(stack, ["kms:Decrypt", "kms:GenerateDataKey"], ["secretsmanager", "sqs"]),
  ];
}

/** The role of CI: saved inventories and reports, and nothing else. */
export function ciStatements(bucketArn: Text, stack: StackContext): Statement[] {
  return [
    allow("ReadRuns", "s3:GetObject", pulumi.interpolate`${bucketArn}/${RUNS_PREFIX}/*`),
    // To find the newest report.
    allow("ListRuns", "s3:ListBucket", bucketArn, {
      StringLike: { "s3:prefix": `${RUNS_PREFIX}/*` },
    }),
    ...useKey(stack, ["kms:Decrypt"], ["s3"]),
  ];
}

/** Streams and lines of the function's own log group, which the stack makes: no function makes groups. */
function writeLogs(logGroupArn: Text): Statement[] {
  const actions = ["logs:CreateLogStream", "logs:PutLogEvents"];
  return [allow("WriteLogs", actions, pulumi.interpolate`${logGroupArn}:*`)];
}

/** A start or an alert that could not be delivered is kept for whoever looks into it. */
function keepLostEvents(queueArn: Text): Statement[] {
  return [allow("KeepLostEvents", "sqs:SendMessage", queueArn)];
}

/** The stack's key, where it has one, and only by way of the services that hold the data. */
function useKey(stack: StackContext, actions: string[], services: string[]): Statement[] {
  if (stack.keyArn === null) return [];
  const via = services.map((service) => `${service}.${stack.region}.${stack.dnsSuffix}`);
  return [allow("UseKey", actions, stack.keyArn, { StringEquals: { "kms:ViaService": via } })];
}

function allow(
  Sid: string,
  Action: Statement["Action"],
  Resource: Text | readonly Text[],
  Condition?: Statement["Condition"],
): Statement {
  return { Sid, Effect: "Allow", Action, Resource, ...(Condition && { Condition }) };
}

// ---------------------------------------------------------------- who may take a role

/** A service of AWS, on behalf of this account, and where given of one resource. */
export function trustService(service: string, stack: StackContext, source?: Text): Statement {
  const account = { StringEquals: { "aws:SourceAccount": stack.account } };
  return {
    Sid: "Service",
    Effect: "Allow",
    Principal: { Service: service },
    Action: "sts:AssumeRole",
    ...(source && { Condition: { ...account, ArnLike: { "aws:SourceArn": source } } }),
  };
}

/** Workflows of GitHub whose token names one of these subjects, in full. */
export function trustGitHub(providerArn: Text, subjects: readonly string[]): Statement {
  const issuer = "token.actions.githubusercontent.com";
  return {
    Sid: "GitHub",
    Effect: "Allow",
    Principal: { Federated: providerArn },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: {
      StringEquals: { [`${issuer}:aud`]: "sts.amazonaws.com", [`${issuer}:sub`]: subjects },
    },
  };
}

// ---------------------------------------------------------------- what resources allow

/** The bucket: nobody without TLS 1.2, and nobody over, under or around the audit logs of these ledgers. */
export function bucketStatements(bucketArn: Text, ledgerKeys: readonly string[]): Statement[] {
  const everything = [bucketArn, pulumi.interpolate`${bucketArn}/*`];
  const audit = ledgerKeys.map((key) => pulumi.interpolate`${bucketArn}/${key}/audit/*`);
  return [
    deny("OnlyTls", "s3:*", everything, { Bool: { "aws:SecureTransport": "false" } }),
    deny("OnlyModernTls", "s3:*", everything, { NumericLessThan: { "s3:TlsVersion": "1.2" } }),
    // A lock keeps versions; these keep what is seen: no newer version over a line, none without a lock, none removed
    // (docs/decisions/0008-ledger-in-s3.md).
    deny("AuditOnce", "s3:PutObject", audit, { Null: { "s3:if-none-match": "true" } }),
    deny("AuditLocked", "s3:PutObject", audit, { Null: { "s3:object-lock-mode": "true" } }),
    deny("AuditStays", ["s3:DeleteObject", "s3:DeleteObjectVersion"], audit),
    // GOVERNANCE lets administrators remove locked objects; here they would have to change this policy first.
    deny("NoBypass", "s3:BypassGovernanceRetention", pulumi.interpolate`${bucketArn}/*`),
  ];
}

/** The topic: CloudWatch's alarms of this account publish; roles publish by their own policies. */
export function topicStatements(topicArn: Text, stack: StackContext): Statement[] {
  const alarms = `arn:${stack.partition}:cloudwatch:${stack.region}:${stack.account}:alarm:${stack.name}-*`;
  return [
    {
      Sid: "Alarms",
      Effect: "Allow",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Action: "sns:Publish",
      Resource: topicArn,
      Condition: {
        StringEquals: { "aws:SourceAccount": stack.account },
        ArnLike: { "aws:SourceArn": alarms },
      },
    },
    deny("OnlyTls", "sns:Publish", topicArn, { Bool: { "aws:SecureTransport": "false" } }),
  ];
}

/** The queue: roles send by their own policies, and nobody without TLS. */
export function queueStatements(queueArn: Text): Statement[] {
  return [deny("OnlyTls", "sqs:*", queueArn, { Bool: { "aws:SecureTransport": "false" } })];
}

/**
 * The stack's own key. `*` is this key: a key policy knows no other resource.
 * S3, SQS, Secrets Manager and the scheduler's dead letters use the key as the role that calls them, so they need no
 * statement here.
 */
export function keyStatements(stack: Omit<StackContext, "keyArn">): Statement[] {
  const service = (
    Sid: string,
    name: string,
    Action: string[],
    Condition: Statement["Condition"] & object,
  ): Statement => ({
    Sid,
    Effect: "Allow",
    Principal: { Service: name },
    Action,
    Resource: "*",
    Condition,
  });
  const ofAccount = { StringEquals: { "aws:SourceAccount": stack.account } };
  const groups = `arn:${stack.partition}:logs:${stack.region}:${stack.account}:log-group:${stack.path}/*`;
  return [
    // Else nobody could manage the key, and the roles' policies would not count.
    {
      Sid: "Account",
      Effect: "Allow",
      Principal: { AWS: `arn:${stack.partition}:iam::${stack.account}:root` },
      Action: "kms:*",
      Resource: "*",
    },
    // CloudWatch Logs encrypts the functions' log groups.
    service(
      "Logs",
      `logs.${stack.region}.${stack.dnsSuffix}`,
      ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
      { ArnLike: { "kms:EncryptionContext:aws:logs:arn": groups } },
    ),
    // Alarms publish to the encrypted topic.
    service(
      "Alarms",
      "cloudwatch.amazonaws.com",
      ["kms:Decrypt", "kms:GenerateDataKey*"],
      ofAccount,
    ),
  ];
}

function deny(
  Sid: string,
  Action: Statement["Action"],
  Resource: Statement["Resource"] & {},
  Condition?: Statement["Condition"],
): Statement {
  const all = { Sid, Effect: "Deny", Principal: "*", Action, Resource } as const;
  return Condition ? { ...all, Condition } : all;
}
