/** What starts a target's run: EventBridge Scheduler, with a role that can start this run only. */
import { Role, RolePolicy } from "@pulumi/aws/iam/index.js";
import { Schedule } from "@pulumi/aws/scheduler/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "./context.ts";
import { policyDocument, schedulerStatements, trustService } from "./permissions.ts";
import { WINDOW_MINUTES } from "./schedule-expression.ts";

export interface RunScheduleArgs {
  stack: StackContext;
  group: { name: pulumi.Input<string>; arn: pulumi.Input<string> };
  target: string;
  slug: string;
  /** Checked by scheduleFault. */
  expression: string;
  timezone: string;
  paused: boolean;
  functionArn: pulumi.Input<string>;
  queueArn: pulumi.Input<string>;
}

/** An undelivered start is given up after so long: the next hour does it. */
const RETRY_SECONDS = 45 * 60;

export class RunSchedule extends pulumi.ComponentResource {
  constructor(name: string, args: RunScheduleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("curfew:infra:RunSchedule", name, {}, opts);
    const own = { parent: this };
    const { stack, group } = args;
    const trust = trustService("scheduler.amazonaws.com", stack, group.arn);
    const role = new Role(
      `${name}-schedule`,
      {
        description: `Starts Curfew's run of ${args.target}`,
        assumeRolePolicy: policyDocument([trust]),
        tags: stack.tags,
      },
      own,
    );
    const policy = policyDocument(schedulerStatements(args.functionArn, args.queueArn, stack));
    const permissions = new RolePolicy(`${name}-schedule`, { role: role.id, policy }, own);
    new Schedule(
      name,
      {
        name: args.slug,
        groupName: group.name,
        description: `Curfew's run of ${args.target}`,
        scheduleExpression: args.expression,
        scheduleExpressionTimezone: args.timezone,
        flexibleTimeWindow: { mode: "FLEXIBLE", maximumWindowInMinutes: WINDOW_MINUTES },
        state: args.paused ? "DISABLED" : "ENABLED",
        target: {
          arn: args.functionArn,
          roleArn: role.arn,
          input: JSON.stringify(event(args.target)),
          retryPolicy: { maximumEventAgeInSeconds: RETRY_SECONDS, maximumRetryAttempts: 5 },
          deadLetterConfig: { arn: args.queueArn },
        },
      },
      { ...own, dependsOn: [permissions] },
    );
    this.registerOutputs({});
  }
}

/** What the function is given; the scheduler puts its own values in place of what is between `<` and `>`. */
function event(target: string) {
  return {
    kind: "scheduled",
    target,
    scheduledAt: "<aws.scheduler.scheduled-time>",
    id: "<aws.scheduler.execution-id>",
  };
}
