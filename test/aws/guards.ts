/** What guards the resources of the stack: their own policies, and the key that they are encrypted with. */
import type { PolicyDocument } from "./iam.ts";
import type { World } from "./world.ts";

/** By type: the setting that names the resource of which this is the policy. */
const POLICY_TYPES: Readonly<Record<string, string>> = {
  "aws:s3/bucketPolicy:BucketPolicy": "bucket",
  "aws:sns/topicPolicy:TopicPolicy": "arn",
  "aws:sqs/queuePolicy:QueuePolicy": "queueUrl",
  "aws:kms/key:Key": "arn",
};

/** The policies of a bucket, a topic, a queue or a key. */
export function resourcePolicies({ deployment }: World, resource: string): PolicyDocument[] {
  return deployment.created.flatMap(({ type, inputs, outputs }) => {
    const owner = POLICY_TYPES[type];
    if (owner === undefined) return [];
    const name = String(outputs[owner] ?? inputs[owner]);
    const last = (text: string) => text.split(/[:/]/).at(-1);
    return last(name) === last(resource) ? [JSON.parse(String(inputs.policy))] : [];
  });
}

/** The ARN of the stack's key where the resource is encrypted with it. */
export function keyOf({ deployment }: World, resource: string): string | null {
  const encrypted = deployment.created.find(({ type, inputs, outputs }) => {
    if (type.startsWith("aws:s3/bucketServerSideEncryption")) {
      return resource === `arn:aws:s3:::${inputs.bucket}`;
    }
    return outputs.arn === resource && (inputs.kmsMasterKeyId ?? inputs.kmsKeyId) !== undefined;
  });
  const text = JSON.stringify(encrypted?.inputs ?? null);
  return /arn:aws:kms:[^"]+/.exec(text)?.[0] ?? null;
}
