/** What calls people. Each description says what to do; docs/deploy.md has the whole of it under the same name. */
import {
  LogMetricFilter,
  MetricAlarm,
  type MetricAlarmArgs,
} from "@pulumi/aws/cloudwatch/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "./context.ts";

/** Where src/lambda/handler.ts writes its metrics, with the dimensions service and target. */
export const NAMESPACE = "Curfew";
export const SERVICE = "curfew";
const MINUTE = 60;
const HOUR = 60 * MINUTE;

interface Described {
  /** The last part of its name, and of its heading in docs/deploy.md. */
  kind: string;
  /** What happened, as a sentence. */
  what: string;
  todo: string;
}

type Measured = Omit<
  MetricAlarmArgs,
  "name" | "alarmDescription" | "alarmActions" | "okActions" | "tags"
>;

/**
 * Something that must not happen at all. It stays in alarm while hourly runs go on meeting it, so that people are told
 * once, and again when it is over.
 */
const NEVER = {
  comparisonOperator: "GreaterThanOrEqualToThreshold",
  threshold: 1,
  statistic: "Sum",
  period: HOUR,
  evaluationPeriods: 2,
  datapointsToAlarm: 1,
  treatMissingData: "notBreaching",
};

abstract class Alarms extends pulumi.ComponentResource {
  protected add(
    { stack, topicArn }: { stack: StackContext; topicArn: pulumi.Input<string> },
    subject: string,
    described: Described,
    measured: Measured,
  ): void {
    const { kind, what, todo } = described;
    new MetricAlarm(
      `${subject}-${kind}`,
      {
        ...measured,
        name: `${stack.name}-${subject}-${kind}`,
        alarmDescription: `${what} ${todo} See docs/deploy.md#alarm-${kind}`,
        alarmActions: [topicArn],
        okActions: [topicArn],
        tags: stack.tags,
      },
      { parent: this },
    );
  }
}

export interface RunAlarmsArgs {
  stack: StackContext;
  topicArn: pulumi.Input<string>;
  target: string;
  slug: string;
  functionName: pulumi.Input<string>;
  logGroupName: pulumi.Input<string>;
  deadMansHours: number;
  memory: number;
  timeoutSeconds: number;
}

/** The alarms of one target. */
export class RunAlarms extends Alarms {
  constructor(name: string, args: RunAlarmsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("curfew:infra:RunAlarms", name, {}, opts);
    const { slug, target } = args;
    const ofFunction = {
      namespace: "AWS/Lambda",
      dimensions: { FunctionName: args.functionName },
    };
    const ofRun = { namespace: NAMESPACE, dimensions: { service: SERVICE, target } };
    const add = (described: Described, measured: Measured) =>
      this.add(args, slug, described, measured);

    add(
      {
        kind: "dead-man",
        what: `${target}: no successful run for ${args.deadMansHours} hours.`,
        todo: "The policy is not being kept. Look whether the schedule is enabled, and at the function's log.",
      },
      silence(ofRun, args.deadMansHours),
    );
    add(
      {
        kind: "errors",
        what: `${target}: a run ended in an error.`,
        todo: "Its last log lines say why.",
      },
      { ...NEVER, ...ofFunction, metricName: "Errors" },
    );
    add(
      {
        kind: "refusals",
        what: `${target}: a limit held back all actions of a type.`,
        todo: "Read the report: if the actions are right, raise the limit by a reviewed line; if not, mend the policy.",
      },
      { ...NEVER, ...ofRun, metricName: "Refusals" },
    );
    add(
      {
        kind: "unreadable",
        what: `${target}: the target could not be read in full, so nothing was done.`,
        todo: "Look whether the backend is up and the token still valid.",
      },
      { ...NEVER, ...ofRun, metricName: "Unreadable" },
    );
    add(
      {
        kind: "untold",
        what: `${target}: somebody could not be told of what happened.`,
        todo: "The run itself is not touched by it, and it is tried again for 7 days. Its log says which channel of notify did not take it.",
      },
      { ...NEVER, ...ofRun, metricName: "Untold" },
    );
    add(
      {
        kind: "throttles",
        what: `${target}: runs have been turned away for longer than a run can last.`,
        todo: "Look at the concurrency of the function and of the account.",
      },
      {
        ...NEVER,
        ...ofFunction,
        metricName: "Throttles",
        // A start that meets a run at work is turned away and comes again: that is as it should be.
        period: 5 * MINUTE,
        evaluationPeriods: 4,
        datapointsToAlarm: 4,
      },
    );
    this.#budget(args, add, ofFunction);
    this.registerOutputs({});
  }

