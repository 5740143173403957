/** What a function's log says: structured lines, and metrics in CloudWatch's embedded metric format. */

/** The lines of a log that are JSON objects. */
export function jsonLines(log: string): Record<string, unknown>[] {
  return log.split("\n").flatMap((line) => {
    if (!line.startsWith("{")) return [];
    try {
      return [JSON.parse(line) as Record<string, unknown>];
    } catch {
      return [];
    }
  });
}

export interface Metric {
  namespace: string;
  name: string;
  unit: string;
  values: number[];
  /** By each set of dimensions that it is stored under: name → value. */
  dimensions: Record<string, string>[];
}

interface Embedded {
  CloudWatchMetrics: {
    Namespace: string;
    Dimensions: string[][];
    Metrics: { Name: string; Unit?: string }[];
  }[];
}

/** The metrics that CloudWatch takes from a log. Throws where a metric or a dimension that is announced has no value. */
export function metricsOf(log: string): Metric[] {
  return jsonLines(log).flatMap((line) => {
    const embedded = line._aws as Embedded | undefined;
    return (embedded?.CloudWatchMetrics ?? []).flatMap((group) =>
      group.Metrics.map(({ Name, Unit = "None" }) => ({
        namespace: group.Namespace,
        name: Name,
        unit: Unit,
        values: [line[Name]].flat().map((value) => number(value, Name)),
        dimensions: group.Dimensions.map((names) =>
          Object.fromEntries(names.map((name) => [name, string(line[name], name)])),
        ),
      })),
    );
  });
}

/** The sum of a metric's values in a log; null where it is not there. */
export function sumOf(log: string, name: string): number | null {
  const found = metricsOf(log).filter((metric) => metric.name === name);
  if (found.length === 0) return null;
  return found.flatMap(({ values }) => values).reduce((sum, value) => sum + value, 0);
}

function number(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new Error(`The metric ${name} has the value ${JSON.stringify(value)}, which is no number.`);
}

function string(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new Error(
    `The dimension ${name} has the value ${JSON.stringify(value)}, which is no text.`,
  );
}
