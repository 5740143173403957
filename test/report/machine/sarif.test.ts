import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MOST_RESULTS, problemsSarif } from "../../../src/report/machine/sarif.ts";

const FILE = "policies/production.yaml";
const problem = (message: string, file = FILE) => ({ file, line: 7, column: 3, message });

/** What SARIF 2.1.0 requires of a log and what GitHub's code scanning needs besides; returns the run. */
// biome-ignore lint/suspicious/noExplicitAny: the log is what is under test.
function checked(text: string): any {
  const log = JSON.parse(text);
  expect(log.version).toBe("2.1.0");
  expect(URL.canParse(log.$schema)).toBe(true);
  expect(log.runs).toHaveLength(1);
  const [run] = log.runs;
  const { driver } = run.tool;
  expect(driver.name).toBe("Curfew");
  const ids = driver.rules.map(({ id }: { id: string }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const rule of driver.rules) {
    expect(rule.shortDescription.text).toMatch(/\.$/);
    expect(["none", "note", "warning", "error"]).toContain(rule.defaultConfiguration.level);
  }
  for (const result of run.results) {
    expect(result.message.text).not.toBe("");
    expect(driver.rules[result.ruleIndex].id).toBe(result.ruleId);
    const [{ physicalLocation }] = result.locations;
    const { uri, uriBaseId } = physicalLocation.artifactLocation;
    expect(uriBaseId).toBe("%SRCROOT%");
    // A relative reference: no scheme, no root, nothing that a URI may not hold.
    expect(uri).toMatch(/^(?![a-z]+:)(?!\/)[\w.!~*'()%/-]+$/);
    for (const n of Object.values(physicalLocation.region)) expect(n).toBeGreaterThanOrEqual(1);
  }
  return run;
}

describe("policy errors as SARIF", () => {
  test("are bounded by what code scanning takes, and the last result says what is left out", () => {
    const many = (n: number) =>
      checked(problemsSarif(Array(n).fill(problem("users: x")), "0.1.0", "")).results;
    expect(many(MOST_RESULTS)).toHaveLength(25_000);
    expect(many(MOST_RESULTS).at(-1).message.text).toBe("users: x");
    const cut = many(MOST_RESULTS + 7);
    expect(cut).toHaveLength(25_000);
    expect(cut.at(-2).message.text).toBe("users: x");
    expect(cut.at(-1).message.text).toBe(
      "8 more errors are left out, this one among them: code scanning takes 25,000 results. curfew validate lists all.",
    );
  });

  test.each([
    ["users.locked[0].user: 5 is read as a number", "policy/users"],
    ['groups["night crews"].sessions: expects keys', "policy/groups"],
    ["planExpires: is empty", "policy/planExpires"],
    ['unknown key "user": did you mean "users"?', "policy/file"],
    ["constructor: x", "policy/file"],
    ["end of the stream or a document separator is expected", "policy/file"],
  ])("%s is of the rule %s", (message, id) => {
    const run = checked(problemsSarif([problem(message)], "0.1.0", ""));
    expect(run.results).toEqual([
      expect.objectContaining({ ruleId: id, level: "error", message: { text: message } }),
    ]);
    expect(run.results[0].locations[0].physicalLocation.region).toEqual({
      startLine: 7,
      startColumn: 3,
    });
  });

  test("every section of the policy file is a rule", () => {
    const file = join(import.meta.dirname, "../../../schema/policy.schema.json");
    const { properties } = JSON.parse(readFileSync(file, "utf8"));
    const { rules } = checked(problemsSarif([], "0.1.0", "")).tool.driver;
    const ids = rules.map(({ id }: { id: string }) => id);
    for (const section of Object.keys(properties)) expect(ids).toContain(`policy/${section}`);
  });

  test("file names are seen from the top of the repository, as URIs", () => {
    const names = [FILE, "a b/ü%:#?.yaml", "../shared/x.yaml"].map((file) => problem("x", file));
    const run = checked(problemsSarif(names, "0.1.0", "estate/"));
    // biome-ignore lint/suspicious/noExplicitAny: as above.
    const uris = run.results.map((r: any) => r.locations[0].physicalLocation.artifactLocation.uri);
    expect(uris).toEqual([
      "estate/policies/production.yaml",
      "estate/a%20b/%C3%BC%25%3A%23%3F.yaml",
      "shared/x.yaml",
    ]);
  });

  test("a message is text: no link, no placeholder, no control", () => {
    const run = checked(
      problemsSarif([problem('unknown key "[x](https://evil.example) {0} \u009b"')], "0.1.0", ""),
    );
    expect(run.results[0].message.text).toBe(
      'unknown key "[x] (https://evil.example) {{0}} \\x9b"',
    );
  });

  test("without problems there is a run without results, which closes earlier alerts", () => {
    expect(checked(problemsSarif([], "0.1.0", "")).results).toEqual([]);
  });
});
