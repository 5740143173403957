/** Topics and queues. */
import {
  CreateTopicCommand,
  SetTopicAttributesCommand,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import { z } from "zod";
import { autoName, document, given, type Maker, maker, tagged, tagList } from "./maker.ts";

/** Attributes are texts, and what is absent is left out. */
function attributes(from: Readonly<Record<string, string | number | boolean | undefined>>) {
  const set = Object.entries(from).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set.map(([key, value]) => [key, String(value)]));
}

const TOPICS: Record<string, Maker> = {
  "aws:sns/topic:Topic": maker(
    {
      name: z.string().optional(),
      displayName: z.string().optional(),
      kmsMasterKeyId: z.string().optional(),
      ...tagged,
    },
    async ({ sns }, { displayName, kmsMasterKeyId, tags, ...inputs }, name) => {
      const { TopicArn } = await sns.send(
        new CreateTopicCommand({
          Name: inputs.name ?? autoName(name),
          Attributes: attributes({ DisplayName: displayName, KmsMasterKeyId: kmsMasterKeyId }),
          Tags: tagList(tags),
        }),
      );
      const arn = given(TopicArn);
      return { id: arn, outputs: { arn } };
    },
  ),
  "aws:sns/topicPolicy:TopicPolicy": maker(
    { arn: z.string(), policy: document },
    async ({ sns }, { arn: TopicArn, policy }) => {
      const set = { TopicArn, AttributeName: "Policy", AttributeValue: policy };
      await sns.send(new SetTopicAttributesCommand(set));
      return { id: TopicArn, outputs: {} };
    },
  ),
  "aws:sns/topicSubscription:TopicSubscription": maker(
    {
      topic: z.string(),
      protocol: z.enum(["email", "lambda", "sqs", "https"]),
      endpoint: z.string(),
      redrivePolicy: z.string().optional(),
    },
    async ({ sns }, { topic, protocol, endpoint, redrivePolicy }) => {
      const { SubscriptionArn } = await sns.send(
        new SubscribeCommand({
          TopicArn: topic,
          Protocol: protocol,
          Endpoint: endpoint,
          Attributes: attributes({ RedrivePolicy: redrivePolicy }),
          ReturnSubscriptionArn: true,
        }),
      );
      return { id: given(SubscriptionArn), outputs: { arn: given(SubscriptionArn) } };
    },
  ),
};

const QUEUES: Record<string, Maker> = {
  "aws:sqs/queue:Queue": maker(
    {
      name: z.string().optional(),
      messageRetentionSeconds: z.number().int().optional(),
      kmsMasterKeyId: z.string().optional(),
      sqsManagedSseEnabled: z.boolean().optional(),
      ...tagged,
    },
    async ({ sqs }, { tags, ...inputs }, name) => {
      const QueueName = inputs.name ?? autoName(name);
      const { QueueUrl } = await sqs.send(
        new CreateQueueCommand({
          QueueName,
          Attributes: attributes({
            MessageRetentionPeriod: inputs.messageRetentionSeconds,
            KmsMasterKeyId: inputs.kmsMasterKeyId,
            SqsManagedSseEnabled: inputs.sqsManagedSseEnabled,
          }),
          ...(tags && { tags }),
        }),
      );
      const url = given(QueueUrl);
      const asked = { QueueUrl: url, AttributeNames: ["QueueArn" as const] };
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand(asked));
      return { id: url, outputs: { url, name: QueueName, arn: given(Attributes?.QueueArn) } };
    },
  ),
  "aws:sqs/queuePolicy:QueuePolicy": maker(
    { queueUrl: z.string(), policy: document },
    async ({ sqs }, { queueUrl: QueueUrl, policy: Policy }) => {
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
      return { id: QueueUrl, outputs: {} };
    },
  ),
};

export const MESSAGES: Readonly<Record<string, Maker>> = { ...TOPICS, ...QUEUES };
