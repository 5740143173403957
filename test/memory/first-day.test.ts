// @module-tag slow
/** The first day of a very large estate, in the memory of the Lambda. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const USERS = 1_000_000;
/** Of the function, and of it the heap: infra/target-run.ts. */
const MEMORY = 1024;
const HEAP = 768;

test("a million sessions are wanted, planned, reported and held, and the urgent lock is done", async () => {
  const driver = join(import.meta.dirname, "first-day.ts");
  const args = [`--max-old-space-size=${HEAP}`, driver, String(USERS)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { peak, sizes, ...said } = JSON.parse(stdout);
  expect(said).toEqual({
    ...{ actions: 50_001, applied: 50_001, leaver: true, listed: 10_000 },
    heldSummary: { "re-authenticate": { pace: 949_999 } },
  });
  expect(Object.values<number>(sizes).every((length) => length > 0)).toBe(true);
  expect(peak / 2 ** 20).toBeLessThan(MEMORY);
});
