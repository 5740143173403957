/** The tests that `init` writes for a policy: what changes with the policy is one line of theirs. */
import { expect, test } from "vitest";
import { testsFor } from "../../src/cli/starter-tests.ts";
import { policyOfText } from "../../src/policy/of-text.ts";
import { policyText } from "../checkout/repository.ts";

const AT = Date.parse("2026-11-22T10:00:00Z");

test.each([
  ["report", "held: { report: [ re-authenticate phone ] }"],
  ["enforce", "expect: [ re-authenticate phone ]"],
])("under %s it is one line: %s", async (enforcement, line) => {
  const text = policyText("a", `enforcement: ${enforcement}\nsessions: { maxAge: 30d }\n`);
  const policy = policyOfText("policy.yaml", text, AT);
  const lines = (await testsFor("a.yaml", policy, AT)).split("\n").map((one) => one.trim());
  expect(lines.filter((one) => one === line)).toHaveLength(1);
});
