import { TestRunner } from "vitest";

/** The same inputs in every run, so that a change alone turns a test red; CURFEW_SEED tries others. */
const SEED = Number(process.env.CURFEW_SEED ?? 1);

/** Whether the slow tests were asked for and no others: `npm run test:slow`. */
const THOROUGH = !TestRunner.matchesTags([]);

/** How often: as CURFEW_RUNS says, else a few times in `npm test`, more often among the slow, and most so in CI. */
function times(few: number, many: number, most: number): number {
  const unasked = process.env.CI ? most : many;
  return Number(process.env.CURFEW_RUNS ?? (THOROUGH ? unasked : few));
}

/** How many random worlds a property is tried in. */
export const RUNS = { seed: SEED, numRuns: times(40, 200, 1000) };

/** How many random inputs a fuzz test tries. */
export const FUZZ = { seed: SEED, numRuns: times(60, 500, 2000) };
