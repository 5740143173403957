/** What came of policy tests, in words and numbers. */
import type { Difference } from "../../policy-tests/compare.ts";
import type { SuiteResult } from "../../policy-tests/run.ts";
import { printable } from "../../text/safe.ts";
import { sourceOf } from "../../text/words.ts";

/** How many tests there are. */
export function testCount(suites: readonly SuiteResult[]): number {
  return suites.reduce((sum, { tests }) => sum + tests.length, 0);
}

/** How many tests failed. */
export function failures(suites: readonly SuiteResult[]): number {
  return suites.flatMap(({ tests }) => tests).filter(({ passed }) => !passed).length;
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
