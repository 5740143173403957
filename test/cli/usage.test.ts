import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import pkg from "../../package.json" with { type: "json" };
import { curfew, folder, stable } from "./run.ts";
import { policy } from "./world.ts";

const ADDRESS =
  "https://62d541f4156bc4dd685318da.backend.us.journeyapps.com/api/v4/615ae1ee8c5ef500078a4908";

/** The commands that the program itself lists, but for the one that lists them. */
async function commandsOf(cwd: string): Promise<string[]> {
  const { out } = await curfew(cwd, ["--help"]);
  const [, list = ""] = out.split("\nCommands:\n");
  const names = [...(list.split("\n\n")[0]?.matchAll(/^ {2}([a-z]\S*)/gm) ?? [])];
  return names.map(([, name = ""]) => name).filter((name) => name !== "help");
}

test("every command is listed, and has --help with an example", async () => {
  const cwd = await folder();
  const commands = await commandsOf(cwd);
  const files = await readdir(join(import.meta.dirname, "../../src/cli/commands"));
  expect(commands.toSorted()).toEqual(files.map((file) => file.replace(/\.ts$/, "")).sort());
  const each = await Promise.all(commands.map((command) => curfew(cwd, [command, "--help"])));
  for (const [i, ran] of each.entries()) {
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(ran.out).toMatch(
      new RegExp(`\nExample[^\n]*:\n(  .*\n)*.*\\bcurfew ${commands[i]}(?![a-z])`),
    );
  }
});

test("bad usage exits 1, with a hint, on standard error", { tags: "slow" }, async () => {
  const cwd = await folder({ "policies/production.yaml": policy(ADDRESS) });
  const lines: [string, RegExp][] = [
    ["", /^Usage: curfew \[options\] \[command\]\n/],
    ["pln", /^error: unknown command 'pln'\n\(Did you mean plan\?\)\n\(see: curfew --help\)\n$/],
    [
      "plan --fromat json",
      /^error: unknown option '--fromat'\n\(Did you mean --format\?\)\n\(see: curfew plan --help\)\n$/,
    ],
    [
      "drift --format xml",
      /^error: option '--format <format>' argument 'xml' is invalid\. Allowed choices are text, json, markdown, html, github\.\n\(see: curfew drift --help\)\n$/,
    ],
    [
      "plan --at 2026-11-22T10:00:00",
      /^error: option '--at <time>' .* an instant with an offset, such as \S+\.\n\(see: curfew plan --help\)\n$/,
    ],
    ["apply --yes=1", /^error: unknown option '--yes=1'\n\(Did you mean --yes\?\)\n/],
    [
      "inventory",
      /^error: required option '--out <file>' not specified\n\(see: curfew inventory --help\)\n$/,
    ],
    [
      "schema policies",
      /^error: too many arguments for 'schema'\. .*\n\(see: curfew schema --help\)\n$/,
    ],
    [
      "sandbox --users many",
      /^error: option '--users <n>' argument 'many' is invalid\. A whole number is expected\.\n/,
    ],
    [
      "plan absent",
      /^error: absent does not exist: name a policy file or a folder that holds some \(looked for \S.*\/absent\)\.\n$/,
    ],
    [
      "validate .",
      /^error: \. holds no policy: no \*\.yaml or \*\.yml in the folder itself \(sub-folders are for fragments\)\.\n$/,
    ],
  ];
  const ran = await Promise.all(
    lines.map(([line]) => curfew(cwd, line.split(" ").filter(Boolean))),
  );
  for (const [i, { code, out, err }] of ran.entries()) {
    expect([lines[i]?.[0], code, out]).toEqual([lines[i]?.[0], 1, ""]);
    expect(err).toMatch(lines[i]?.[1] ?? /never/);
  }
});

