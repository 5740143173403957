// @module-tag slow
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generateEstate } from "../../src/providers/journeyapps/sandbox/estate.ts";
import { curfew, filesOf, folder, SECRET } from "./run.ts";
import { nobody, sandbox, user } from "./world.ts";

const REF = ["--credentials", "env:TOKEN"];
const OUT = "policies/production.yaml";

test("import writes a policy that validates, and whose plan is empty: reported, enforced, and on a saved inventory", async () => {
  const { users: estate } = generateEstate({ users: 120, seed: 5, at: Date.now() });
  const target = await sandbox({ estate });
  const cwd = await folder();
  const ran = await curfew(cwd, ["import", "--url", target.url, ...REF]);
  expect(ran).toMatchObject({ code: 0, err: "" });
  expect(ran.out).toMatch(
    /^Wrote policies\/production\.yaml for production: 120 users, \d+ locked, /,
  );
  const next = ran.out.split("\n").filter((line) => line.startsWith("  curfew "));
  // What each does stands in one column.
  expect(new Set(next.map((line) => /^ {2}curfew \S.*? {2,}/.exec(line)?.[0].length)).size).toBe(1);
  expect(await curfew(cwd, ["validate"])).toMatchObject({ code: 0 });
  const empty = { code: 0, out: expect.stringContaining("Nothing to do: production is as") };
  expect(await curfew(cwd, ["plan"])).toMatchObject(empty);
  expect(await curfew(cwd, ["inventory", "--out", "saved.jsonl"])).toMatchObject({ code: 0 });

  const text = await readFile(join(cwd, OUT), "utf8");
  const enforced = text.replace("\nenforcement: report", "\nenforcement: enforce");
  const other = await folder({ [OUT]: enforced });
  expect(await curfew(other, ["plan"])).toMatchObject(empty);
  expect(await curfew(other, ["apply", "--yes"])).toMatchObject({ code: 0 });
  expect(await curfew(other, ["plan"])).toMatchObject(empty);

  // The deployment's environment is not in a saved inventory.
  const again = await curfew(cwd, ["import", "--inventory", "saved.jsonl", ...REF, "--out", "-"]);
  expect(again).toMatchObject({ code: 0, err: "" });
  const lines = (of: string) => of.split("\n").filter((line) => !/^#|environment:/.test(line));
  expect(lines(again.out)).toEqual(lines(text));
});

test("people are named by a field of the user model", async () => {
  const estate = [user("ann", 1, { locked: true, enrolled: false, sessions: [] })];
  const objects = [{ id: "ann", type: "user", email: "ann@acme.example" }];
  const target = await sandbox({ estate, objects });
  const cwd = await folder();
  const args = ["import", "--url", target.url, ...REF, "--identify", "email"];
  expect(await curfew(cwd, [...args, "--name", "staging"])).toMatchObject({ code: 0 });
  expect(await readFile(join(cwd, "policies/staging.yaml"), "utf8")).toContain(
    "    - user: ann@acme.example\n",
  );
  expect(await curfew(cwd, ["plan"])).toMatchObject({ code: 0 });
});

test("a user of an unknown shape is told, and the exit code says so", async () => {
  const target = await sandbox({
    estate: [user("ann", 1), user("bob", 1, { locked: "maybe" as unknown as boolean })],
  });
  const cwd = await folder();
  const ran = await curfew(cwd, ["import", "--url", target.url, ...REF]);
  expect(ran.code).toBe(1);
  expect(ran.err).toBe(
    "warning: bob has a record of an unknown shape (locked)\n" +
      "warning: 1 user could not be read: nothing is known of them, and every plan says so\n",
  );
  expect(Object.keys(await filesOf(cwd))).toEqual([OUT]);
});

test("import overwrites nothing, and asks nobody before it knows that", async () => {
  const target = await sandbox();
  const cwd = await folder({ [OUT]: "mine\n" });
  const ran = await curfew(cwd, ["import", "--url", target.url, ...REF]);
  expect(ran).toMatchObject({
    code: 1,
    err: "error: policies/production.yaml exists, and import overwrites nothing: give --out another file\n",
  });
  expect(await filesOf(cwd)).toEqual({ [OUT]: "mine\n" });
  expect(target.requests).toEqual([]);
});

test("what import can't do is said in a sentence, without the secret that stands in the wrong place", async () => {
  const cwd = await folder({ "broken.jsonl": "{}\n" });
  const gone = await nobody();
  const cases: [string[], number, RegExp][] = [
    [["--url", `https://x:${SECRET}@acme.journeyapps.com/api`], 1, /^error: --url: must not hold/],
    [["--url", gone, "--credentials", SECRET], 1, /^error: --credentials: is not a reference/],
    [["--url", gone, "--credentials", "env:ABSENT"], 1, /environment variable ABSENT is not set/],
    [["--url", "https://evil.example/api", ...REF], 5, /no host of this provider/],
    [["--url", gone, ...REF], 5, /^error: /],
    [["--url", gone, ...REF, "--name", "../x"], 1, /makes no file name: give --out FILE/],
    [["--inventory", "broken.jsonl"], 1, /is not a saved inventory/],
    [[], 1, /^error: import needs a target: give --url/],
  ];
  for (const [args, code, message] of cases) {
    const ran = await curfew(cwd, ["import", ...args]);
    expect(ran, args.join(" ")).toMatchObject({ code, out: "" });
    expect(ran.err).toMatch(message);
    expect(ran.err).not.toMatch(/\n {4}at /);
  }
  expect(Object.keys(await filesOf(cwd))).toEqual(["broken.jsonl"]);
});
