/** What came of policy tests, as text, JSON and JUnit. */
import { describe, expect, it } from "vitest";
import type { Coverage } from "../../../src/policy-tests/coverage.ts";
import type { SuiteResult, TestResult } from "../../../src/policy-tests/run.ts";
import { testsJson } from "../../../src/report/machine/json.ts";
import { testsJunit } from "../../../src/report/machine/junit.ts";
import { testsText } from "../../../src/report/text/policy-tests.ts";
import { reason } from "../builders.ts";

const FILE = "policies/tests/t.yaml";
const passed: TestResult = {
  name: "Old sessions end",
  file: FILE,
  line: 5,
  passed: true,
  differences: [],
};
const failed: TestResult = {
  ...{ name: 'Who is <a> & "b"', file: FILE, line: 12, passed: false },
  differences: [
    {
      ...{ kind: "unexpected", user: "ann", what: "re-authenticate phone", but: null, line: 14 },
      reasons: [reason({ message: "device \u001b[31m<x>\ufffe's" })],
    },
    {
      ...{ kind: "absent", user: "bob", what: "lock", but: "it is unlock", line: 20, reasons: [] },
    },
  ],
};
const suite = (...tests: TestResult[]): SuiteResult => ({
  file: FILE,
  policy: { files: ["policies/production.yaml"], target: "production" },
  tests,
});
const coverage: Coverage[] = [
  {
    target: "production",
    all: 3,
    untouched: [
      { kind: "group", file: "policies/production.yaml", line: 45, what: "the group sea" },
    ],
  },
];
const options = { colour: false, width: 100, all: false };

describe("as text", () => {
  it("every test has a line, and a difference the line of policy", () => {
    expect(testsText([suite(passed, failed)], coverage, options)).toMatchInlineSnapshot(`
      "policies/tests/t.yaml  for production (policies/production.yaml)
        ✓ Old sessions end
        ✗ Who is <a> & "b"  policies/tests/t.yaml:12
            ann: re-authenticate phone was not expected (policies/tests/t.yaml:14)
                sessions.maxAge  device \\x1b[31m<x>￾'s  policies/production.yaml:18
            bob: lock was expected (policies/tests/t.yaml:20), and is absent: it is unlock

      Coverage of production: 2 of 3 lines touched by a test
        policies/production.yaml:45  the group sea

      2 tests: 1 failed.
      "
    `);
  });

  it("all passed is said", () => {
    expect(testsText([suite(passed)], null, options)).toMatch(/\n1 test: all passed\.\n$/);
  });
});

it("as JSON: the results, and the coverage where it was asked for", () => {
  expect(JSON.parse(testsJson([suite(passed, failed)], null))).toEqual({
    format: "curfew/tests/1",
    passed: false,
    tests: 2,
    failed: 1,
    suites: [suite(passed, failed)],
  });
  expect(JSON.parse(testsJson([suite(passed)], coverage))).toMatchObject({
    passed: true,
    coverage,
  });
});

it("as JUnit: no text of a name or a backend is markup, or what XML may not hold", () => {
  const xml = testsJunit([suite(passed, failed), suite(passed)]);
  expect(xml).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="curfew test" tests="3" failures="1">
      <testsuite name="policies/tests/t.yaml" tests="2" failures="1">
        <testcase name="Old sessions end" classname="policies/tests/t.yaml" file="policies/tests/t.yaml" line="5"/>
        <testcase name="Who is &lt;a&gt; &amp; &quot;b&quot;" classname="policies/tests/t.yaml" file="policies/tests/t.yaml" line="12">
          <failure message="ann: re-authenticate phone was not expected (policies/tests/t.yaml:14)" type="difference">ann: re-authenticate phone was not expected (policies/tests/t.yaml:14)
      sessions.maxAge: device \\x1b[31m&lt;x&gt;\\ufffe&apos;s (policies/production.yaml:18)
    bob: lock was expected (policies/tests/t.yaml:20), and is absent: it is unlock</failure>
        </testcase>
      </testsuite>
      <testsuite name="policies/tests/t.yaml" tests="1" failures="0">
        <testcase name="Old sessions end" classname="policies/tests/t.yaml" file="policies/tests/t.yaml" line="5"/>
      </testsuite>
    </testsuites>
    "
  `);
  // Control characters but line feeds, lone surrogates and noncharacters are not XML.
  expect([...xml].filter((c) => c !== "\n" && /[\p{Cc}\p{Cs}\ufffe\uffff]/u.test(c))).toEqual([]);
});
