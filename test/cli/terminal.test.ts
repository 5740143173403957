// @module-tag slow
import { spawnSync } from "node:child_process";
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { BIN, curfew, filesOf, folder, shell } from "./run.ts";
import { project, sandbox, writes } from "./world.ts";

const ESCAPE = "\u001b";
/** To the beginning of the line, and nothing on it. */
const CLEAR = `\r${ESCAPE}[2K`;

test("no colour and no progress bar where no terminal is; FORCE_COLOR brings colour, NO_COLOR takes it away", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  const plan = (env: Record<string, string>) =>
    curfew(cwd, ["plan", "--at", "2100-01-01"], { env });
  const [plain, ci, noColour, forced, both, json] = await Promise.all([
    plan({ TERM: "xterm-256color" }),
    plan({ CI: "true" }),
    plan({ NO_COLOR: "1" }),
    plan({ FORCE_COLOR: "1" }),
    plan({ FORCE_COLOR: "1", NO_COLOR: "1" }),
    curfew(cwd, ["plan", "--format", "json"], { env: { FORCE_COLOR: "1" } }),
  ]);
  expect(plain).toMatchObject({ code: 2, err: "" });
  expect(plain.out).not.toContain(ESCAPE);
  expect(ci).toEqual(plain);
  expect(noColour).toEqual(plain);
  expect(both.out).toBe(plain.out);
  expect(forced).toMatchObject({ code: 2, err: "" });
  expect(forced.out).toContain(`${ESCAPE}[1mPlan for production${ESCAPE}[22m\n`);
  expect(stripVTControlCharacters(forced.out)).toBe(plain.out);
  expect(JSON.parse(json.out)).toMatchObject({ format: "curfew/plan/2" });
});

// docs/contract.md, "Commands": `NO_COLOR` and `CI` are respected; FORCE_COLOR=0 means no colour wherever it is known.
test("FORCE_COLOR=0 is no colour", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  const ran = await curfew(cwd, ["plan"], { env: { FORCE_COLOR: "0" } });
  expect(ran.out).not.toContain(ESCAPE);
});

test("a reader that has seen enough is no error, and does not stop an apply", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  const head = '{ "$@"; echo $? > code; } | head -n 1';
  const code = () => readFile(join(cwd, "code"), "utf8");
  expect(await shell(cwd, head, ["schema"])).toEqual({ code: 0, out: "{\n", err: "" });
  expect(await code()).toBe("0\n");
  expect(await shell(cwd, head, ["plan"])).toEqual({
    code: 0,
    out: "Without a ledger: no run on this target has ended there. Unlocks, drift and what the last 24 hours\n",
    err: "",
  });
  expect(await code()).toBe("2\n");
  // Nobody reads from the beginning.
  const gone = '{ sleep 0.2; "$@"; echo $? > code; } | true';
  expect(await shell(cwd, gone, ["apply", "--yes"])).toEqual({ code: 0, out: "", err: "" });
  expect(await code()).toBe("0\n");
  expect(target.counters.operations).toEqual({
    "users/lock": 1,
    "users/sessions/re-authenticate": 1,
  });
});

// errors.ts: only a bug shows its stack; a full disk is none.
test("a report that can't be written is told in a sentence", async () => {
  const target = await sandbox();
  const cwd = await project(target.url);
  const ran = await shell(cwd, '"$@" > /dev/full', ["plan"]);
  expect(ran.err).not.toMatch(/\n {4}at /);
});

