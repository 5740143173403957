import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { canonical } from "../../../src/canonical.ts";
import { fragmentJsonSchema, policyJsonSchema } from "../../../src/policy/schema/jsonschema.ts";
import { DURATION_PATTERN, parseDuration } from "../../../src/policy/values/duration.ts";
import { parseInstant } from "../../../src/policy/values/instant.ts";
import { didYouMean } from "../../../src/text/suggest.ts";

const checkedIn = async (name: string) =>
  JSON.parse(await readFile(join(import.meta.dirname, "../../../schema", name), "utf8"));

describe("the JSON Schemas", () => {
  test("in schema/ are current (npm run schema)", async () => {
    expect(await checkedIn("policy.schema.json")).toEqual(policyJsonSchema());
    expect(await checkedIn("fragment.schema.json")).toEqual(fragmentJsonSchema());
  });

  test("describe every field", () => {
    const undescribed: string[] = [];
    const visit = (schema: Record<string, unknown>, path: string) => {
      for (const [key, child] of Object.entries(
        (schema.properties ?? {}) as Record<string, Record<string, unknown>>,
      )) {
        if (typeof child.description !== "string") undescribed.push(`${path}.${key}`);
        visit(child, `${path}.${key}`);
      }
      for (const child of [
        schema.items,
        schema.additionalProperties,
        ...((schema.anyOf as unknown[]) ?? []),
      ]) {
        if (child && typeof child === "object")
          visit(child as Record<string, unknown>, `${path}[]`);
      }
    };
    visit(policyJsonSchema(), "");
    expect(undescribed).toEqual([]);
  });

  test("give editors patterns and choices", () => {
    const { properties } = policyJsonSchema() as {
      properties: Record<string, Record<string, unknown>>;
    };
    expect(properties.planExpires).toMatchObject({
      type: "string",
      pattern: DURATION_PATTERN.source,
    });
    expect(properties.sessions).toMatchObject({ additionalProperties: false });
    expect(properties.target?.oneOf).toMatchObject([
      {
        required: ["name", "provider", "url", "credentials"],
        properties: {
          provider: { const: "journeyapps" },
          url: { format: "uri" },
          auth: { enum: ["bearer", "token", "basic"] },
        },
      },
      {
        required: ["name", "provider", "url", "credentials"],
        properties: { provider: { const: "slingr" }, auth: { enum: ["login", "token"] } },
      },
      {
        required: ["name", "provider", "url", "register"],
        properties: { provider: { const: "corporateacademy" } },
      },
    ]);
  });
});

test.each([
  ["30d", 2_592_000_000],
  ["1d12h", 129_600_000],
  ["90m", 5_400_000],
  ["2w", 1_209_600_000],
  ["0d", null],
  ["1.5d", null],
  ["30", null],
  ["d", null],
  ["1d 2h", null],
  ["30D", null],
  ["999999w", null],
])("duration %s", (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each([
  ["2026-11-20", "start", "2026-11-20T00:00:00.000Z"],
  ["2026-12-31", "end", "2027-01-01T00:00:00.000Z"],
  ["2028-02-29", "end", "2028-03-01T00:00:00.000Z"],
  ["2026-11-20T06:00Z", "end", "2026-11-20T06:00:00.000Z"],
  ["2026-11-20t06:00:00.25z", "start", "2026-11-20T06:00:00.250Z"],
  ["2026-11-20T06:00:00-05:30", "start", "2026-11-20T11:30:00.000Z"],
  ["2026-02-29", "start", null],
  ["2026-13-01", "start", null],
  ["2026-11-20T24:00:00Z", "start", null],
  ["2026-11-20T06:60:00Z", "start", null],
  ["2026-11-20T06:00:00+25:00", "start", null],
  ["2026-11-20 06:00:00Z", "start", null],
  ["2026-11-20T06:00:00", "start", null],
] as const)("instant %s as %s", (text, edge, expected) => {
  const instant = parseInstant(text, edge);
  expect(instant === null ? null : new Date(instant).toISOString()).toBe(expected);
});

test("canonical JSON sorts keys at every depth and keeps the order of lists", () => {
  expect(canonical({ b: [{ d: 1, c: undefined, a: null }, 2], a: "x" })).toBe(
    '{"a":"x","b":[{"a":null,"d":1},2]}',
  );
});

test("suggestions are close, and none are forced", () => {
  expect(didYouMean("MAXAGE", ["maxIdle", "maxAge"])).toBe(': did you mean "maxAge"?');
  expect(didYouMean("colour", ["maxIdle", "maxAge"])).toBe("");
  expect(didYouMean("x", ["1"])).toBe("");
  expect(didYouMean("a".repeat(1_000_000), ["maxAge"])).toBe("");
});
