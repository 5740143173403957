// @module-tag slow
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { type Deployed, type Runtime, startRuntime } from "./runtime.ts";

/** A runtime for a package whose `index.mjs` is this. */
async function running(code: string, more: Partial<Deployed> = {}): Promise<Runtime> {
  const folder = await mkdtemp(join(tmpdir(), "curfew package-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "index.mjs"), code);
  const runtime = await startRuntime({
    folder,
    handler: "index.handler",
    name: "curfew",
    arn: "arn:aws:lambda:eu-central-1:123456789012:function:curfew",
    region: "eu-central-1",
    memoryMB: 256,
    timeoutMs: 20_000,
    logGroup: "/aws/lambda/curfew",
    environment: { STORED: "yes" },
    endpoint: "http://127.0.0.1:9",
    ...more,
  });
  onTestFinished(() => runtime.close());
  return runtime;
}

test("a handler has the event, the context and what it logged; the next invocation is warm", async () => {
  const { invoke } = await running(`
    let n = 0;
    export async function handler(event, context) {
      console.log(JSON.stringify({ n: ++n }));
      const left = context.getRemainingTimeInMillis();
      return { event, n, left: left > 0 && left <= 20_000, context };
    }`);
  const first = await invoke({ kind: "scheduled" });
  expect(first).toMatchObject({
    ok: true,
    cold: true,
    logs: '{"n":1}\n',
    payload: {
      event: { kind: "scheduled" },
      left: true,
      context: { functionName: "curfew", memoryLimitInMB: "256" },
    },
  });
  const second = await invoke({});
  expect(second).toMatchObject({ ok: true, cold: false, logs: '{"n":2}\n', payload: { n: 2 } });
});

test("the environment is what is stored and what Lambda sets, and nothing of ours", async () => {
  vi.stubEnv("CURFEW_TEST_OURS", "1");
  onTestFinished(() => void vi.unstubAllEnvs());
  const { invoke } = await running("export const handler = async () => process.env;", {
    environment: { STORED: "yes", AWS_REGION: "mars" },
  });
  const { payload } = (await invoke({})) as { payload: Record<string, string> };
  expect(payload).toMatchObject({ STORED: "yes", AWS_REGION: "eu-central-1", TZ: ":UTC" });
  expect(Object.keys(payload)).not.toContain("CURFEW_TEST_OURS");
  expect(Object.keys(payload)).not.toContain("HOME");
});

test("an error of the handler is the invocation's, is logged, and ends no process", async () => {
  const { invoke } = await running(`
    class RefusedError extends Error { name = "RefusedError"; }
    export async function handler(event) { if (event.bad) throw new RefusedError("no"); return 1; }`);
  const bad = await invoke({ bad: true });
  expect(bad).toMatchObject({
    ok: false,
    error: { errorType: "RefusedError", errorMessage: "no" },
    logs: expect.stringContaining('"errorType":"RefusedError"'),
  });
  expect(await invoke({})).toMatchObject({ ok: true, cold: false, payload: 1 });
});

test.for([
  ["throws while it loads", "throw new TypeError('early')", "TypeError"],
  ["exports no handler", "export const other = 1;", "Runtime.HandlerNotFound"],
  ["can't be imported", "import 'nowhere-to-be-found';", "Error"],
  ["exits", "export const handler = () => process.exit(7);", "Runtime.ExitError"],
])("a package that %s is an error, and the next start is cold", async ([, code, errorType]) => {
  const { invoke } = await running(code as string);
  for (const _ of [1, 2]) {
    expect(await invoke({})).toMatchObject({ ok: false, cold: true, error: { errorType } });
  }
});

test("the time-out ends the process, and the next start is cold", async () => {
  const { invoke } = await running(`
    export const handler = (event) => event.hang ? new Promise((r) => setTimeout(r, 60_000)) : "done";`);
  const late = await invoke({ hang: true }, { timeoutMs: 300 });
  expect(late).toMatchObject({ ok: false, error: { errorType: "Sandbox.Timedout" } });
  expect(late).toMatchObject({
    error: { errorMessage: expect.stringMatching(/after 0\.3 seconds$/) },
  });
  expect(await invoke({})).toMatchObject({ ok: true, cold: true, payload: "done" });
  const killed = await invoke({ hang: true }, { killedAt: sleep(1) });
  expect(killed).toMatchObject({ ok: false, error: { errorType: "Sandbox.Timedout" } });
});

test("a process is frozen between two invocations", async () => {
  const { invoke } = await running("export const handler = () => process.pid;");
  const first = await invoke({});
  const { payload: pid } = first as { payload: number };
  const state = () => execFileSync("ps", ["-o", "state=", "-p", String(pid)], { encoding: "utf8" });
  await vi.waitFor(() => expect(state()).toMatch(/^T/), { timeout: 5_000 });
  expect(await invoke({})).toMatchObject({ ok: true, cold: false, payload: pid });
});

test("one environment runs one invocation at a time", async () => {
  const { invoke } = await running("export const handler = () => 1;");
  const first = invoke({});
  await expect(invoke({})).rejects.toThrow("runs already");
  expect(await first).toMatchObject({ ok: true });
});
