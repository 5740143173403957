/** One page for looking at all targets: did they run, what did they do, how long did it take. */
import { Dashboard } from "@pulumi/aws/cloudwatch/index.js";
import * as pulumi from "@pulumi/pulumi";
import { NAMESPACE, SERVICE } from "./alarms.ts";
import type { StackContext } from "./context.ts";

export interface RunsDashboardArgs {
  stack: StackContext;
  runs: readonly { target: string; functionName: pulumi.Input<string> }[];
}

const HOUR = 3600;
const COLUMNS = 24;
const WIDTH = 8;
const HEIGHT = 6;

export class RunsDashboard extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: RunsDashboardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("curfew:infra:RunsDashboard", name, {}, opts);
    const { stack } = args;
    const runs = pulumi.all(args.runs.map((run) => pulumi.output(run)));
    const dashboard = new Dashboard(
      name,
      {
        dashboardName: stack.name,
        dashboardBody: runs.apply((all) =>
          JSON.stringify({ widgets: all.flatMap((run, row) => widgets(stack, run, row)) }),
        ),
      },
      { parent: this },
    );
    const console =
      stack.partition === "aws" ? "console.aws.amazon.com" : `console.${stack.dnsSuffix}`;
    this.url = pulumi.interpolate`https://${console}/cloudwatch/home?region=${stack.region}#dashboards/dashboard/${dashboard.dashboardName}`;
    this.registerOutputs({ url: this.url });
  }
}

/** The charts of one target. Metrics that come with more dimensions (type, cause) are found by a search. */
function widgets(
  { region }: StackContext,
  { target, functionName }: { target: string; functionName: string },
  row: number,
) {
  const own = (metric: string, stat = "Sum") => [
    NAMESPACE,
    metric,
    "service",
    SERVICE,
    "target",
    target,
    { stat },
  ];
  const lambda = (metric: string, stat: string) => [
    "AWS/Lambda",
    metric,
    "FunctionName",
    functionName,
    { stat },
  ];
  const named = target.replaceAll('"', "");
  const actions = {
    expression: `SEARCH('{${NAMESPACE},service,target,type,cause} MetricName="ActionsByCause" target="${named}"', 'Sum', ${HOUR})`,
    id: "actions",
    label: "",
  };
  const charts: [string, unknown[]][] = [
    [
      "runs",
      ["Success", "Refused", "Unreadable", "Failed", "Broken", "Busy"].map((ending) => own(ending)),
    ],
    ["actions by type and cause", [[actions]]],
    ["users and sessions", [own("Users", "Maximum"), own("Sessions", "Maximum")]],
    ["duration", [lambda("Duration", "Maximum")]],
    ["requests", [own("Requests"), own("Throttled")]],
    ["age of the inventory", [own("InventoryAge", "Maximum")]],
  ];
  return charts.map(([title, metrics], index) => ({
    type: "metric",
    x: (index * WIDTH) % COLUMNS,
    y: row * 2 * HEIGHT + Math.floor((index * WIDTH) / COLUMNS) * HEIGHT,
    width: WIDTH,
    height: HEIGHT,
    properties: { title: `${target}: ${title}`, region, period: HOUR, view: "timeSeries", metrics },
  }));
}