test("a working folder that can't be written to is told in a sentence", async () => {
  const target = await sandbox();
  const file = join(await project(target.url), "policies/production.yaml");
  const cwd = await readOnly();
  const [plan, apply, out, inventory] = await Promise.all([
    curfew(cwd, ["plan", file]),
    curfew(cwd, ["apply", "--yes", file, "--ledger", ".curfew"]),
    curfew(cwd, ["plan", file, "--out", "plan.json"]),
    curfew(cwd, ["inventory", file, "--out", "inventory.jsonl"]),
  ]);
  expect(plan).toMatchObject({ code: 2, err: "" });
  expect(apply.code).toBe(1);
  expect(apply.err).toMatch(
    /^error: The ledger in \S.*\.curfew can't be used; [^\n]+ --ledger\.\n$/,
  );
  expect(out).toMatchObject({ code: 1, out: "" });
  expect(out.err).toMatch(/^error: the plan can't be saved to plan\.json: E[A-Z]+\n$/);
  expect(inventory).toMatchObject({ code: 1, out: "" });
  expect(inventory.err).toMatch(
    /^error: the inventory can't be saved to \S.*inventory\.jsonl: E[A-Z]+\n$/,
  );
  expect(writes(target)).toBe(0);
});

/** A folder in which this process can make nothing. Permissions don't keep root out; the kernel's own folder does. */
async function readOnly(): Promise<string> {
  if (process.getuid?.() === 0) return "/sys";
  const cwd = await folder();
  await chmod(cwd, 0o555);
  return cwd;
}

/** Of util-linux: runs a command on a pseudo-terminal and ends as it does. */
const SCRIPT = "script";
const PSEUDO_TERMINAL = spawnSync(SCRIPT, ["-qec", "true", "/dev/null"]).status === 0;
const QUESTION = 'Apply 2 actions to production? Only "yes" is taken as agreement: ';

/** `curfew apply` on a pseudo-terminal of 100 columns, on which somebody types an answer. */
function typed(cwd: string, type: string, env: Record<string, string> = {}) {
  const line = `stty cols 100; exec '${process.execPath}' '${BIN}' apply`;
  return curfew(cwd, ["apply"], {
    program: [SCRIPT, "-qec", line, "/dev/null"],
    env: { TERM: "xterm-256color", ...env },
    answer: { to: "agreement: ", type },
  });
}

test.runIf(PSEUDO_TERMINAL)(
  "on a terminal apply asks, and only yes is yes (skipped where `script` of util-linux is not there)",
  async () => {
    const target = await sandbox();
    const cwd = await project(target.url);
    const refusals = [await typed(cwd, "no\n"), await typed(cwd, "YES\n")];
    for (const ran of refusals) {
      expect(ran.code).toBe(1);
      expect(ran.out).toContain(QUESTION);
      expect(ran.out).toContain("error: not agreed to: nothing was done to production\r\n");
    }
    expect(writes(target)).toBe(0);
    const files = await filesOf(cwd);
    expect(Object.keys(files).filter((name) => name.endsWith("state.json"))).toEqual([]);
    const logged = Object.entries(files).filter(([name]) => name.includes("/audit/"));
    expect(logged.map(([, text]) => JSON.parse(text))).toMatchObject([
      { kind: "run-stopped", why: "not-agreed", plan: expect.stringMatching(/^sha256:/) },
      { kind: "run-stopped", why: "not-agreed" },
    ]);

    const ci = await typed(cwd, "yes\n", { CI: "true" });
    expect(ci).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^error: apply asks before it writes/),
    });

    const agreed = await typed(cwd, "yes\n");
    expect(agreed.code).toBe(0);
    expect(agreed.out).toContain(`${ESCAPE}[1mPlan for production${ESCAPE}[22m\r\n`);
    // The bar is drawn, and taken away before anything else is written.
    const bar = (what: string, n: number) =>
      `${CLEAR}${what} production ${"█".repeat(24)} 100% (${n} of ${n})${CLEAR}`;
    expect(agreed.out).toContain(bar("Reading", 4));
    const [, after = ""] = agreed.out.split(QUESTION);
    expect(after).toContain(bar("Applying to", 2));
    expect(stripVTControlCharacters(after)).toContain("Applied 2 of 2.\r\n");
    expect(target.user("bob")?.locked).toBe(true);
  },
);

// errors.ts: "Anything else is a bug and shows its stack": leaving the question is no bug.
test.runIf(PSEUDO_TERMINAL)(
  "Ctrl-C and Ctrl-D at the question are a no (skipped where `script` of util-linux is not there)",
  async () => {
    const target = await sandbox();
    const cwd = await project(target.url);
    const said = [];
    for (const key of ["\u0003", "\u0004"]) {
      const ran = await typed(cwd, key);
      expect(writes(target)).toBe(0);
      expect(ran.out).not.toContain("This is a bug in Curfew");
      said.push([ran.code, ran.out.includes("interrupted before anything was written")]);
    }
    // docs/contract.md, "Exit codes": who interrupts has not refused.
    expect(said).toEqual([
      [130, true],
      [1, false],
    ]);
  },
);
