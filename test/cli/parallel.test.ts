// @module-tag slow
/** Several targets at once, told as if one after the other; and --debug. */
import { expect, test } from "vitest";
import { curfew, folder, leaks, type Ran, SECRET } from "./run.ts";
import { nobody, policy, project, sandbox, writes } from "./world.ts";

const names = ["one", "two", "three", "four"];

/** Four targets, of which the first is the slowest and the third does not answer. */
async function estate() {
  const targets = await Promise.all(names.map((_, i) => sandbox({ latency: i === 0 ? 400 : 0 })));
  const gone = await nobody();
  const files = names.map((name, i) => {
    const { url } = targets[i] as (typeof targets)[number];
    return [`policies/${i}-${name}.yaml`, policy(i === 2 ? gone : url, { name })] as const;
  });
  return { targets, cwd: await folder(Object.fromEntries(files)) };
}

/** Without what differs from run to run. */
function settled({ code, out, err }: Ran): Ran {
  const plain = (text: string) =>
    text
      .replace(/\d{4}-\d\d-\d\d[ T][\d:.]+( UTC|Z)/g, "MOMENT")
      .replace(/sha256:[0-9a-f]+/g, "DIGEST")
      .replace(/\d+\.\d s\b/g, "SECONDS");
  return { code, out: plain(out), err: plain(err) };
}

test("plan and drift say the same in parallel as one after the other", async () => {
  const { cwd } = await estate();
  const at = ["--at", "2026-11-22"];
  for (const args of [["plan", ...at], ["plan", ...at, "--format", "json"], ["drift"]]) {
    const [one, four] = [await curfew(cwd, args), await curfew(cwd, [...args, "--parallel", "4"])];
    expect(settled(four), args.join(" ")).toEqual(settled(one));
    expect(one.code).toBe(5);
    expect(one.err).toContain("refused the connection");
  }
});

test("apply carries out each, tells in order, and wants --yes", async () => {
  const { cwd, targets } = await estate();
  const unasked = await curfew(cwd, ["apply", "--parallel", "2"]);
  expect(unasked).toMatchObject({ code: 1, out: "" });
  const ran = await curfew(cwd, ["apply", "--yes", "--parallel", "4"]);
  expect(ran.code).toBe(5);
  const told = [...ran.out.matchAll(/^Apply to (\w+)/gm)].map(([, name]) => name);
  expect(told).toEqual(["one", "two", "four"]);
  expect(targets.map((target) => writes(target) > 0)).toEqual([true, true, false, true]);
});

test("so many targets at once are a whole number from 1 to 64", async () => {
  const cwd = await folder();
  for (const n of ["0", "-1", "65", "many", "1.5"]) {
    const ran = await curfew(cwd, ["plan", "--parallel", n]);
    expect(ran).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toContain("It takes a whole number from 1 to 64.");
  }
});

test("--debug prints every request with its tries on standard error, and no secret", async () => {
  const target = await sandbox();
  target.fail("500@GET /users:1");
  const cwd = await project(target.url);
  const lines = (text: string) => text.split("\n").filter((line) => line.startsWith("debug: "));
  const env = { env: { CURFEW_LEDGER: "elsewhere" } };
  const runs: [string[], RegExp][] = [
    [["plan", "--debug"], /^debug: production: GET users\?limit=\d+&skip=0: 500, \d+ ms, try 1$/m],
    [["apply", "--yes", "--debug"], /^debug: production: POST batch\.json: 200, \d+ ms, try 1$/m],
    [["drift", "--debug"], /^debug: production: GET info\.json: 200, \d+ ms, try 1$/m],
    [["inventory", "--out", "i.jsonl", "--debug"], /^debug: production: GET users\?/m],
    [
      ["enroll", "ann", "--yes", "--debug"],
      /^debug: production: POST users\/ann\/authentication-token: 200/m,
    ],
    [
      [
        "import",
        "--url",
        target.url,
        "--credentials",
        "env:TOKEN",
        "--name",
        "other",
        "--out",
        "-",
        "--debug",
      ],
      /^debug: other: GET users\?/m,
    ],
  ];
  for (const [args, line] of runs) {
    const before = target.counters.requests;
    const ran = await curfew(cwd, args, env);
    expect(ran.err, args.join(" ")).toMatch(line);
    // Every one is told.
    expect(lines(ran.err), args.join(" ")).toHaveLength(target.counters.requests - before);
    expect(ran.out).not.toContain("debug: ");
    expect(leaks(ran.err)).toEqual([]);
  }
  const quiet = await curfew(cwd, ["plan"], env);
  expect(quiet.err).toBe("");
  // A secret that a backend would have in a path is hidden as everywhere.
  const odd = await curfew(cwd, ["enroll", SECRET, "--yes", "--debug"], env);
  expect(odd.err).toMatch(/^debug: production: GET users\/.*: 404/m);
});
