import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Part, reference } from "../../scripts/reference.ts";
import type { Policy } from "../../src/model/policy.ts";
import { policyOfText } from "../../src/policy/of-text.ts";
import { policyJsonSchema } from "../../src/policy/schema/jsonschema.ts";
import { DAY, HOUR } from "../../src/time.ts";

const AT = Date.parse("2026-11-22T10:00:00Z");
const schema = policyJsonSchema() as Part;
const policyWith = (sections: string, credentials = "env:TOKEN"): Policy =>
  policyOfText(
    "policy.yaml",
    `version: 1
target: { name: production, provider: journeyapps, url: "https://example.com/api/v4/1", credentials: ${credentials} }
${sections}`,
    AT,
  );

/** The part of the schema at a path of keys; [] is an entry of a list. */
function at(...path: string[]): Part {
  return path.reduce<Part>((part, key) => {
    const parts = [part, ...(part.anyOf ?? []), ...(part.oneOf ?? [])];
    const next =
      key === "[]" ? part.items : parts.find((p) => p.properties?.[key])?.properties?.[key];
    if (!next) throw new Error(`the schema has no ${path.join(".")}`);
    return next;
  }, schema);
}

test("docs/reference.md is current (npm run reference)", async () => {
  const file = join(import.meta.dirname, "../../docs/reference.md");
  expect(await readFile(file, "utf8")).toBe(reference());
});

test("the defaults that the reference names are those of a policy", () => {
  const policy = policyWith(`
users: { locked: [{ user: ann, reason: Left }] }
devices: { denied: [{ id: "1", reason: Lost }] }
freeze: { until: 2026-12-01, reason: Freeze }
windows: { lock: { from: "01:00", to: "02:00", zone: UTC } }`);
  const { target, limits } = policy;
  const amounts = ({ source, ...rest }: Policy["limits"]["types"]["lock"]) => rest;
  const [locked] = policy.users.locked ?? [];
  const [denied] = policy.devices.denied;
  const found: [Part, unknown][] = [
    [at("target", "auth"), "auth" in target && target.auth],
    [at("target", "requestsPerSecond"), target.requestsPerSecond],
    [at("enforcement"), policy.enforcement.default],
    [at("enforcement", "default"), policy.enforcement.default],
    [at("rollout"), policy.rollout],
    [at("devices", "otherwise"), policy.devices.otherwise],
    [at("devices", "denied", "[]", "action"), denied?.action],
    [at("devices", "denied", "[]", "unsynced"), denied?.unsynced],
    [at("users", "locked", "[]", "wipe"), locked?.wipe],
    [at("users", "locked", "[]", "urgent"), locked?.urgent],
    [at("users", "locked", "[]", "adopt"), locked?.adopt],
    [at("limits", "lock"), amounts(limits.types.lock)],
    [at("limits", "unlock"), amounts(limits.types.unlock)],
    [at("limits", "re-authenticate"), amounts(limits.types["re-authenticate"])],
    [at("limits", "wipe"), amounts(limits.types.wipe)],
    [at("limits", "urgent"), limits.urgent],
    [at("limits", "inventoryDrop"), limits.inventoryDrop],
    [at("windows", "lock", "days"), policy.windows.lock?.days],
    [at("freeze", "allow"), policy.freeze?.allow],
  ];
  for (const [part, value] of found) expect(part.default, part.description).toEqual(value);
  expect([at("planExpires").default, policy.planExpires]).toEqual(["4h", 4 * HOUR]);
  expect([at("limits", "exceptionsLast").default, limits.exceptionsLast]).toEqual([
    "90d",
    90 * DAY,
  ]);
});

describe("what the reference says may be empty, may be", () => {
  /** A key, the mapping that has it, and a policy's sections (or its credentials) in which it is empty. */
  const cases: [string, string, string, string?][] = [
    ["include", "", "include: []"],
    ["exceptions", "", "exceptions: []"],
    ["protected", "", "protected: []"],
    ["groups", "", "groups: {}"],
    ["sessions", "", "sessions: {}"],
    ["devices", "", "devices: {}"],
    ["users", "", "users: {}"],
    ["limits", "", "limits: {}"],
    ["windows", "", "windows: {}"],
    ["freeze", "", "freeze: {}"],
    ["enforcement", "", "enforcement: {}"],
    ["credentials", "target (journeyapps)", "", "[]"],
    ["allowed", "devices", "devices: { allowed: [] }"],
    ["denied", "devices", "devices: { denied: [] }"],
    ["locked", "users", "users: { locked: [] }"],
    ["members", "groups.NAME", "groups: { crew: { members: [], where: { a: b } } }"],
    ["where", "groups.NAME", "groups: { crew: { where: {}, members: [a] } }"],
    ["raise", "limits", "limits: { raise: [] }"],
    ["lock", "limits", "limits: { lock: {} }"],
    [
      "days",
      "windows.lock",
      'windows: { lock: { from: "01:00", to: "02:00", zone: UTC, days: [] } }',
    ],
    ["allow", "freeze", "freeze: { until: 2026-12-01, reason: Freeze, allow: [] }"],
  ];
  test.each(cases)("%s of %s", (key, section, yaml, credentials) => {
    const heading = section === "" ? "## The top level" : `## \`${section}\``;
    const table = reference().split(`${heading}\n`)[1]?.split("\n## ")[0] ?? "";
    const row = table.split("\n").find((line) => line.startsWith(`| \`${key}\` |`)) ?? "";
    const says = row.split(" | ")[1] ?? "";
    const isTaken = () => {
      try {
        policyWith(yaml, credentials);
        return true;
      } catch {
        return false;
      }
    };
    expect(says).toMatch(/may be empty|not empty|empty with `allowEmpty`/);
    expect(isTaken(), row).toBe(says.includes("may be empty"));
  });
});
