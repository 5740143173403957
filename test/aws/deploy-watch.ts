/** Log groups, alarms and dashboards. */
import { PutDashboardCommand, PutMetricAlarmCommand } from "@aws-sdk/client-cloudwatch";
import {
  CreateLogGroupCommand,
  PutMetricFilterCommand,
  PutRetentionPolicyCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { z } from "zod";
import { ACCOUNT } from "./clients.ts";
import { type Maker, maker, tagged, tagList } from "./maker.ts";

const text = z.string();
const whole = z.number().int().positive();
const dimensions = z.record(text, text);

function dimensionList(from: Readonly<Record<string, string>> = {}) {
  return Object.entries(from).map(([Name, Value]) => ({ Name, Value }));
}

const query = z.strictObject({
  id: text,
  expression: text.optional(),
  label: text.optional(),
  returnData: z.boolean().optional(),
  metric: z
    .strictObject({ namespace: text, metricName: text, dimensions, stat: text, period: whole })
    .optional(),
});

function metricQuery({ metric, ...from }: z.output<typeof query>) {
  return {
    Id: from.id,
    Expression: from.expression,
    Label: from.label,
    // AWS takes an absent one for true; Pulumi's provider sends false.
    ReturnData: from.returnData ?? false,
    ...(metric && {
      MetricStat: {
        Metric: {
          Namespace: metric.namespace,
          MetricName: metric.metricName,
          Dimensions: dimensionList(metric.dimensions),
        },
        Period: metric.period,
        Stat: metric.stat,
      },
    }),
  };
}

export const WATCH: Readonly<Record<string, Maker>> = {
  "aws:cloudwatch/logGroup:LogGroup": maker(
    { name: text, retentionInDays: whole, kmsKeyId: text.optional(), ...tagged },
    async ({ logs, region }, { name: logGroupName, retentionInDays, kmsKeyId, tags }) => {
      await logs.send(new CreateLogGroupCommand({ logGroupName, kmsKeyId, ...(tags && { tags }) }));
      await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }));
      // Without the `:*` of CloudWatch's own answer, as Pulumi's provider gives it.
      const arn = `arn:aws:logs:${region}:${ACCOUNT}:log-group:${logGroupName}`;
      return { id: logGroupName, outputs: { arn } };
    },
  ),
  "aws:cloudwatch/logMetricFilter:LogMetricFilter": maker(
    {
      name: text,
      logGroupName: text,
      pattern: text,
      metricTransformation: z.strictObject({ name: text, namespace: text, value: text }),
    },
    async ({ logs }, { name, logGroupName, pattern, metricTransformation: to }) => {
      await logs.send(
        new PutMetricFilterCommand({
          filterName: name,
          logGroupName,
          filterPattern: pattern,
          metricTransformations: [
            { metricName: to.name, metricNamespace: to.namespace, metricValue: to.value },
          ],
        }),
      );
      return { id: name, outputs: {} };
    },
  ),
  "aws:cloudwatch/metricAlarm:MetricAlarm": maker(
    {
      name: text,
      alarmDescription: text,
      alarmActions: z.array(text),
      okActions: z.array(text),
      namespace: text.optional(),
      metricName: text.optional(),
      dimensions: dimensions.optional(),
      metricQueries: z.array(query).optional(),
      comparisonOperator: z.enum(["GreaterThanOrEqualToThreshold", "LessThanThreshold"]),
      threshold: z.number(),
      statistic: z.enum(["Sum", "Maximum"]).optional(),
      period: whole.optional(),
      evaluationPeriods: whole,
      datapointsToAlarm: whole.optional(),
      treatMissingData: z.enum(["breaching", "notBreaching"]),
      ...tagged,
    },
    async ({ cloudwatch, region }, inputs) => {
      await cloudwatch.send(
        new PutMetricAlarmCommand({
          AlarmName: inputs.name,
          AlarmDescription: inputs.alarmDescription,
          AlarmActions: inputs.alarmActions,
          OKActions: inputs.okActions,
          Namespace: inputs.namespace,
          MetricName: inputs.metricName,
          ...(inputs.dimensions && { Dimensions: dimensionList(inputs.dimensions) }),
          ...(inputs.metricQueries && { Metrics: inputs.metricQueries.map(metricQuery) }),
          ComparisonOperator: inputs.comparisonOperator,
          Threshold: inputs.threshold,
          Statistic: inputs.statistic,
          Period: inputs.period,
          EvaluationPeriods: inputs.evaluationPeriods,
          DatapointsToAlarm: inputs.datapointsToAlarm,
          TreatMissingData: inputs.treatMissingData,
          Tags: tagList(inputs.tags),
        }),
      );
      const arn = `arn:aws:cloudwatch:${region}:${ACCOUNT}:alarm:${inputs.name}`;
      return { id: inputs.name, outputs: { arn } };
    },
  ),
  "aws:cloudwatch/dashboard:Dashboard": maker(
    { dashboardName: text, dashboardBody: text },
    async ({ cloudwatch }, { dashboardName: DashboardName, dashboardBody: DashboardBody }) => {
      JSON.parse(DashboardBody);
      await cloudwatch.send(new PutDashboardCommand({ DashboardName, DashboardBody }));
      return {
        id: DashboardName,
        outputs: { dashboardArn: `arn:aws:cloudwatch::${ACCOUNT}:dashboard/${DashboardName}` },
      };
    },
  ),
};
