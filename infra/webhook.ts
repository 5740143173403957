/** A Slack-compatible webhook on the alerts topic: a small function that reads the address from a secret. */
import { Permission } from "@pulumi/aws/lambda/index.js";
import { TopicSubscription } from "@pulumi/aws/sns/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "./context.ts";
import { CurfewFunction } from "./function.ts";
import { webhookStatements } from "./permissions.ts";

export interface WebhookArgs {
  stack: StackContext;
  slug: string;
  folder: string;
  secretArn: string;
  topicArn: pulumi.Input<string>;
  queueArn: pulumi.Input<string>;
  logDays: number;
  logLevel: string;
}

export class Webhook extends pulumi.ComponentResource {
  constructor(name: string, args: WebhookArgs, opts?: pulumi.ComponentResourceOptions) {
    super("curfew:infra:Webhook", name, {}, opts);
    const own = { parent: this };
    const { stack, secretArn, queueArn, topicArn } = args;
    const lambda = new CurfewFunction(
      name,
      {
        stack,
        slug: args.slug,
        description: "Posts Curfew's alerts to a webhook",
        folder: args.folder,
        environment: { WEBHOOK_SECRET: secretArn },
        statements: (logGroupArn) => webhookStatements({ secretArn, logGroupArn, queueArn }, stack),
        memory: 256,
        timeoutSeconds: 30,
        logDays: args.logDays,
        logLevel: args.logLevel,
        queueArn,
        retries: 2,
        eventAgeSeconds: 60 * 60,
        concurrency: null,
      },
      own,
    );
    const permission = new Permission(
      name,
      {
        function: lambda.functionName,
        action: "lambda:InvokeFunction",
        principal: "sns.amazonaws.com",
        sourceArn: topicArn,
      },
      own,
    );
    new TopicSubscription(
      name,
      { topic: topicArn, protocol: "lambda", endpoint: lambda.arn },
      { ...own, dependsOn: [permission] },
    );
    this.registerOutputs({});
  }
}
