// @module-tag slow
/** What a policy, a backend or a ledger says reaches neither a terminal nor a CI runner as an order. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { curfew, filesOf, folder } from "./run.ts";
import { policy, project, SECTIONS, sandbox, user } from "./world.ts";

const LOOPBACK = "http://127.0.0.1:9/api/v4/533bda53027894f69b001055";

/** GitHub obeys `::command::` behind spaces at the start of a line; the older forms of it and of others, anywhere. */
const ORDER = /^\s*::|##\w*\[/m;
/** What a terminal acts on: controls but for line feeds, bidi and other format characters. */
const RAW = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u;

/** Stands at the start of a line wherever it is wrapped. */
const HOSTILE = "::add-mask::lock ##[set-env name=PATH] ##vso[task.complete]";

test("no line of a report is an order to a CI runner", async () => {
  const estate = [user("ann", 41), user("::add-mask::bob", 2), user("cem", 1)];
  for (const one of estate) for (const session of one.sessions) session.label = HOSTILE;
  const target = await sandbox({ estate });
  const reason = `${"::stop-commands::x ".repeat(20)}${HOSTILE}`;
  const sections = `sessions:
  maxAge: 30d
users:
  locked:
    - user: "::add-mask::bob"
      reason: "${reason}"
    - user: "::error::nobody"
      reason: "${reason}"
`;
  const cwd = await project(target.url, { sections });
  const reports: [string[], string[]][] = [
    [["plan"], ["text", "json", "markdown"]],
    [["drift"], ["text", "json", "markdown"]],
    [["apply", "--yes"], ["text"]],
    [["history"], ["text", "json", "ocsf"]],
  ];
  for (const [command, formats] of reports) {
    for (const format of formats) {
      const { out, err } = await curfew(cwd, [...command, "--format", format]);
      expect(out, `${command[0]} ${format}`).not.toMatch(ORDER);
      expect(err).toBe("");
      // What is there is still to be read.
      expect(out).toContain("add-mask");
    }
  }
  const { out } = await curfew(cwd, ["history", "--format", "json"]);
  expect(JSON.stringify(JSON.parse(out))).toContain(reason);
});

test("nor of an error, nor of a saved plan", async () => {
  const target = await sandbox();
  const sections = SECTIONS.replace("Left the company", `"${HOSTILE}"`);
  const cwd = await folder({
    "::error::x.yaml": "nonsense",
    "policies/production.yaml": policy(target.url, { sections }),
  });
  const { code, err } = await curfew(cwd, ["validate", "::error::x.yaml"]);
  expect(code).toBe(1);
  expect(err).toMatch(/^\\u003a:error::x\.yaml:1:1: /);

  await curfew(cwd, ["plan", "--out", "plan.json"]);
  const saved = await readFile(join(cwd, "plan.json"), "utf8");
  expect(saved).not.toMatch(ORDER);
  expect(JSON.stringify(JSON.parse(saved))).toContain(HOSTILE);
  // Its digest is over what it says, so it is as good as before.
  const applied = await curfew(cwd, ["apply", "--plan", "plan.json", "--yes"]);
  expect([applied.code, applied.err]).toEqual([0, ""]);
});

test("validate --format json leaves nothing raw that a terminal acts on", async () => {
  const name = "pro\\u009b31m\\u202educ\\U000E0041tion";
  const cwd = await folder({
    "good.yaml": policy(LOOPBACK, { name: `"${name}"` }),
    "bad.yaml": policy(LOOPBACK, { sections: '"\\u009b\\u2066key": 1\n' }),
    "\u009b\u202e.yaml": "nonsense",
  });
  const validate = (file: string) => curfew(cwd, ["validate", "--format", "json", file]);
  const [good, bad, odd] = await Promise.all(
    ["good.yaml", "bad.yaml", "\u009b\u202e.yaml"].map(validate),
  );
  for (const ran of [good, bad, odd]) {
    expect(ran?.out).not.toMatch(RAW);
    expect(ran?.err).toBe("");
  }
  expect(JSON.parse(good?.out ?? "").policies).toMatchObject([
    { target: "pro\u009b31m\u202educ\u{e0041}tion" },
  ]);
  expect(bad?.out).toContain("U+009BU+2066key");
  expect(JSON.parse(odd?.out ?? "").problems).toMatchObject([{ file: "\u009b\u202e.yaml" }]);
});

test("the warning of a damaged ledger leaves nothing raw that a terminal acts on", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  await curfew(cwd, ["apply", "--yes"]);
  const [state = ""] = Object.keys(await filesOf(cwd)).filter((file) =>
    file.endsWith("/state.json"),
  );
  const text = await readFile(join(cwd, state), "utf8");
  const key = JSON.stringify("\u001b]0;title\u0007\u009b2J\u202e");
  await writeFile(join(cwd, state), text.replace('"locks":{', `"locks":{${key}:"x",`));
  const { err } = await curfew(cwd, ["plan"]);
  expect(err).toMatch(/^warning: .*\\x1b\]0;title\\x07\\x9b2J\\u202e/);
  expect(err).not.toMatch(RAW);
});