test("--version and schema print nothing else", async () => {
  const cwd = await folder();
  const [version, schema] = await Promise.all([
    curfew(cwd, ["--version"]),
    curfew(cwd, ["schema"]),
  ]);
  expect(version).toEqual({ code: 0, out: `${pkg.version}\n`, err: "" });
  const file = join(import.meta.dirname, "../../schema/policy.schema.json");
  expect(schema).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(schema.out)).toEqual(JSON.parse(await readFile(file, "utf8")));
});

const INVALID = `version: 1
target:
  name: production
  provider: journyapps
  url: http://example.com/api/v4/1
  credentials: an0ther-s3cret
sesions:
  maxAge: 30d
sessions:
  maxAge: 30
users:
  locked:
    - user: 1234
      reson: Left
protected: []
`;

test("validate tells every error of every file, and no command does anything before they are mended", {
  tags: "slow",
}, async () => {
  const cwd = await folder({
    "policies/a.yaml": INVALID,
    "policies/b.yaml": policy(ADDRESS),
    "policies/c.yaml": policy(ADDRESS, { sections: "sessions:\n  maxAge: null\n" }),
    "valid/a.yaml": policy(ADDRESS),
  });
  const commands = [
    ["validate"],
    ["plan"],
    ["apply", "--yes"],
    ["drift"],
    ["inventory", "--out", "x"],
  ];
  const all = await Promise.all(commands.map((command) => curfew(cwd, [...command, "policies"])));
  for (const ran of all) expect(ran).toEqual({ code: 1, out: "", err: all[0]?.err });
  expect(all[0]?.err).not.toContain("s3cret");
  expect(all[0]?.err).toMatchInlineSnapshot(`
    "policies/a.yaml:4:13: target.provider: "journyapps" is not one of journeyapps, slingr, corporateacademy: did you mean "journeyapps"?
    policies/a.yaml:5:8: target.url: must begin with https://; http is for this machine only (localhost, 127.0.0.1)
    policies/a.yaml:6:16: target.credentials: is not a reference: write env:NAME or aws-secret:NAME, never the secret itself
    policies/a.yaml:7:1: unknown key "sesions": did you mean "sessions"?
    policies/a.yaml:10:11: sessions.maxAge: 30 is not a duration: write 30d (units m, h, d, w)
    policies/a.yaml:13:7: users.locked[0]: "reason" is missing
    policies/a.yaml:13:13: users.locked[0].user: 1234 is read as a number: put it in quotes, "1234"
    policies/a.yaml:14:7: users.locked[0]: unknown key "reson": did you mean "reason"?
    policies/c.yaml:8:11: sessions.maxAge: is empty: give it a value or remove the line
    9 errors: nothing was done.
    "
  `);

  const [json, text, valid] = await Promise.all([
    curfew(cwd, ["validate", "policies", "--format", "json"]),
    curfew(cwd, ["validate", "valid"]),
    curfew(cwd, ["validate", "valid", "--format", "json"]),
  ]);
  expect(json).toMatchObject({ code: 1, err: "" });
  const { problems, ...rest } = JSON.parse(json.out);
  expect(rest).toEqual({
    ...{ format: "curfew/validation/1", valid: false, policies: [], tests: [] },
    ...{ hints: [], notices: [] },
  });
  const lines = problems.map(
    (p: { file: string; line: number; column: number; message: string }) =>
      `${p.file}:${p.line}:${p.column}: ${p.message}\n`,
  );
  expect(all[0]?.err).toBe(`${lines.join("")}${lines.length} errors: nothing was done.\n`);
  expect(text).toEqual({
    code: 0,
    out: "valid/a.yaml: valid, for production (journeyapps), enforcement enforce\n",
    err: "",
  });
  expect(valid).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(stable(valid.out))).toEqual({
    format: "curfew/validation/1",
    valid: true,
    policies: [{ target: "production", files: ["valid/a.yaml"], digest: "DIGEST" }],
    ...{ tests: [], problems: [], notices: [], hints: [] },
  });
});
