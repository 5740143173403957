// @module-tag worlds
/** Whatever a policy says, it is loaded or refused, and one that is loaded can be planned. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { loadPolicies } from "../../src/checkout/load.ts";
import { PolicyError, UsageError } from "../../src/errors.ts";
import type { Policy } from "../../src/model/policy.ts";
import { estateOf, memoryOf, planned, settledOf, userOf } from "../kit/builders.ts";
import { FUZZ } from "../kit/runs.ts";
import { folderOf, NOW } from "../policy/helpers.ts";
import { mutated } from "./mutate.ts";

const EXAMPLE = join(import.meta.dirname, "../../policies");
const FILES = ["production.yaml", "shared/devices.yaml", "shared/leavers.yaml"] as const;
const TEXTS = await Promise.all(FILES.map((file) => readFile(join(EXAMPLE, file), "utf8")));

/** No load may take longer, in ms; the usual one takes a few. */
const HANGS = 5_000;
/** No message on one fault is longer. */
const LONGEST = 2_000;

const PRISTINE = Object.getOwnPropertyNames(Object.prototype).sort();

/** Users whom the example names, and some whom it does not. */
const USERS = [
  ...estateOf(8, () => ({ device: "3456-3456-3456-3456", platform: "IOS" })),
  userOf("8a4f7c52-8418-11e7-9ba9-04017e679e01", [], { fields: { employment: "contractor" } }),
  userOf("__proto__", [], { locked: true }),
];

const drafts = fc
  .nat(FILES.length - 1)
  .chain((n) => mutated(TEXTS[n] ?? "").map((text): [string, string] => [FILES[n] ?? "", text]));

it("a message on a broken block does not quote the rest of the file", async () => {
  const text = `> %: x\nversion: 1\n${"a: b\n".repeat(10_000)}`;
  const cwd = await folderOf({ "production.yaml": text });
  expect(await load(cwd)).toBeNull();
});

it("a changed policy is loaded, or refused with sentences that have a place; it is never a crash", async () => {
  const cwd = await folderOf(Object.fromEntries(FILES.map((file, n) => [file, TEXTS[n] ?? ""])));
  let loaded = 0;
  await fc.assert(
    fc.asyncProperty(drafts, async ([file, text]) => {
      await writeFile(join(cwd, file), text);
      const began = performance.now();
      const policies = await load(cwd);
      expect(performance.now() - began).toBeLessThan(HANGS);
      for (const [n, name] of FILES.entries()) {
        if (name === file) await writeFile(join(cwd, file), TEXTS[n] ?? "");
      }
      expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(PRISTINE);
      if (!policies) return;
      loaded++;
      for (const policy of policies) canBePlanned(policy);
    }),
    FUZZ,
  );
  // Changes of comments and of single values leave policies that say something else.
  expect(loaded).toBeGreaterThan(FUZZ.numRuns / 50);
  expect(loaded).toBeLessThan(FUZZ.numRuns);
});

/** null where the policy was refused. */
async function load(cwd: string): Promise<Policy[] | null> {
  try {
    return await loadPolicies(["production.yaml"], { cwd, at: NOW, commit: null });
  } catch (error) {
    if (error instanceof UsageError) return null;
    if (!(error instanceof PolicyError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    for (const { file, line, column, message } of error.problems) {
      expect(FILES).toContain(file);
      expect([line, column].every((n) => Number.isInteger(n) && n > 0)).toBe(true);
      expect(message.length).toBeGreaterThan(0);
      expect(message.length).toBeLessThan(LONGEST);
    }
    return null;
  }
}

function canBePlanned(policy: Policy): void {
  const began = performance.now();
  const memory = memoryOf({ ownLocks: { u001: NOW }, last: settledOf(policy, NOW - 1) });
  const { plan } = planned(USERS, policy, { memory });
  expect(plan.inventory.users).toBe(USERS.length);
  expect(performance.now() - began).toBeLessThan(HANGS);
}
