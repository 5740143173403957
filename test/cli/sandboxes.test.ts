// @module-tag slow
/** `curfew sandbox` and the demo of every provider: what they write can be planned and applied. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { BIN, curfew, folder } from "./run.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const PROVIDERS = ["journeyapps", "slingr", "corporateacademy"];

/** A sandbox in a process of its own; what it says once it listens. */
async function served(cwd: string, ...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [BIN, "sandbox", "--port", "0", ...args], { cwd });
  onTestFinished(async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
  });
  let said = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    said += chunk;
    if (said.includes("Ctrl-C ends it.")) break;
  }
  return said;
}

test.each(PROVIDERS)(
  "the policy that a sandbox of %s writes is applied, and holds",
  async (provider) => {
    const cwd = await folder({});
    const said = await served(cwd, "--provider", provider, "--write-policy", "policies/p.yaml");
    const [, secret = ""] = /export CURFEW_SANDBOX_TOKEN=(\S+)/.exec(said) ?? [];
    const env = { CURFEW_SANDBOX_TOKEN: secret };
    const plan = await curfew(cwd, ["plan"], { env });
    expect([plan.code, plan.err]).toEqual([2, ""]);
    expect((await curfew(cwd, ["apply", "--yes"], { env })).err).toBe("");
    expect((await curfew(cwd, ["plan"], { env })).out).not.toMatch(/Plan: [1-9]\d* to lock/);
  },
);

test.each(PROVIDERS)("the demo of %s ends well", async (provider) => {
  const script = path.join(ROOT, "scripts/demo/demo.ts");
  const program = [process.execPath, script, "--provider", provider] as const;
  const told = await curfew(await folder({}), [], { program });
  expect([told.code, told.err]).toEqual([0, provider === "journeyapps" ? "" : expect.any(String)]);
  expect(told.out).toContain("exit code 2");
});

test("acts from another terminal are JourneyApps' alone, and the register keeps no state", async () => {
  const cwd = await folder({});
  const act = await curfew(cwd, ["sandbox", "lock", "ann", "--provider", "slingr"]);
  expect([act.code, act.err]).toEqual([
    1,
    expect.stringContaining("is for the JourneyApps sandbox"),
  ]);
  const kept = await curfew(cwd, ["sandbox", "--provider", "corporateacademy", "--data", "x"]);
  expect([kept.code, kept.err]).toEqual([1, expect.stringContaining("leave --data out")]);
});
