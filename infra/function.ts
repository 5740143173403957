/** A function with its role, its log group and what becomes of events that it fails on. */
import { LogGroup } from "@pulumi/aws/cloudwatch/index.js";
import { Role, RolePolicy } from "@pulumi/aws/iam/index.js";
import { FunctionEventInvokeConfig, Function as Lambda } from "@pulumi/aws/lambda/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "./context.ts";
import { policyDocument, type Statement, trustService } from "./permissions.ts";

export interface CurfewFunctionArgs {
  stack: StackContext;
  /** The last part of the function's name and of its log group's. */
  slug: string;
  description: string;
  /** The folder of the package, with `index.mjs` in it. */
  folder: string;
  environment: Record<string, pulumi.Input<string>>;
  /** What its role may do, given its log group. */
  statements: (logGroupArn: pulumi.Output<string>) => Statement[];
  memory: number;
  timeoutSeconds: number;
  logDays: number;
  logLevel: string;
  /** Where an event goes that is given up; null: nowhere, since the next one makes up for it. */
  queueArn: pulumi.Input<string> | null;
  /** How often Lambda repeats an event on which the function failed. */
  retries: number;
  /** How long an event may wait until it is given up. */
  eventAgeSeconds: number;
  /** How many may run at once; null: as many as the account can. */
  concurrency: number | null;
}

export class CurfewFunction extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  readonly functionName: pulumi.Output<string>;
  readonly logGroupName: pulumi.Output<string>;
  /** What must be in place before an event is sent. */
  readonly ready: pulumi.Resource[];

  constructor(name: string, args: CurfewFunctionArgs, opts?: pulumi.ComponentResourceOptions) {
    super("curfew:infra:Function", name, {}, opts);
    const own = { parent: this };
    const { stack, slug } = args;
    const { tags } = stack;
    const logs = new LogGroup(
      name,
      {
        name: `${stack.path}/${slug}`,
        retentionInDays: args.logDays,
        ...(stack.keyArn && { kmsKeyId: stack.keyArn }),
        tags,
      },
      own,
    );
    const assumeRolePolicy = policyDocument([trustService("lambda.amazonaws.com", stack)]);
    const role = new Role(name, { description: args.description, assumeRolePolicy, tags }, own);
    const policy = policyDocument(args.statements(logs.arn));
    const permissions = new RolePolicy(name, { role: role.id, policy }, own);
    const lambda = new Lambda(
      name,
      {
        name: `${stack.name}-${slug}`,
        description: args.description,
        role: role.arn,
        runtime: "nodejs24.x",
        architectures: ["arm64"],
        handler: "index.handler",
        code: new pulumi.asset.FileArchive(args.folder),
        memorySize: args.memory,
        timeout: args.timeoutSeconds,
        ...(args.concurrency !== null && { reservedConcurrentExecutions: args.concurrency }),
        environment: { variables: args.environment },
        loggingConfig: {
          logFormat: "JSON",
          logGroup: logs.name,
          applicationLogLevel: args.logLevel === "DEBUG" ? "DEBUG" : "INFO",
          systemLogLevel: "INFO",
        },
        tags,
      },
      { ...own, dependsOn: [permissions] },
    );
    const events = new FunctionEventInvokeConfig(
      name,
      {
        functionName: lambda.name,
        maximumRetryAttempts: args.retries,
        maximumEventAgeInSeconds: args.eventAgeSeconds,
        ...(args.queueArn !== null && {
          destinationConfig: { onFailure: { destination: args.queueArn } },
        }),
      },
      { ...own, dependsOn: [permissions] },
    );
    this.arn = lambda.arn;
    this.functionName = lambda.name;
    this.logGroupName = logs.name;
    this.ready = [lambda, permissions, events];
    this.registerOutputs({ arn: lambda.arn, name: lambda.name });
  }
}
