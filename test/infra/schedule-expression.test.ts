import { describe, expect, test } from "vitest";
import { rateMinutes, scheduleFault } from "../../infra/schedule-expression.ts";

describe("a schedule that EventBridge Scheduler takes", () => {
  test.each([
    "rate(1 hour)",
    "rate(30 minutes)",
    "rate(6 hours)",
    "rate(1 day)",
    "cron(0 6 * * ? *)",
    "cron(0/30 * ? * MON-FRI *)",
    "cron(15,45 6-18 1 JAN,JUL ? 2026-2030)",
    "cron(0/59 6 * * ? *)",
    "cron(15/30 * * * ? *)",
    "cron(0 */23 * * ? *)",
    "cron(0 6 1/31 * ? *)",
    "cron(0 6 L * ? *)",
    "cron(0 6 15W * ? *)",
    "cron(0 6 ? * 2#1 *)",
    "cron(0 6 ? * 6L *)",
  ])("%s", (expression) => {
    expect(scheduleFault(expression)).toBeNull();
  });
});

describe("a schedule that it refuses, with the reason", () => {
  test.each([
    ["hourly", "is no schedule"],
    ["rate(1 hours)", "is no schedule"],
    ["rate(2 hour)", "is no schedule"],
    ["rate(0 hours)", "is no schedule"],
    ["rate(1.5 hours)", "is no schedule"],
    ["rate(1 week)", "is no schedule"],
    [" rate(1 hour)", "is no schedule"],
    ["at(2026-11-22T10:00:00)", "is no schedule"],
    ["rate(29 minutes)", "is too often"],
    ["cron(0 6 * * ?)", "it has 5 fields"],
    ["cron(0 6 * * * *)", 'needs "?"'],
    ["cron(0 6 ? * ? *)", 'needs "?"'],
    ["cron(60 6 * * ? *)", '"60" for the minutes'],
    ["cron(0 24 * * ? *)", '"24" for the hours'],
    ["cron(0 6 32 * ? *)", '"32" for the day of month'],
    ["cron(0 6 * 13 ? *)", '"13" for the month'],
    ["cron(0 6 * FEBR ? *)", '"FEBR" for the month'],
    ["cron(0 6 ? * 0 *)", '"0" for the day of week'],
    ["cron(0 6 * * ? 1969)", '"1969" for the year'],
    ["cron(0 18-6 * * ? *)", '"18-6" for the hours'],
    ["cron(0/0 6 * * ? *)", '"0/0" for the minutes'],
    ["cron(*/60 * * * ? *)", '"*/60" for the minutes'],
    ["cron(0/90 * * * ? *)", '"0/90" for the minutes'],
    ["cron(0 */24 * * ? *)", '"*/24" for the hours'],
    ["cron(0 6 */32 * ? *)", '"*/32" for the day of month'],
    ["cron(0 6 1 */13 ? *)", '"*/13" for the month'],
    ["cron(*/5 * * * ? *)", "is too often"],
    ["cron(* 6 * * ? *)", "is too often"],
    ["cron(0,10 6 * * ? *)", "is too often"],
    ["cron(50-59 6 * * ? *)", "is too often"],
    ["cron(0/25 * * * ? *)", "is too often"],
    ["cron(0,45 * * * ? *)", "is too often"],
    ["cron(0,59 0,23 * * ? *)", "is too often"],
    ["cron(? 6 * * ? *)", '"?" for the minutes'],
    ["cron(0  6 * * ? *)", "it has 7 fields"],
  ])("%s: %s", (expression, reason) => {
    expect(scheduleFault(expression)).toContain(reason);
  });
});

test("the interval of a rate is known in minutes, that of a cron is not", () => {
  expect(rateMinutes("rate(45 minutes)")).toBe(45);
  expect(rateMinutes("rate(1 hour)")).toBe(60);
  expect(rateMinutes("rate(2 days)")).toBe(2880);
  expect(rateMinutes("cron(0 6 * * ? *)")).toBeNull();
});
