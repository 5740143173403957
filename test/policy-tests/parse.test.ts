/** Files of policy tests: their faults at their places, moments, and the schema that editors use. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { testsJsonSchema } from "../../src/policy-tests/jsonschema.ts";
import { parseTests } from "../../src/policy-tests/parse.ts";
import { parseWhen, whenFault } from "../../src/policy-tests/when.ts";
import { DAY, HOUR, MINUTE } from "../../src/time.ts";
import { NOW } from "../kit/builders.ts";

const HEAD = "version: 1\npolicy: ../p.yaml\nat: 2026-11-22T10:00:00Z\n";

/** The problems of a file with this list of tests. */
function problems(tests: string, head = HEAD): string[] {
  const { tests: found, problems: all } = parseTests("tests/t.yaml", `${head}tests:\n${tests}`);
  expect(found === null).toBe(all.length > 0);
  return all.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

describe("a file of policy tests", () => {
  it("is read with the place of each expectation", () => {
    const text = `${HEAD}tests:
  - name: Old sessions end
    users:
      ann:
        locked: by-us
        sessions: { phone: { signedIn: 41 days ago, device: { platform: IOS } } }
        expect:
          - unlock
          - { action: re-authenticate phone, because: [sessions.maxAge], cause: due }
        held: { pace: [wipe phone] }
        notices: [protected]
`;
    const { tests, problems: none } = parseTests("tests/t.yaml", text);
    expect(none).toEqual([]);
    expect(tests?.value.tests[0]).toMatchObject({
      name: "Old sessions end",
      users: { ann: { locked: "by-us", expect: ["unlock", { cause: "due" }] } },
    });
  });

  it.each([
    [
      "  - { name: a, users: { ann: { sesions: {} } } }",
      /^5:32: tests\[0\]\.users\.ann: unknown key "sesions": did you mean "sessions"\?$/,
    ],
    ["  - { name: a, users: { ann: { expect: [lok] } } }", /"lok" is not an action: write lock, /],
    [
      "  - { name: a, users: { ann: { expect: [wipe phone] } } }",
      /^5:41: tests\[0\]\.users\.ann\.expect\[0\]: there is no session "phone"$/,
    ],
    [
      "  - { name: a, users: { ann: { sessions: { phone: {} }, held: { pace: [{ action: wipe phon }] } } } }",
      /held\.pace\[0\]: there is no session "phon": did you mean "phone"\?$/,
    ],
    [
      "  - { name: a, users: { ann: { expect: [{ action: lock, becuase: [] }] } } }",
      /unknown key "becuase": did you mean "because"\?$/,
    ],
    ["  - { name: a, users: { ann: { notices: [protectd] } } }", /did you mean "protected"\?$/],
    ["  - { name: a, users: { ann: { locked: maybe } } }", /"maybe" is not true, false or by-us$/],
    [
      "  - { name: a, users: { ann: { sessions: { phone: { signedIn: 41d } } } } }",
      /sessions\.phone\.signedIn: "41d" is not a moment: write 41 days ago, or now, /,
    ],
    ["  - { name: a, users: { 12: {} } }", /the key 12 is read as a number: put it in quotes$/],
    [
      "  - { name: a, users: {}, ledger: { wiped: [phone] } }",
      /ledger\.wiped\[0\]: there is no session "phone"$/,
    ],
    [
      "  - { name: a, users: { a: { sessions: { s: {} } }, b: { sessions: { s: {} } } }, ledger: { wiped: [s] } }",
      /ledger\.wiped\[0\]: several users have a session "s": give each another name$/,
    ],
    [
      "  - { name: a, users: {}, ledger: { used: { lock: 4000000000 } } }",
      /used\.lock: 4000000000 is too large: at most 100000$/,
    ],
    ["  - { users: {} }", /"name" is missing$/],
    [
      "  - { name: a, users: {} }\n  - { name: a, users: {} }",
      /^6:13: .*a test has this name already, in line 5$/,
    ],
    ["  []", /must not be empty$/],
  ])("refuses %s", (tests, message) => {
    expect(problems(tests)).toEqual([expect.stringMatching(message)]);
  });

  it("refuses a policy, an empty file, another version and a moment without an offset", () => {
    const of = (text: string) => parseTests("t.yaml", text).problems.map((p) => p.message);
    expect(of("version: 1\ntarget: { name: x }\n")).toEqual([
      "is a policy, not a file of policy tests: those are in the folder tests beside it",
    ]);
    expect(of("")).toEqual(["is empty"]);
    const one = "  - { name: a, users: {} }";
    expect(problems(one, HEAD.replace("version: 1", "version: 2"))).toEqual([
      expect.stringMatching(/must be 1, not 2/),
    ]);
    expect(problems(one, HEAD.replace("00Z", "00"))).toEqual([
      expect.stringMatching(/^3:5: at: .* has no offset/),
    ]);
  });
});

test.each([
  ["now", NOW],
  ["unknown", null],
  ["41 days ago", NOW - 41 * DAY],
  ["1 day 2 hours 3 minutes ago", NOW - DAY - 2 * HOUR - 3 * MINUTE],
  ["2 weeks ago", NOW - 14 * DAY],
  ["2026-11-22T12:00:00+02:00", NOW],
  ["2026-11-22", NOW - 10 * HOUR],
  ["2026-02-30", undefined],
  ["41 days", undefined],
  ["in 3 days", undefined],
  ["41d ago", undefined],
  ["999999 weeks 999999 weeks 999999 weeks 999999 weeks ago", NOW - 4 * 999_999 * 7 * DAY],
  ["1 day 1 day 1 day 1 day 1 day ago", undefined],
  ["", undefined],
])("the moment %s", (text, at) => {
  expect(parseWhen(text, NOW)).toBe(at);
});

test("a wrong moment is told with the one that is meant", () => {
  expect(whenFault("3h")).toMatch(/write 3 hours ago/);
  expect(whenFault("12 min ago")).toMatch(/write 12 minutes ago/);
  expect(whenFault("yesterday")).toMatch(/write 41 days ago/);
});

describe("the JSON Schema", () => {
  it("in schema/ is current (npm run schema)", async () => {
    const file = join(import.meta.dirname, "../../schema/policy-tests.schema.json");
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual(testsJsonSchema());
  });

  it("describes every field, and gives patterns and choices", () => {
    const bare: string[] = [];
    const visit = (schema: unknown, path: string): void => {
      if (typeof schema !== "object" || schema === null) return;
      const { properties = {} } = schema as {
        properties?: Record<string, { description?: string }>;
      };
      for (const [key, child] of Object.entries(properties)) {
        if (child.description === undefined) bare.push(`${path}.${key}`);
      }
      for (const [key, child] of Object.entries(schema)) visit(child, `${path}/${key}`);
    };
    const schema = testsJsonSchema();
    visit(schema, "");
    expect(bare).toEqual([]);
    expect(schema).toMatchObject({
      $id: "urn:curfew:policy-tests:1",
      additionalProperties: false,
      required: ["version", "policy", "at", "tests"],
    });
  });
});
