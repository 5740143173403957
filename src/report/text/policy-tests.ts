/** What came of policy tests, for people. */
import type { Difference } from "../../policy-tests/compare.ts";
import type { Coverage } from "../../policy-tests/coverage.ts";
import type { SuiteResult, TestResult } from "../../policy-tests/run.ts";
import { type Cell, columnWidths, paragraph, row } from "../../text/layout.ts";
import { printable } from "../../text/safe.ts";
import { count, number, sourceOf } from "../../text/words.ts";
import { differenceWords, failures, testCount } from "../told/policy-tests.ts";
import { type Pen, pen, type TextOptions } from "./pen.ts";

/** Every test on a line; of one that failed the differences, each with the line of policy. */
export function testsText(
  suites: readonly SuiteResult[],
  coverage: readonly Coverage[] | null,
  options: TextOptions,
): string {
  const p = pen(options);
  const failed = failures(suites);
  const verdict = failed === 0 ? "all passed" : `${number(failed)} failed`;
  const lines = [
    ...suites.flatMap((suite) => suiteLines(suite, p)),
    ...(coverage ?? []).flatMap((one) => coverageLines(one, p)),
    (failed === 0 ? p.style.good : p.style.alarm)(
      `${count(testCount(suites), "test")}: ${verdict}.`,
    ),
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
