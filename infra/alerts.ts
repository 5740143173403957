/** Who is told: a topic with people and webhooks on it, and the queue of what could not be delivered. */
import { Topic, TopicPolicy, TopicSubscription } from "@pulumi/aws/sns/index.js";
import { Queue, QueuePolicy } from "@pulumi/aws/sqs/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "./context.ts";
import { policyDocument, queueStatements, topicStatements } from "./permissions.ts";

const DEAD_LETTERS_KEPT_SECONDS = 14 * 24 * 60 * 60;

/** The topic that alarms and runs publish to, with its e-mail subscribers. */
export class Alerts extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(
    name: string,
    args: { stack: StackContext; emails: readonly string[] },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("curfew:infra:Alerts", name, {}, opts);
    const { stack } = args;
    const own = { parent: this };
    const topic = new Topic(
      name,
      {
        name: `${stack.name}-alerts`,
        displayName: "Curfew",
        ...(stack.keyArn && { kmsMasterKeyId: stack.keyArn }),
        tags: stack.tags,
      },
      own,
    );
    const policy = policyDocument(topicStatements(topic.arn, stack));
    new TopicPolicy(name, { arn: topic.arn, policy }, own);
    for (const email of args.emails) {
      const subscription = { topic: topic.arn, protocol: "email", endpoint: email };
      new TopicSubscription(`${name}-${email}`, subscription, own);
    }
    this.arn = topic.arn;
    this.registerOutputs({ arn: topic.arn });
  }
}

/** The queue of starts and alerts that could not be delivered. Whoever empties it has looked. */
export class DeadLetters extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  readonly queueName: pulumi.Output<string>;
  readonly url: pulumi.Output<string>;

  constructor(
    name: string,
    { stack }: { stack: StackContext },
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("curfew:infra:DeadLetters", name, {}, opts);
    const own = { parent: this };
    const queue = new Queue(
      name,
      {
        name: `${stack.name}-dead-letters`,
        messageRetentionSeconds: DEAD_LETTERS_KEPT_SECONDS,
        ...(stack.keyArn ? { kmsMasterKeyId: stack.keyArn } : { sqsManagedSseEnabled: true }),
        tags: stack.tags,
      },
      own,
    );
    const policy = policyDocument(queueStatements(queue.arn));
    new QueuePolicy(name, { queueUrl: queue.url, policy }, own);
    this.arn = queue.arn;
    this.queueName = queue.name;
    this.url = queue.url;
    this.registerOutputs({ arn: queue.arn, url: queue.url });
  }
}
