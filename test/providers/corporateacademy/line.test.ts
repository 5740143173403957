// @module-tag slow
/** The whole line on a service of corporateacademy-auth: validate, plan and apply, until nothing is left to do. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { DAY, HOUR } from "../../../src/time.ts";
import { curfew, filesOf, folder } from "../../cli/run.ts";
import { service } from "./stage.ts";

const POLICY = (url: string, more = "") => `version: 1
target: { name: academy, provider: corporateacademy, url: ${url}, register: ../tokens.jsonl }
sessions:
  maxAge: 30d
devices:
  allowed:
    - { deviceType: mob* }
limits:
  re-authenticate: { max: 100, percent: 100, perRun: 100, exceed: refuse }
${more}`;

const mobile = { deviceType: "mobile", userAgent: "Mozilla/5.0 (Android 15)" };
const desktop = { deviceType: "desktop", userAgent: "Mozilla/5.0 (Windows NT 10.0)" };

test("old sessions and devices that are not allowed end, once", async () => {
  const sandbox = await service({ now: Date.now() });
  for (const id of ["ann", "ben", "cem"]) await sandbox.add({ id });
  const at = Date.now() - 40 * DAY;
  const old = await sandbox.signIn("ann", { ...mobile, at, persistent: true });
  const young = await sandbox.signIn("ann", { ...mobile, at: Date.now() - HOUR });
  const fixed = await sandbox.signIn("ben", { ...desktop, at: Date.now() - HOUR });
  const bare = await sandbox.signIn("cem", { at: Date.now() - HOUR });
  const cwd = await folder({ "policies/academy.yaml": POLICY(sandbox.url) });
  await sandbox.writeRegister(join(cwd, "tokens.jsonl"));
  const given = [old, young, fixed, bare];
  const tokens = given.flatMap(({ token, tinyToken }) => [token, tinyToken]);

  /** A run that must not tell a token. */
  const run = async (...args: string[]) => {
    const ran = await curfew(cwd, args);
    for (const token of tokens) expect(ran.out + ran.err).not.toContain(token);
    return ran;
  };
  expect(await run("validate")).toMatchObject({ code: 0, err: "" });
  const plan = await run("plan", "--format", "json", "--out", "plan.json");
  expect(plan.err).toBe("");
  const { actions } = JSON.parse(plan.out);
  expect(actions.map(({ type, user }: { type: string; user: string }) => [type, user])).toEqual([
    ["re-authenticate", "ann"],
    ["re-authenticate", "ben"],
    ["re-authenticate", "cem"],
  ]);
  const applied = await run("apply", "--yes");
  expect([applied.err, applied.code]).toEqual(["", 0]);
  const works = await Promise.all(given.map(({ token }) => sandbox.works(token)));
  expect(works).toEqual([false, true, false, false]);

  const again = await run("plan");
  expect(again).toMatchObject({ code: 0, err: "" });
  expect(again.out).toContain("Nothing to do");
  expect(await run("apply", "--yes")).toMatchObject({ code: 0 });
  for (const [name, text] of Object.entries(await filesOf(cwd))) {
    if (name === "tokens.jsonl") continue;
    for (const token of tokens) expect(text, name).not.toContain(token);
  }
});

test("what it can't hold is an error of validate, at its line", async () => {
  const sections = `groups:
  crew: { where: { team: red }, sessions: { maxAge: 1d } }
users:
  locked: [{ user: ann, reason: left }]
`;
  const url = "http://127.0.0.1:9/rest-api/corporateacademy-mediator";
  const text = POLICY(url, sections).replace("../tokens.jsonl", "redis://127.0.0.1:6379/0");
  const cwd = await folder({ "policies/academy.yaml": text });
  const { code, err } = await curfew(cwd, ["validate"]);
  expect(code).toBe(1);
  expect(err).toContain("names a Redis, and no keys");
  const keyed = text.replace("6379/0 }", '6379/0, keys: "session:*" }');
  const other = await curfew(await folder({ "policies/academy.yaml": keyed }), ["validate"]);
  expect(other.code).toBe(1);
  expect(other.err).toContain(
    "corporateacademy-auth tells no fields of its users: list the members",
  );
  expect(other.err).toContain("has no call that locks a user");
});
