import { expect, test } from "vitest";
import { jsonLines, metricsOf, sumOf } from "./logs.ts";

const embedded = (values: object) =>
  JSON.stringify({
    _aws: {
      Timestamp: 1,
      CloudWatchMetrics: [
        {
          Namespace: "Curfew",
          Dimensions: [["target"]],
          Metrics: [{ Name: "Users", Unit: "Count" }],
        },
      ],
    },
    target: "production",
    ...values,
  });

test("lines that are no JSON are left out", () => {
  expect(jsonLines('START\n{"a":1}\n{half\n{"b":2}\n')).toEqual([{ a: 1 }, { b: 2 }]);
});

test("a metric has its values, its unit and its dimensions", () => {
  const log = `${embedded({ Users: 4 })}\n${embedded({ Users: [1, 2] })}\n`;
  expect(metricsOf(log)).toHaveLength(2);
  expect(metricsOf(log)[1]).toEqual({
    namespace: "Curfew",
    name: "Users",
    unit: "Count",
    values: [1, 2],
    dimensions: [{ target: "production" }],
  });
  expect(sumOf(log, "Users")).toBe(7);
  expect(sumOf(log, "Sessions")).toBeNull();
});

test("a metric without a value, or without its dimension, is an error", () => {
  expect(() => metricsOf(embedded({}))).toThrow("Users");
  expect(() => metricsOf(embedded({ Users: 1, target: undefined }))).toThrow("target");
});
