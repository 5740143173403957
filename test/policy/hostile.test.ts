import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { loadPolicies } from "../../src/checkout/load.ts";
import { PolicyError } from "../../src/errors.ts";
import { folderOf, load, loadOne, MINIMAL, NOW, problemsOf } from "./helpers.ts";

/** Texts that other readers fall over, and how the report on them begins. */
const HOSTILE: [string, string, RegExp][] = [
  [
    "a length that is a mapping where a list is meant",
    `${MINIMAL}users: { locked: { length: { toString: 1 } } }`,
    /^p\.yaml:7:\d+: users\.locked: expects a list, not keys and values$/m,
  ],
  ["nothing", "", /^p\.yaml:1:1: is empty$/],
  ["a comment", "# nothing\n", /^p\.yaml:1:1: is empty$/],
  ["a list", "- version: 1", /^p\.yaml:1:1: expects keys and values, not a list$/],
  ["text", "hello", /^p\.yaml:1:1: expects keys and values, not "hello"$/],
  [
    "deep lists",
    `${MINIMAL}protected: ${"[".repeat(1_000_000)}`,
    /^p\.yaml:7:\d+: is nested too deeply$/,
  ],
  [
    "deep mappings",
    `${MINIMAL}protected: ${"{a: ".repeat(500_000)}`,
    /^p\.yaml:7:\d+: is nested too deeply$/,
  ],
  ["deep dashes", "- ".repeat(500_000), /^p\.yaml:1:\d+: is nested too deeply$/],
  ["deep keys", "? ".repeat(500_000), /^p\.yaml:1:\d+: is nested too deeply$/],
  [
    "deep blocks",
    Array.from({ length: 1000 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"),
    /: is nested too deeply$/,
  ],
  [
    "deep, but closed",
    `${MINIMAL}protected: ${"[".repeat(60)}${"]".repeat(60)}`,
    /is nested too deeply/,
  ],
  [
    "an alias of itself",
    `${MINIMAL}protected: &a [*a]`,
    /^p\.yaml:7:16: protected\[0\]: \*a is an alias of what it is part of/,
  ],
  [
    "YAML 1.1",
    `%YAML 1.1\n---\n${MINIMAL}`,
    /^p\.yaml:1:1: policies are YAML 1\.2: remove the line "%YAML 1\.1"$/,
  ],
  [
    "an infinite version",
    MINIMAL.replace("version: 1", "version: 1e999"),
    /^p\.yaml:1:10: version: must be 1, not Infinity$/,
  ],
  ["a tab", "version: 1\n\ttarget: x", /^p\.yaml:2:1: /],
];

test.each(HOSTILE)("%s", async (_name, text, report) => {
  const problems = await problemsOf({ "p.yaml": text });
  expect(problems).toContainEqual(expect.stringMatching(report));
  expect(problems.length).toBeLessThan(5);
});

test("a billion laughs", async () => {
  const lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
  for (const [from, to] of ["ab", "bc", "cd", "de", "ef", "fg", "gh", "hi"].map((pair) => [
    ...pair,
  ])) {
    lines.push(`${to}: &${to} [${Array(10).fill(`*${from}`).join(", ")}]`);
  }
  const problems = await problemsOf({ "p.yaml": `${MINIMAL}${lines.join("\n")}` });
  expect(
    problems.filter((p) => p.endsWith("aliases unfold to more than 10000 values")),
  ).toHaveLength(1);
});

test("aliases within reason are plain YAML, and stand where they are written", async () => {
  const policy = await loadOne(
    "groups:\n  a: { members: &crew [x, y] }\n  b:\n    members: *crew\nprotected: *crew\n",
  );
  expect(policy.groups[1]?.members.map(({ value }) => value)).toEqual(["x", "y"]);
  expect(policy.protected.map(({ value }) => value)).toEqual(["x", "y"]);
});

test("huge numbers are refused where a number is wanted", async () => {
  expect(
    await problemsOf({
      "p.yaml": `${MINIMAL}limits: { urgent: 99999999999999999999, lock: { max: 1e400 } }`,
    }),
  ).toEqual([
    expect.stringMatching(/^p\.yaml:7:19: limits\.urgent: /),
    expect.stringMatching(/^p\.yaml:7:54: limits\.lock\.max: /),
  ]);
});

test("names that objects have anyway are names like others", async () => {
  const policy = await loadOne(`groups:
  constructor: { members: [toString] }
  hasOwnProperty: { where: { valueOf: "1" } }
exceptions:
  - { group: constructor, rule: devices.allowed, reason: a, owner: b, until: 2027-01-01 }
`);
  expect(policy.groups.map(({ name }) => name)).toEqual(["constructor", "hasOwnProperty"]);
  expect(
    await problemsOf({
      "p.yaml": `${MINIMAL}groups: { __proto__: { members: [a] } }
exceptions: [{ group: toString, rule: devices.allowed, reason: a, owner: b, until: 2027-01-01 }]`,
    }),
  ).toEqual([
    'p.yaml:7:11: groups: unknown key "__proto__"',
    'p.yaml:8:23: exceptions[0].group: there is no group "toString"',
  ]);
  expect(({} as { members?: unknown }).members).toBeUndefined();
});

test("files that are no policies", async () => {
  expect(await problemsOf({ "p.yaml": "#".repeat(5 * 1024 * 1024 + 1) })).toEqual([
    "p.yaml:1:1: is larger than 5 MiB: split it",
  ]);
  expect(await problemsOf({ "p.yaml": new Uint8Array([0x61, 0xff, 0xfe]) })).toEqual([
    "p.yaml:1:1: is not UTF-8 text",
  ]);
  const cwd = await folderOf({ "d.yaml/x": "" });
  await symlink("nowhere", join(cwd, "l.yaml"));
  await expect(loadPolicies(["."], { cwd, at: NOW })).rejects.toThrow(
    "d.yaml:1:1: is not a file\nl.yaml:1:1: can't be read (ENOENT)",
  );
});

test("a byte order mark and Windows line ends are no problem", async () => {
  const [policy] = await load({ "p.yaml": `\uFEFF${MINIMAL.replaceAll("\n", "\r\n")}` });
  expect(policy?.target.name).toBe("test");
});

const EVERYTHING = `${MINIMAL}enforcement: { default: enforce, devices.allowed: report }
include: [shared/a.yaml]
sessions: { maxAge: 30d, maxIdle: 14d, maxPerUser: 2, notBefore: 2026-11-20T06:00:00Z }
devices:
  allowed: [{ platform: IOS, container: ">=20.6.1" }, { label: "Zebra*" }]
  denied: [{ id: d, reason: lost, action: wipe, unsynced: lose }]
users: { locked: [{ user: u, reason: left, from: 2026-11-30, until: 2027-01-31, wipe: true }] }
groups: { g: { members: [m, n], where: { e: c, f: true }, sessions: { maxAge: 7d } } }
exceptions: [{ group: g, rule: sessions.maxAge, allow: 90d, reason: r, owner: o, until: 2027-01-15 }]
protected: &p [q]
limits: { lock: { max: 5 }, raise: [{ type: lock, max: 9, until: 2026-12-01, reason: r }] }
windows: { lock: { from: "01:00", to: "04:00", zone: UTC, days: [mon] } }
freeze: { until: 2026-12-27, reason: r, allow: [lock] }
`;

test("a policy is plain data", async () => {
  const [policy] = await load({ "p.yaml": EVERYTHING, "shared/a.yaml": "protected: [z]" });
  expect(JSON.parse(JSON.stringify(policy))).toStrictEqual(policy);
});

test("a mutated policy is a policy or a PolicyError with places in the file", {
  tags: "slow",
}, async () => {
  const lines = EVERYTHING.split("\n");
  const junk = fc.constantFrom(
    ..."{}[]:,-&*!%#?|>'\"\n\t~".split(""),
    "null",
    "__proto__: ",
    "*p",
    "<<: *p",
    "---\n",
    "!!set ",
    "0x1F",
    ".inf",
    "\u0000",
    "\ud800",
    "${",
  );
  const mutation = fc.record({
    at: fc.nat({ max: EVERYTHING.length }),
    cut: fc.nat({ max: 12 }),
    put: fc.oneof(junk, fc.string({ maxLength: 8 })),
  });
  const cwd = await folderOf({ "shared/a.yaml": "protected: [z]" });
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
      let text = EVERYTHING;
      for (const { at, cut, put } of mutations)
        text = text.slice(0, at) + put + text.slice(at + cut);
      await writeFile(join(cwd, "p.yaml"), text);
      const outcome = await loadPolicies(["p.yaml"], { cwd, at: NOW, commit: null }).then(
        (policies) => policies,
        (error: unknown) => error,
      );
      if (Array.isArray(outcome)) {
        expect(JSON.parse(JSON.stringify(outcome))).toStrictEqual(outcome);
        return;
      }
      expect(outcome).toBeInstanceOf(PolicyError);
      const { problems } = outcome as PolicyError;
      expect(problems.length).toBeGreaterThan(0);
      for (const { line, column, message } of problems) {
        expect(line).toBeGreaterThan(0);
        expect(line).toBeLessThanOrEqual(lines.length + 60);
        expect(column).toBeGreaterThan(0);
        expect(message).not.toMatch(/undefined|\[object|: $/);
      }
    }),
    { numRuns: 500 },
  );
});
