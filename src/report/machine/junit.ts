/** Policy tests as JUnit XML, which CI systems show beside the tests of a program. */
import type { SuiteResult, TestResult } from "../../policy-tests/run.ts";
import { printable } from "../../text/safe.ts";
import { sourceOf } from "../../text/words.ts";
import { differenceWords, failures, testCount } from "../told/policy-tests.ts";

/** One suite a file; no times, so that the same tests give the same text. */
export function testsJunit(suites: readonly SuiteResult[]): string {
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: "curfew test", tests: testCount(suites), failures: failures(suites) })}>`,
    ...suites.flatMap(suite),
    "</testsuites>",
  ];
  return `${lines.join("\n")}\n`;
}

function suite(of: SuiteResult): string[] {
  const { file, tests } = of;
  const counts = { name: file, tests: tests.length, failures: failures([of]) };
  return [`  <testsuite${attributes(counts)}>`, ...tests.flatMap(testCase), "  </testsuite>"];
}

function testCase(test: TestResult): string[] {
  const { name, file, line, passed, differences } = test;
  const open = `    <testcase${attributes({ name, classname: file, file, line })}`;
  if (passed) return [`${open}/>`];
  const [first] = differences;
  const message = first === undefined ? "" : differenceWords(first, file);
  const text = differences.flatMap((difference) => [
    differenceWords(difference, file),
    ...difference.reasons.map((r) => `  ${r.rule}: ${printable(r.message)} (${sourceOf(r)})`),
  ]);
  return [
    `${open}>`,
    `      <failure${attributes({ message, type: "difference" })}>${xml(text.join("\n"))}</failure>`,
    "    </testcase>",
  ];
}

function attributes(of: Record<string, string | number>): string {
  return Object.entries(of)
    .map(([key, value]) => ` ${key}="${xml(printable(String(value)))}"`)
    .join("");
}

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Printable text, in XML. What no XML may hold (U+FFFE and U+FFFF) becomes a visible escape. */
function xml(text: string): string {
  return text
    .replace(/[\ufffe\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`)
    .replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);
}
