/** The bucket of ledgers, saved inventories and reports. */
import {
  Bucket,
  BucketLifecycleConfiguration,
  BucketOwnershipControls,
  BucketPolicy,
  BucketPublicAccessBlock,
  BucketServerSideEncryptionConfiguration,
  BucketVersioning,
} from "@pulumi/aws/s3/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "./context.ts";
import { bucketStatements, policyDocument } from "./permissions.ts";
import { RUNS_PREFIX } from "./targets.ts";

export interface LedgerBucketArgs {
  stack: StackContext;
  /** The name that policies give it; null: one is made up. */
  bucketName: string | null;
  /** The ledgers in it: `<prefix>/<deployment key>`. */
  ledgerKeys: readonly string[];
  audit: { mode: "GOVERNANCE" | "COMPLIANCE"; days: number };
  reportDays: number;
  versionDays: number;
}

/**
 * Private, versioned, encrypted, by TLS only, with object lock for the audit log. The bucket and what guards it outlive
 * the stack: removing Curfew must not remove the record of what it did.
 */
export class LedgerBucket extends pulumi.ComponentResource {
  readonly bucket: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: LedgerBucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("curfew:infra:LedgerBucket", name, {}, opts);
    const kept = { parent: this, protect: true, retainOnDelete: true };
    const { stack, audit } = args;
    // The ledger reads from the tag for how long it locks the audit log (docs/decisions/0008-ledger-in-s3.md). No
    // default retention: it would lock the lease and the state as well, which change all the time.
    const tags = { ...stack.tags, "curfew:retain": `${audit.mode} ${audit.days}` };
    const bucket = new Bucket(
      bucketLogicalName(stack.name),
      { ...(args.bucketName && { bucket: args.bucketName }), objectLockEnabled: true, tags },
      kept,
    );
    const of = { bucket: bucket.id };
    const versioning = new BucketVersioning(
      name,
      { ...of, versioningConfiguration: { status: "Enabled" } },
      kept,
    );
    new BucketServerSideEncryptionConfiguration(name, { ...of, rules: [encryption(stack)] }, kept);
    const closed = new BucketPublicAccessBlock(
      name,
      {
        ...of,
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      kept,
    );
    new BucketOwnershipControls(
      name,
      { ...of, rule: { objectOwnership: "BucketOwnerEnforced" } },
      kept,
    );
    new BucketPolicy(
      name,
      { ...of, policy: policyDocument(bucketStatements(bucket.arn, args.ledgerKeys)) },
      // S3 refuses both at once.
      { ...kept, dependsOn: [closed] },
    );
    new BucketLifecycleConfiguration(
      name,
      { ...of, rules: lifecycle(args) },
      { ...kept, dependsOn: [versioning] },
    );
    this.bucket = bucket.bucket;
    this.arn = bucket.arn;
    this.registerOutputs({ bucket: bucket.bucket, arn: bucket.arn });
  }
}

/** Names of buckets have no capitals and no underscores. */
function bucketLogicalName(name: string): string {
  return `${name.toLowerCase().replaceAll("_", "-")}-ledger`;
}

function encryption({ keyArn }: StackContext) {
  return keyArn === null
    ? { applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }
    : {
        applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms", kmsMasterKeyId: keyArn },
        // One call of KMS for many objects: a run writes dozens.
        bucketKeyEnabled: true,
      };
}

/** What is removed by itself. Current objects of the ledger never are, and locked versions not before their lock ends. */
function lifecycle({ ledgerKeys, reportDays, versionDays }: LedgerBucketArgs) {
  const status = "Enabled";
  return [
    {
      id: "replaced-versions",
      status,
      filter: { prefix: "" },
      noncurrentVersionExpiration: { noncurrentDays: versionDays },
      expiration: { expiredObjectDeleteMarker: true },
      abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
    },
    {
      id: "reports",
      status,
      filter: { prefix: `${RUNS_PREFIX}/` },
      expiration: { days: reportDays },
      // Every run replaces the saved inventory, which holds personal data and is large.
      noncurrentVersionExpiration: { noncurrentDays: 1 },
    },
    // A lease is renewed every 15 seconds of a run.
    ...ledgerKeys.map((key, index) => ({
      id: `leases-${index + 1}`,
      status,
      filter: { prefix: `${key}/lease.json` },
      noncurrentVersionExpiration: { noncurrentDays: 1 },
    })),
  ];
}
