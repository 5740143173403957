// @module-tag slow
/** Where no run has ended yet: what can't be told is said first, in every format (docs/contract.md, "Where the ledger is"). */
import { expect, test } from "vitest";
import { curfew } from "./run.ts";
import { project, sandbox } from "./world.ts";

const SAID = "Without a ledger: no run on this target has ended there.";
/** Where the sentence may stand: at the beginning, behind what no reader sees. */
const FIRST = {
  text: /^Without a ledger: /,
  markdown: /^> \[!WARNING\]\n> Without a ledger: /,
  github: /^::warning title=No ledger::Without a ledger: /,
  html: /<article id="t0">\s*<div class="callout alarm"><p>Without a ledger: /,
};
const plain = (text: string) => text.replace(/\s+/g, " ");

test("plan, drift and apply say so first, in every format", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  for (const [format, first] of Object.entries(FIRST)) {
    for (const command of ["plan", "drift"]) {
      const { out, code } = await curfew(cwd, [command, "--format", format]);
      expect(out, `${command} ${format}`).toMatch(first);
      expect(plain(out)).toContain(SAID);
      expect(code).toBe(command === "plan" ? 2 : 1);
    }
  }
  const json = await curfew(cwd, ["plan", "--format", "json"]);
  expect(JSON.parse(json.out).ledger).toEqual({ adopt: [], forget: [], none: true });
  const drift = await curfew(cwd, ["drift", "--format", "json"]);
  expect([drift.code, JSON.parse(drift.out).ledger]).toEqual([1, false]);
  expect((await curfew(cwd, ["drift"])).out).toContain("Whether there is drift can't be told.");
  // A run that did not end, here for want of agreement, makes none.
  await curfew(cwd, ["apply"]);
  expect((await curfew(cwd, ["plan"])).out).toMatch(FIRST.text);

  const applied = await curfew(cwd, ["apply", "--yes"]);
  expect(applied.out).toMatch(FIRST.text);
  for (const command of ["plan", "drift"])
    for (const format of [...Object.keys(FIRST), "json"]) {
      const { out, code } = await curfew(cwd, [command, "--format", format]);
      expect(plain(out), `${command} ${format}`).not.toContain("Without a ledger");
      expect(code).toBe(0);
      if (command === "drift" && format === "json") expect(JSON.parse(out).ledger).toBe(true);
    }
});

test("who only reads is told that a folder that somebody named is not there", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  const missing =
    "warning: production: the ledger gone/x is read as empty: there is no such folder\n";
  for (const args of [["plan"], ["history"], ["history", "--verify"], ["ledger"]]) {
    const named = await curfew(cwd, [...args, "--ledger", "gone/x"]);
    expect(named.err, args.join(" ")).toBe(missing);
    const unnamed = await curfew(cwd, args);
    expect([unnamed.err, unnamed.code], args.join(" ")).toEqual(["", named.code]);
  }
  expect((await curfew(cwd, ["apply", "--yes", "--ledger", "gone/x"])).err).toBe("");
  expect((await curfew(cwd, ["plan", "--ledger", "gone/x"])).err).toBe("");
});

test("a ledger of another address is none", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  await curfew(cwd, ["apply", "--yes"]);
  const other = await sandbox({ deployment: "c".repeat(24) });
  const elsewhere = await project(other.url);
  const ran = await curfew(elsewhere, ["drift", "--ledger", `${cwd}/.curfew`]);
  expect(ran).toMatchObject({ code: 1, out: expect.stringMatching(FIRST.text) });
});
