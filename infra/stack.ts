/** The stack, from its settings: what is deployed, in the order in which it is understood. */
import path from "node:path";
import { ScheduleGroup } from "@pulumi/aws/scheduler/index.js";
import * as pulumi from "@pulumi/pulumi";
import { UsageError } from "../src/errors.ts";
import { QueueAlarm } from "./alarms.ts";
import { Alerts, DeadLetters } from "./alerts.ts";
import { buildBundle, buildWebhookBundle } from "./bundle.ts";
import { type Config, readConfig } from "./config.ts";
import { readContext, type StackContext } from "./context.ts";
import { RunsDashboard } from "./dashboard.ts";
import { RunsOnDeploy } from "./deployed.ts";
import { CiRole } from "./github.ts";
import { StackKey } from "./key.ts";
import { LedgerBucket } from "./ledger-bucket.ts";
import { createSecrets, TargetRun } from "./target-run.ts";
import { estateOf, type StackTarget } from "./targets.ts";
import { Webhook } from "./webhook.ts";

export interface DeployOptions {
  /** The checkout. */
  root: string;
  /** Where packages are built. */
  build: string;
  /** Pulumi's configuration: `curfew:memory` → `1024`. */
  config: Readonly<Record<string, string>>;
}

/** Registers all resources of the stack. Returns its outputs. Throws the errors of errors.ts where it can't be deployed. */
export async function deploy({ root, build, config: given }: DeployOptions) {
  const config = readConfig(given);
  const bundle = await buildBundle({
    root,
    policies: config.policies,
    out: path.join(build, "lambda"),
  });
  const { targets, bucket: bucketName } = estateOf(bundle.policies, config);
  reviewed(bundle.commit, config);
  const stack = await contextOf(config);
  if (config.emails.length + config.webhooks.length === 0) {
    await pulumi.log.warn("Nobody is told of alarms: set curfew:emails or curfew:webhooks.");
  }
  const bucket = new LedgerBucket("ledger", {
    stack,
    bucketName,
    ledgerKeys: targets.map(({ ledgerKey }) => ledgerKey),
    audit: { mode: config.auditMode, days: config.auditDays },
    reportDays: config.reportDays,
    versionDays: config.versionDays,
  });
  const alerts = new Alerts("alerts", { stack, emails: config.emails });
  const queue = new DeadLetters("dead-letters", { stack });
  const topicArn = alerts.arn;
  const queueArn = queue.arn;
  new QueueAlarm("dead-letters", { stack, topicArn, queueName: queue.queueName });
  await addWebhooks({ root, build, config, stack, topicArn, queueArn });

  const secrets = createSecrets(targets, stack);
  const secretOf = ({ secret }: StackTarget) => secret.arn ?? secrets.get(secret.name) ?? "";
  const { name: groupName, tags } = stack;
  const group = new ScheduleGroup("schedules", { name: groupName, tags });
  const runs = targets.map((target) => {
    const secretArn = secretOf(target);
    const { folder } = bundle;
    const args = { stack, config, target, folder, bucket, secretArn, topicArn, queueArn, group };
    return { target, run: new TargetRun(target.slug, args) };
  });
  const deployed = runs.map(({ target, run }) => ({ target, lambda: run.lambda }));
  // Whoever pauses a target wants no run at all; the first deployment after the pause runs at once.
  const atWork = deployed.filter(({ target }) => !target.paused);
  new RunsOnDeploy("deployed", { stack, bucket, runs: atWork });
  const dashboard = new RunsDashboard("runs", {
    stack,
    runs: deployed.map(({ target, lambda }) => ({
      target: target.name,
      functionName: lambda.functionName,
    })),
  });
  const { github } = config;
  const ci = github && new CiRole("ci", { stack, github, bucketArn: bucket.arn });
  const byTarget = <T>(value: (run: (typeof runs)[number]) => T): Record<string, T> =>
    Object.fromEntries(runs.map((run) => [run.target.name, value(run)]));
  return {
    functions: byTarget(({ run }) => run.lambda.functionName),
    ledgers: byTarget(({ run }) => run.ledger),
    secrets: byTarget(({ target }) => secretOf(target)),
    topic: topicArn,
    deadLetters: queue.url,
    bucket: bucket.bucket,
    dashboard: dashboard.url,
    ...(ci && { ciRole: ci.arn }),
  };
}

/** What was reviewed and merged is what runs. A preview may show more. */
function reviewed(commit: string | null, { allowUncommitted }: Config): void {
  if (commit !== null || allowUncommitted) return;
  const message =
    "What would be deployed is not what a commit holds: src, package.json, package-lock.json or the policies have changes that are not committed, or are in no git repository. Commit them first. To try something out: pulumi config set curfew:allowUncommitted true";
  if (!pulumi.runtime.isDryRun()) throw new UsageError(message);
  void pulumi.log.warn(message);
}

async function contextOf({ kms, tags }: Config): Promise<StackContext> {
  const here = await readContext(tags);
  if (kms === false) return { ...here, keyArn: null };
  return { ...here, keyArn: kms === true ? new StackKey(here).arn : kms };
}

interface Webhooks {
  root: string;
  build: string;
  config: Config;
  stack: StackContext;
  topicArn: pulumi.Input<string>;
  queueArn: pulumi.Input<string>;
}

async function addWebhooks(args: Webhooks): Promise<void> {
  const { root, build, config, stack, topicArn, queueArn } = args;
  if (config.webhooks.length === 0) return;
  const { folder } = await buildWebhookBundle({ root, out: path.join(build, "webhook") });
  for (const [index, secretArn] of config.webhooks.entries()) {
    const slug = `webhook-${index + 1}`;
    const { logDays, logLevel } = config;
    new Webhook(slug, { stack, slug, folder, secretArn, topicArn, queueArn, logDays, logLevel });
  }
}
