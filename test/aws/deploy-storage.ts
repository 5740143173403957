/** Buckets, keys and secrets. */
import {
  CreateAliasCommand,
  CreateKeyCommand,
  EnableKeyRotationCommand,
} from "@aws-sdk/client-kms";
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { CreateSecretCommand, PutResourcePolicyCommand } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { autoName, document, given, type Maker, maker, tagged, tagList } from "./maker.ts";

const bucket = z.string();
const status = z.enum(["Enabled", "Disabled"]);
const days = z.number().int().positive();

const rule = z.strictObject({
  id: z.string(),
  status,
  filter: z.strictObject({ prefix: z.string() }),
  expiration: z
    .strictObject({ days: days.optional(), expiredObjectDeleteMarker: z.boolean().optional() })
    .optional(),
  noncurrentVersionExpiration: z.strictObject({ noncurrentDays: days }).optional(),
  abortIncompleteMultipartUpload: z.strictObject({ daysAfterInitiation: days }).optional(),
});

/** S3's words for a rule of Pulumi's. */
function lifecycleRule(from: z.output<typeof rule>) {
  const { expiration, noncurrentVersionExpiration, abortIncompleteMultipartUpload } = from;
  const { expiredObjectDeleteMarker } = expiration ?? {};
  return {
    ID: from.id,
    Status: from.status,
    Filter: { Prefix: from.filter.prefix },
    ...(expiration && {
      Expiration: { Days: expiration.days, ExpiredObjectDeleteMarker: expiredObjectDeleteMarker },
    }),
    ...(noncurrentVersionExpiration && {
      NoncurrentVersionExpiration: { NoncurrentDays: noncurrentVersionExpiration.noncurrentDays },
    }),
    ...(abortIncompleteMultipartUpload && {
      AbortIncompleteMultipartUpload: {
        DaysAfterInitiation: abortIncompleteMultipartUpload.daysAfterInitiation,
      },
    }),
  };
}

const BUCKETS: Record<string, Maker> = {
  "aws:s3/bucket:Bucket": maker(
    { bucket: bucket.optional(), objectLockEnabled: z.boolean().optional(), ...tagged },
    async ({ s3, region }, inputs, name) => {
      const Bucket = inputs.bucket ?? autoName(name);
      const LocationConstraint = region as "eu-central-1";
      await s3.send(
        new CreateBucketCommand({
          Bucket,
          ObjectLockEnabledForBucket: inputs.objectLockEnabled ?? false,
          CreateBucketConfiguration: { LocationConstraint },
        }),
      );
      const Tagging = { TagSet: tagList(inputs.tags) };
      await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging }));
      return { id: Bucket, outputs: { bucket: Bucket, arn: `arn:aws:s3:::${Bucket}` } };
    },
  ),
  "aws:s3/bucketVersioning:BucketVersioning": maker(
    { bucket, versioningConfiguration: z.strictObject({ status: z.literal("Enabled") }) },
    async ({ s3 }, { bucket: Bucket }) => {
      const VersioningConfiguration = { Status: "Enabled" as const };
      await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
      return { id: Bucket, outputs: {} };
    },
  ),
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": maker(
    {
      bucket,
      rules: z.array(
        z.strictObject({
          applyServerSideEncryptionByDefault: z.strictObject({
            sseAlgorithm: z.enum(["AES256", "aws:kms"]),
            kmsMasterKeyId: z.string().optional(),
          }),
          bucketKeyEnabled: z.boolean().optional(),
        }),
      ),
    },
    async ({ s3 }, { bucket: Bucket, rules }) => {
      const Rules = rules.map(({ applyServerSideEncryptionByDefault: by, bucketKeyEnabled }) => ({
        ApplyServerSideEncryptionByDefault: {
          SSEAlgorithm: by.sseAlgorithm,
          KMSMasterKeyID: by.kmsMasterKeyId,
        },
        BucketKeyEnabled: bucketKeyEnabled ?? false,
      }));
      const ServerSideEncryptionConfiguration = { Rules };
      await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }));
      return { id: Bucket, outputs: {} };
    },
  ),
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": maker(
    {
      bucket,
      blockPublicAcls: z.boolean(),
      blockPublicPolicy: z.boolean(),
      ignorePublicAcls: z.boolean(),
      restrictPublicBuckets: z.boolean(),
    },
    async ({ s3 }, { bucket: Bucket, ...blocks }) => {
      const PublicAccessBlockConfiguration = {
        BlockPublicAcls: blocks.blockPublicAcls,
        BlockPublicPolicy: blocks.blockPublicPolicy,
        IgnorePublicAcls: blocks.ignorePublicAcls,
        RestrictPublicBuckets: blocks.restrictPublicBuckets,
      };
      await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
      return { id: Bucket, outputs: {} };
    },
  ),
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": maker(
    { bucket, rule: z.strictObject({ objectOwnership: z.literal("BucketOwnerEnforced") }) },
    async ({ s3 }, { bucket: Bucket, rule: { objectOwnership } }) => {
      const OwnershipControls = { Rules: [{ ObjectOwnership: objectOwnership }] };
      await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
      return { id: Bucket, outputs: {} };
    },
  ),
  "aws:s3/bucketPolicy:BucketPolicy": maker(
    { bucket, policy: document },
    async ({ s3 }, { bucket: Bucket, policy: Policy }) => {
      await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
      // moto takes a statement whose condition does not hold for a denial of everything; the proxy knows better.
      await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
      return { id: Bucket, outputs: {} };
    },
  ),
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": maker(
    { bucket, rules: z.array(rule) },
    async ({ s3 }, { bucket: Bucket, rules }) => {
      const LifecycleConfiguration = { Rules: rules.map(lifecycleRule) };
      await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
      return { id: Bucket, outputs: {} };
    },
  ),
  "aws:s3/bucketNotification:BucketNotification": maker(
    {
      bucket,
      lambdaFunctions: z.array(
        z.strictObject({
          id: z.string().optional(),
          lambdaFunctionArn: z.string(),
          events: z.array(z.string()),
          filterPrefix: z.string(),
        }),
      ),
    },
    async ({ s3 }, { bucket: Bucket, lambdaFunctions }) => {
      const LambdaFunctionConfigurations = lambdaFunctions.map((each) => ({
        Id: each.id,
        LambdaFunctionArn: each.lambdaFunctionArn,
        Events: each.events as "s3:ObjectCreated:*"[],
        Filter: { Key: { FilterRules: [{ Name: "prefix" as const, Value: each.filterPrefix }] } },
      }));
      const NotificationConfiguration = { LambdaFunctionConfigurations };
      await s3.send(
        new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }),
      );
      return { id: Bucket, outputs: {} };
    },
  ),
  "aws:s3/bucketObjectv2:BucketObjectv2": maker(
    {
      bucket,
      key: z.string(),
      content: z.string(),
      contentType: z.string().optional(),
      ...tagged,
    },
    async ({ s3 }, { bucket: Bucket, key: Key, content, contentType }) => {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: content, ContentType: contentType }));
      return { id: Key, outputs: { arn: `arn:aws:s3:::${Bucket}/${Key}` } };
    },
  ),
};

