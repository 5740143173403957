/** All that one target has of its own: its secret, its function, its schedule and its alarms. */
import { Secret } from "@pulumi/aws/secretsmanager/index.js";
import * as pulumi from "@pulumi/pulumi";
import { NAMESPACE, RunAlarms, SERVICE } from "./alarms.ts";
import type { Config } from "./config.ts";
import type { StackContext } from "./context.ts";
import { CurfewFunction } from "./function.ts";
import { runStatements } from "./permissions.ts";
import { RunSchedule, type RunScheduleArgs } from "./schedule.ts";
import { RUN_MINUTES } from "./schedule-expression.ts";
import { RUNS_PREFIX, type StackTarget } from "./targets.ts";

export interface TargetRunArgs {
  stack: StackContext;
  config: Config;
  target: StackTarget;
  /** The package. */
  folder: string;
  bucket: { bucket: pulumi.Input<string>; arn: pulumi.Input<string> };
  secretArn: pulumi.Input<string>;
  topicArn: pulumi.Input<string>;
  queueArn: pulumi.Input<string>;
  group: RunScheduleArgs["group"];
}

const TIMEOUT_SECONDS = RUN_MINUTES * 60;
/** A start that waited for an hour would only double the next one. */
const EVENT_AGE_SECONDS = 60 * 60;
/** Of the function's memory: the rest is for what is outside V8's heap. */
const HEAP_SHARE = 0.75;

export class TargetRun extends pulumi.ComponentResource {
  readonly lambda: CurfewFunction;
  /** `s3://bucket/prefix`. */
  readonly ledger: pulumi.Output<string>;

  constructor(name: string, args: TargetRunArgs, opts?: pulumi.ComponentResourceOptions) {
    super("curfew:infra:TargetRun", name, {}, opts);
    const own = { parent: this };
    const { stack, config, target, topicArn, queueArn } = args;
    this.ledger = ledgerPlace(args);
    this.lambda = new CurfewFunction(
      name,
      {
        stack,
        slug: target.slug,
        description: `Curfew's run of ${target.name}`,
        folder: args.folder,
        environment: environment(args, this.ledger),
        statements: (logGroupArn) =>
          runStatements({ ...args, ...target, bucketArn: args.bucket.arn, logGroupArn }, stack),
        memory: config.memory,
        timeoutSeconds: TIMEOUT_SECONDS,
        logDays: config.logDays,
        logLevel: config.logLevel,
        // A refused run is refused again: the next hour is soon enough, and alarms of its own tell of this one.
        retries: 0,
        queueArn: null,
        eventAgeSeconds: EVENT_AGE_SECONDS,
        // The ledger's lease is what keeps runs apart; this saves the second one its start.
        concurrency: config.reservedConcurrency === "none" ? null : config.reservedConcurrency,
      },
      own,
    );
    new RunSchedule(
      name,
      {
        stack,
        group: args.group,
        target: target.name,
        slug: target.slug,
        expression: target.schedule,
        timezone: config.timezone,
        paused: target.paused,
        functionArn: this.lambda.arn,
        queueArn,
      },
      { ...own, dependsOn: this.lambda.ready },
    );
    new RunAlarms(
      name,
      {
        stack,
        topicArn,
        target: target.name,
        slug: target.slug,
        functionName: this.lambda.functionName,
        logGroupName: this.lambda.logGroupName,
        deadMansHours: target.deadMansHours,
        memory: config.memory,
        timeoutSeconds: TIMEOUT_SECONDS,
      },
      own,
    );
    this.registerOutputs({ ledger: this.ledger });
  }
}

/**
 * The secrets that no setting gives the ARN of, by their name, created empty: who holds the token stores it, so that it
 * never passes through Pulumi. Two targets may share one.
 */
export function createSecrets(
  targets: readonly StackTarget[],
  stack: StackContext,
): Map<string, pulumi.Output<string>> {
  const arns = new Map<string, pulumi.Output<string>>();
  for (const { secret, name } of targets) {
    if (secret.arn !== null || arns.has(secret.name)) continue;
    const created = new Secret(secret.name, {
      name: secret.name,
      description: `The token with which Curfew reads and changes ${name}. Its value is stored by hand.`,
      recoveryWindowInDays: 30,
      ...(stack.keyArn && { kmsKeyId: stack.keyArn }),
      tags: stack.tags,
    });
    arns.set(secret.name, created.arn);
  }
  return arns;
}

/** As the policy writes it, since a ledger of another name is refused. */
function ledgerPlace({ target, bucket }: TargetRunArgs): pulumi.Output<string> {
  return target.ledger === null
    ? pulumi.interpolate`s3://${bucket.bucket}/${target.ledgerPrefix}`
    : pulumi.output(target.ledger);
}

/** Nothing here is secret: whoever may look at the function may read it. */
function environment(
  { target, bucket, topicArn, config }: TargetRunArgs,
  ledger: pulumi.Output<string>,
): Record<string, pulumi.Input<string>> {
  return {
    CURFEW_TARGET: target.name,
    CURFEW_LEDGER: ledger,
    CURFEW_REPORTS: pulumi.interpolate`s3://${bucket.bucket}/${RUNS_PREFIX}/${target.slug}`,
    CURFEW_ALERTS: topicArn,
    ...(config.hosts.length > 0 && { CURFEW_HOSTS: config.hosts.join(",") }),
    ...(config.accounts.length > 0 && { CURFEW_ACCOUNTS: config.accounts.join(",") }),
    POWERTOOLS_SERVICE_NAME: SERVICE,
    POWERTOOLS_METRICS_NAMESPACE: NAMESPACE,
    POWERTOOLS_LOG_LEVEL: config.logLevel,
    NODE_OPTIONS: `--max-old-space-size=${Math.floor(config.memory * HEAP_SHARE)}`,
  };
}