  /** Time and memory: told before a run is cut off by either. */
  #budget(
    args: RunAlarmsArgs,
    add: (described: Described, measured: Measured) => void,
    ofFunction: Pick<Measured, "namespace" | "dimensions">,
  ): void {
    const { target, slug } = args;
    add(
      {
        kind: "slow",
        what: `${target}: a run took four fifths of the time that it may.`,
        todo: "Raise target.requestsPerSecond or curfew:memory.",
      },
      {
        ...NEVER,
        ...ofFunction,
        metricName: "Duration",
        statistic: "Maximum",
        threshold: args.timeoutSeconds * 0.8 * 1000,
      },
    );
    const memoryUsed = `MemoryUsed.${slug}`;
    new LogMetricFilter(
      `${slug}-memory`,
      {
        name: "memory-used",
        logGroupName: args.logGroupName,
        pattern: '{ $.type = "platform.report" }',
        metricTransformation: {
          name: memoryUsed,
          namespace: NAMESPACE,
          value: "$.record.metrics.maxMemoryUsedMB",
        },
      },
      { parent: this },
    );
    add(
      {
        kind: "memory",
        what: `${target}: a run took nine tenths of the memory that it may.`,
        todo: "Raise curfew:memory.",
      },
      {
        ...NEVER,
        namespace: NAMESPACE,
        metricName: memoryUsed,
        statistic: "Maximum",
        threshold: args.memory * 0.9,
      },
    );
  }
}

/**
 * The dead man's alarm. Where data is missing CloudWatch looks further back than it is asked to, for periods at a time,
 * and would be hours late (CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data"). So missing
 * data counts as 0 in the metric itself, and as breaching where there is no metric at all. Small periods, since it may
 * begin them on the clock: two whole hours would be found empty while the second has only just begun.
 */
function silence(
  { namespace, dimensions }: { namespace: string; dimensions: Record<string, string> },
  hours: number,
): Measured {
  // Of an alarm with periods under an hour, CloudWatch takes a day at most.
  const period = hours <= 24 ? 15 * MINUTE : HOUR;
  const periods = (hours * HOUR) / period;
  return {
    metricQueries: [
      {
        id: "success",
        metric: { namespace, metricName: "Success", dimensions, stat: "Sum", period },
      },
      { id: "alive", expression: "FILL(success, 0)", label: "Successful runs", returnData: true },
    ],
    comparisonOperator: "LessThanThreshold",
    threshold: 1,
    evaluationPeriods: periods,
    datapointsToAlarm: periods,
    treatMissingData: "breaching",
  };
}

export interface QueueAlarmArgs {
  stack: StackContext;
  topicArn: pulumi.Input<string>;
  queueName: pulumi.Input<string>;
}

/** The alarm of the queue, which all targets share. */
export class QueueAlarm extends Alarms {
  constructor(name: string, args: QueueAlarmArgs, opts?: pulumi.ComponentResourceOptions) {
    super("curfew:infra:QueueAlarm", name, {}, opts);
    this.add(
      args,
      "queue",
      {
        kind: "dead-letter",
        what: "The start of a run, or an alert to a webhook, could not be delivered.",
        todo: "Read the message, mend its cause, and remove it: that ends this alarm.",
      },
      {
        ...NEVER,
        namespace: "AWS/SQS",
        dimensions: { QueueName: args.queueName },
        metricName: "ApproximateNumberOfMessagesVisible",
        statistic: "Maximum",
        period: 5 * MINUTE,
        evaluationPeriods: 1,
      },
    );
    this.registerOutputs({});
  }
}
