/** NODE_DEBUG makes Node print headers and environments: it never reaches the process that holds a secret. */
import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { BIN, curfew, leaks, SECRET } from "./run.ts";
import { project, sandbox } from "./world.ts";

/** A Node of the machine's own that has no execve; null where there is none. */
const WITHOUT =
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "node"))
    .find((node) => /^v2[01]\./.test(spawnSync(node, ["--version"]).stdout?.toString() ?? "")) ??
  null;

describe.each(["NODE_DEBUG", "NODE_DEBUG_NATIVE"])("%s", (name) => {
  test("is taken out of the environment, and the command does what it does without", async () => {
    const cwd = await project((await sandbox()).url);
    // `curfew` itself fails where the secret is printed.
    const args = ["plan", "--format", "json", "--at", "2026-11-22"];
    const plan = (value?: string) => curfew(cwd, args, { env: { [name]: value } });
    const [plain, some, all] = await Promise.all([
      plan(),
      plan("http,http2,net,tls,undici,fetch,child_process"),
      plan("*"),
    ]);
    expect(some).toEqual(plain);
    // Before it starts anew Node tells which modules it loads.
    expect(all).toMatchObject({ code: plain.code, out: plain.out });
    expect(all.err).not.toMatch(/UNDICI|HTTP/);
    expect(plain.code).toBe(2);
  });

  test.runIf(WITHOUT)(
    "is refused in a sentence where a process can't start anew (skipped where no Node 20 or 21 is installed)",
    () => {
      const env = { PATH: process.env.PATH ?? "", TOKEN: SECRET, [name]: "http,undici" };
      const ran = spawnSync(WITHOUT ?? "", [BIN, "schema"], { env, encoding: "utf8" });
      expect(ran.status).toBe(1);
      expect(ran.stdout).toBe("");
      expect(ran.stderr).toContain(
        `error: with ${name} set, Node prints secrets: unset it, and use --debug to see the requests\n`,
      );
      expect(leaks(ran.stderr)).toEqual([]);
    },
  );
});

test("options of Node and arguments go along", async () => {
  const cwd = await project((await sandbox()).url);
  const program = [process.execPath, "--no-warnings", BIN, "validate", "--format", "json"] as const;
  const ran = await curfew(cwd, [], { program, env: { NODE_DEBUG: "child_process" } });
  expect(ran).toMatchObject({ code: 0, err: "" });
});
