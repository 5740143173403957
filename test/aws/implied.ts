/** What a service asks of KMS in the name of whoever calls it, where a resource is encrypted with a key of one's own. */
import type { Wanted } from "./asks.ts";

/** `actions`: by what is asked of the service; `names`: the encryption context that the service gives. */
interface Use {
  actions: Readonly<Record<string, readonly string[]>>;
  names: string;
}

const USES: Readonly<Record<string, Use>> = {
  s3: {
    actions: { "s3:GetObject": ["kms:Decrypt"], "s3:PutObject": ["kms:GenerateDataKey"] },
    names: "kms:encryptioncontext:aws:s3:arn",
  },
  secretsmanager: {
    actions: { "secretsmanager:GetSecretValue": ["kms:Decrypt"] },
    names: "kms:encryptioncontext:secretarn",
  },
  sns: {
    actions: { "sns:Publish": ["kms:GenerateDataKey", "kms:Decrypt"] },
    names: "kms:encryptioncontext:aws:sns:topicarn",
  },
  sqs: {
    actions: { "sqs:SendMessage": ["kms:GenerateDataKey", "kms:Decrypt"] },
    names: "kms:encryptioncontext:aws:sqs:arn",
  },
};

/** `keyOf`: the ARN of the key of a secret, a topic, a queue or a bucket; null where it is AWS's own. */
export function impliedBy(
  ask: Wanted,
  keyOf: (resource: string) => string | null,
  region: string,
): Wanted[] {
  const service = ask.action.split(":")[0] ?? "";
  const use = USES[service];
  // An object is encrypted as its bucket says, with the bucket's name as the context (a bucket key).
  const holder = service === "s3" ? (ask.resource.split("/")[0] ?? "") : ask.resource;
  const key = use ? keyOf(holder) : null;
  if (!use || key === null) return [];
  return (use.actions[ask.action] ?? []).map((action) => ({
    action,
    resource: key,
    context: { "kms:viaservice": `${service}.${region}.amazonaws.com`, [use.names]: holder },
  }));
}
