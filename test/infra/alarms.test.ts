/** What calls people: each alarm, what it watches, and that its description leads to what to do. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "./engine.ts";
import { policyText } from "./estate.ts";
import { type MockedStack, removeStacks, smallStack } from "./mocks.ts";
import { ACCOUNT, REGION } from "./outputs.ts";
import { all, one } from "./query.ts";

const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:curfew-test-alerts`;
const NEVER = {
  comparisonOperator: "GreaterThanOrEqualToThreshold",
  threshold: 1,
  statistic: "Sum",
  period: 3600,
  evaluationPeriods: 2,
  datapointsToAlarm: 1,
  treatMissingData: "notBreaching",
};
const OF_RUN = { namespace: "Curfew", dimensions: { service: "curfew", target: "production" } };
const OF_FUNCTION = {
  namespace: "AWS/Lambda",
  dimensions: { FunctionName: "curfew-test-production" },
};

let stack: MockedStack;

beforeAll(async () => {
  stack = await deployed({});
});

afterAll(removeStacks);

const deployed = (config: Record<string, unknown>) =>
  smallStack({ "production.yaml": policyText("production") }, config);

const alarm = (kind: string, of = stack) => one(of.registrations, "MetricAlarm", kind).inputs;

describe("the dead man's alarm", () => {
  test("fires when no run succeeded for two hours, and when nothing at all is heard", () => {
    expect(alarm("production-dead-man")).toMatchObject({
      name: "curfew-test-production-dead-man",
      metricQueries: [
        { id: "success", metric: { ...OF_RUN, metricName: "Success", stat: "Sum", period: 900 } },
        { id: "alive", expression: "FILL(success, 0)", returnData: true },
      ],
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      evaluationPeriods: 8,
      datapointsToAlarm: 8,
      treatMissingData: "breaching",
    });
  });

  test("waits as long as the schedule makes necessary", async () => {
    const slow = await deployed({ schedule: "rate(1 day)" });
    expect(alarm("production-dead-man", slow)).toMatchObject({
      metricQueries: [{ metric: { period: 3600 } }, {}],
      evaluationPeriods: 48,
      datapointsToAlarm: 48,
    });
  });
});

describe("an alarm", () => {
  test.each([
    ["errors", { ...NEVER, ...OF_FUNCTION, metricName: "Errors" }],
    ["refusals", { ...NEVER, ...OF_RUN, metricName: "Refusals" }],
    ["unreadable", { ...NEVER, ...OF_RUN, metricName: "Unreadable" }],
    ["untold", { ...NEVER, ...OF_RUN, metricName: "Untold" }],
    [
      "throttles",
      {
        ...NEVER,
        ...OF_FUNCTION,
        metricName: "Throttles",
        period: 300,
        evaluationPeriods: 4,
        datapointsToAlarm: 4,
      },
    ],
    [
      "slow",
      {
        ...NEVER,
        ...OF_FUNCTION,
        metricName: "Duration",
        statistic: "Maximum",
        threshold: 720_000,
      },
    ],
    [
      "memory",
      {
        ...NEVER,
        namespace: "Curfew",
        metricName: "MemoryUsed.production",
        statistic: "Maximum",
        threshold: 921.6,
      },
    ],
  ])("%s", (kind, expected) => {
    expect(alarm(`production-${kind}`)).toMatchObject(expected);
  });

  test("of the queue: a message lies in it", () => {
    expect(alarm("queue-dead-letter")).toMatchObject({
      ...NEVER,
      namespace: "AWS/SQS",
      dimensions: { QueueName: "curfew-test-dead-letters" },
      metricName: "ApproximateNumberOfMessagesVisible",
      statistic: "Maximum",
      period: 300,
      evaluationPeriods: 1,
    });
  });

  test("of memory reads what Lambda reports of each run", () => {
    expect(one(stack.registrations, "LogMetricFilter").inputs).toEqual({
      name: "memory-used",
      logGroupName: "/curfew/test/production",
      pattern: '{ $.type = "platform.report" }',
      metricTransformation: {
        name: "MemoryUsed.production",
        namespace: "Curfew",
        value: "$.record.metrics.maxMemoryUsedMB",
      },
    });
  });
});

describe("all alarms", () => {
  test("tell the topic when they begin and when they end", () => {
    const alarms = all(stack.registrations, "MetricAlarm");
    expect(alarms).toHaveLength(9);
    for (const { inputs } of alarms) {
      expect(inputs).toMatchObject({ alarmActions: [TOPIC], okActions: [TOPIC] });
      expect(inputs).not.toHaveProperty("actionsEnabled");
    }
  });

  test("say what to do, under a heading that docs/deploy.md has", async () => {
    const guide = await readFile(path.join(ROOT, "docs/deploy.md"), "utf8");
    const headings = [...guide.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    );
    for (const { inputs } of all(stack.registrations, "MetricAlarm")) {
      const link = /See docs\/deploy\.md#(alarm-[a-z-]+)$/.exec(String(inputs.alarmDescription));
      expect(headings, String(inputs.alarmDescription)).toContain(link?.[1]);
    }
  });

  test("watch metrics that the run writes", async () => {
    const measures = await readFile(path.join(ROOT, "src/lambda/measures.ts"), "utf8");
    for (const name of ["Success", "Refusals", "Unreadable"])
      expect(measures).toContain(`"${name}"`);
    expect(measures).toContain('namespace: "Curfew"');
    expect(measures).toContain('serviceName: "curfew"');
  });

  test("reach people by e-mail", () => {
    expect(one(stack.registrations, "TopicSubscription").inputs).toMatchObject({
      topic: TOPIC,
      protocol: "email",
      endpoint: "security@acme.example",
    });
  });
});
