/** The example estate has a suite that passes, touches all of it, and notices a change. */
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Policy } from "../../src/model/policy.ts";
import { coverageMeter } from "../../src/policy-tests/coverage.ts";
import { loadTests } from "../../src/policy-tests/load.ts";
import { runTests } from "../../src/policy-tests/run.ts";

const ROOT = join(import.meta.dirname, "../..");

async function failed(change: (policy: Policy) => void = () => {}): Promise<string[]> {
  const names: string[] = [];
  for (const { tests, policy } of await loadTests(["policies"], ROOT)) {
    const changed = structuredClone(policy);
    change(changed);
    const { tests: results } = await runTests(tests, changed, coverageMeter(changed));
    names.push(...results.filter(({ passed }) => !passed).map(({ name }) => name));
  }
  return names;
}

test("every test passes, and together they touch every line of the policy", async () => {
  const loaded = await loadTests(["policies"], ROOT);
  const [first] = loaded;
  if (!first) throw new Error("there are no tests");
  const meter = coverageMeter(first.policy);
  for (const { tests, policy } of loaded) await runTests(tests, policy, meter);
  expect(await failed()).toEqual([]);
  expect(meter.result().untouched).toEqual([]);
  expect(meter.result().all).toBeGreaterThan(20);
});

test.each<[string, (policy: Policy) => void]>([
  ["maxAge", (p) => delete p.sessions.maxAge],
  ["maxIdle", (p) => delete p.sessions.maxIdle],
  ["maxPerUser", (p) => delete p.sessions.maxPerUser],
  ["notBefore", (p) => delete p.sessions.notBefore],
  ["the contractors", (p) => p.groups.splice(0, 1)],
  ["the field crews", (p) => p.groups.splice(1, 1)],
  ["the rig's exception", (p) => p.exceptions.splice(0, 1)],
  ["the handhelds' exception", (p) => p.exceptions.splice(1, 1)],
  ["the iPhones", (p) => p.devices.allowed?.splice(0, 1)],
  ["the Androids", (p) => p.devices.allowed?.splice(1, 1)],
  ["the scanner", (p) => p.devices.allowed?.splice(2, 1)],
  ["the lost phone", (p) => p.devices.denied.splice(0, 1)],
  ["the phone in repair", (p) => p.devices.denied.splice(1, 1)],
  ["the leaver", (p) => p.users.locked?.splice(0, 1)],
  ["the leave", (p) => p.users.locked?.splice(1, 1)],
  ["the dismissal", (p) => p.users.locked?.splice(2, 1)],
  ["the protection", (p) => p.protected.splice(0, 1)],
  ["the freeze", (p) => Object.assign(p, { freeze: null })],
  ["the window", (p) => Object.assign(p, { windows: {} })],
  ["the wipe limit", (p) => Object.assign(p.limits.types.wipe, { max: 0 })],
  ["the lock limit", (p) => Object.assign(p.limits.types.lock, { max: 500 })],
  ["the raise", (p) => Object.assign(p.limits, { raise: [] })],
  ["the report", (p) => Object.assign(p.enforcement, { rules: {} })],
])("a policy without %s fails its tests", async (_, change) => {
  expect((await failed(change)).length).toBeGreaterThan(0);
});