const KEYS: Record<string, Maker> = {
  "aws:kms/key:Key": maker(
    {
      description: z.string().optional(),
      enableKeyRotation: z.boolean().optional(),
      deletionWindowInDays: z.number().int().min(7).max(30).optional(),
      policy: document,
      ...tagged,
    },
    async ({ kms }, { description, enableKeyRotation, policy: Policy, tags = {} }) => {
      const Tags = Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
      const { KeyMetadata } = await kms.send(
        new CreateKeyCommand({ Description: description, Policy, Tags }),
      );
      const { KeyId, Arn } = given(KeyMetadata);
      if (enableKeyRotation) await kms.send(new EnableKeyRotationCommand({ KeyId }));
      return { id: given(KeyId), outputs: { keyId: given(KeyId), arn: given(Arn) } };
    },
  ),
  "aws:kms/alias:Alias": maker(
    { name: z.string().startsWith("alias/"), targetKeyId: z.string() },
    async ({ kms }, { name, targetKeyId }) => {
      await kms.send(new CreateAliasCommand({ AliasName: name, TargetKeyId: targetKeyId }));
      return { id: name, outputs: {} };
    },
  ),
};

const SECRETS: Record<string, Maker> = {
  "aws:secretsmanager/secret:Secret": maker(
    {
      name: z.string().optional(),
      description: z.string().optional(),
      kmsKeyId: z.string().optional(),
      recoveryWindowInDays: z.number().int().optional(),
      policy: document.optional(),
      ...tagged,
    },
    async ({ secrets }, inputs, name) => {
      const { ARN } = await secrets.send(
        new CreateSecretCommand({
          Name: inputs.name ?? autoName(name),
          Description: inputs.description,
          KmsKeyId: inputs.kmsKeyId,
          Tags: tagList(inputs.tags),
        }),
      );
      const SecretId = given(ARN);
      if (inputs.policy !== undefined) {
        const ResourcePolicy = inputs.policy;
        await secrets.send(new PutResourcePolicyCommand({ SecretId, ResourcePolicy }));
      }
      return { id: SecretId, outputs: { arn: SecretId } };
    },
  ),
};

export const STORAGE: Readonly<Record<string, Maker>> = { ...BUCKETS, ...KEYS, ...SECRETS };
