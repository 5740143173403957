// @module-tag worlds
/** The planner and the oracle on the same worlds: docs/contract.md is right, and one of the two may be wrong. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { RUNS } from "../kit/runs.ts";
import { compare } from "./compare.ts";
import { worlds } from "./worlds.ts";

test("the planner and the oracle say the same", async () => {
  let runs = 0;
  let unsure = 0;
  await fc.assert(
    fc.asyncProperty(worlds, async (world) => {
      const compared = await compare(world);
      runs += compared.runs;
      if (compared.unsure) unsure++;
      expect(compared.differences).toEqual([]);
    }),
    RUNS,
  );
  expect(runs).toBeGreaterThan(unsure * 3);
});
