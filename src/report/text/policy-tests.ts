/** What came of policy tests, for people and programs. JUnit: junit.ts. */
import type { Difference } from "../../policy-tests/compare.ts";
import type { Coverage } from "../../policy-tests/coverage.ts";
import type { SuiteResult, TestResult } from "../../policy-tests/run.ts";
import { jsonReport } from "../../text/escape.ts";
import { type Cell, columnWidths, paragraph, row } from "../../text/layout.ts";
import { printable } from "../../text/safe.ts";
import { count, number, sourceOf } from "../../text/words.ts";
import { type Pen, pen, type TextOptions } from "./pen.ts";

/** What `curfew test --format json` prints. Keys may be added, not changed. */
interface TestsReport {
  format: "curfew/tests/1";
  passed: boolean;
  tests: number;
  failed: number;
  suites: readonly SuiteResult[];
  /** Only where it was asked for; one a policy. */
  coverage?: readonly Coverage[];
}

/** How many tests failed. */
export function failures(suites: readonly SuiteResult[]): number {
  return suites.flatMap(({ tests }) => tests).filter(({ passed }) => !passed).length;
}

export function testsJson(
  suites: readonly SuiteResult[],
  coverage: readonly Coverage[] | null,
): string {
  const failed = failures(suites);
  const report: TestsReport = {
    format: "curfew/tests/1",
    passed: failed === 0,
    tests: suites.reduce((sum, { tests }) => sum + tests.length, 0),
    failed,
    suites,
    ...(coverage === null ? {} : { coverage }),
  };
  return jsonReport(report);
}

/** Every test on a line; of one that failed the differences, each with the line of policy. */
export function testsText(
  suites: readonly SuiteResult[],
  coverage: readonly Coverage[] | null,
  options: TextOptions,
): string {
  const p = pen(options);
  const failed = failures(suites);
  const all = suites.reduce((sum, { tests }) => sum + tests.length, 0);
  const verdict = failed === 0 ? "all passed" : `${number(failed)} failed`;
  const lines = [
    ...suites.flatMap((suite) => suiteLines(suite, p)),
    ...(coverage ?? []).flatMap((one) => coverageLines(one, p)),
    (failed === 0 ? p.style.good : p.style.alarm)(`${count(all, "test")}: ${verdict}.`),
  ];
  return `${lines.join("\n")}\n`;
}

function suiteLines({ file, policy, tests }: SuiteResult, p: Pen): string[] {
  const of = `for ${policy.target} (${policy.files[0] ?? ""})`;
  return [
    `${p.style.title(printable(file))}  ${p.style.dim(printable(of))}`,
    ...tests.flatMap((test) => testLines(test, p)),
    "",
  ];
}

function testLines(test: TestResult, p: Pen): string[] {
  if (test.passed) return [`  ${p.style.good("✓")} ${printable(test.name)}`];
  const name = `${printable(test.name)}  ${p.style.dim(sourceOf(test))}`;
  const differences = test.differences.flatMap((d) => [
    ...paragraph(differenceWords(d, test.file), p.width, 6),
    ...reasonLines(d, p),
  ]);
  return [`  ${p.style.alarm("✗")} ${name}`, ...differences];
}

/** "jane: re-authenticate phone was not expected". */
export function differenceWords({ kind, user, what, but, line }: Difference, file: string): string {
  const where = sourceOf({ file, line });
  const more = but === null ? "" : `: ${but}`;
  const words = {
    unexpected: `${what} was not expected (${where})${more}`,
    absent: `${what} was expected (${where}), and is absent${more}`,
    different: `${what} is wanted for something else (${where})${more}`,
  };
  return printable(`${user}: ${words[kind]}`);
}

function reasonLines({ reasons }: Difference, p: Pen): string[] {
  const rows = reasons.map((reason): Cell[] => [
    { text: reason.rule },
    { text: printable(reason.message) },
    { text: sourceOf(reason), paint: p.style.dim },
  ]);
  const widths = columnWidths(rows);
  return rows.flatMap((cells) =>
    row(cells, widths, p.width - 10).map((line) => `          ${line}`),
  );
}

function coverageLines({ target, all, untouched }: Coverage, p: Pen): string[] {
  const touched = `${number(all - untouched.length)} of ${count(all, "line")} touched by a test`;
  const rows = untouched.map((one): Cell[] => [
    { text: sourceOf(one), paint: p.style.dim },
    { text: printable(one.what) },
  ]);
  const widths = columnWidths(rows);
  return [
    p.style.title(`Coverage of ${printable(target)}: ${touched}`),
    ...rows.flatMap((cells) => row(cells, widths, p.width - 2).map((line) => `  ${line}`)),
    "",
  ];
}
