/** The same inputs in every run, so that a change alone turns a test red; CURFEW_SEED tries others. */
const SEED = Number(process.env.CURFEW_SEED ?? 1);

/** How many random worlds a property is tried in: 1,000 in CI (docs/design.md), fewer elsewhere, or CURFEW_RUNS. */
export const RUNS = {
  seed: SEED,
  numRuns: Number(process.env.CURFEW_RUNS ?? (process.env.CI ? 1000 : 200)),
};

/** How many random inputs a fuzz test tries: 5,000 in CI, fewer elsewhere, or CURFEW_RUNS. */
export const FUZZ = {
  seed: SEED,
  numRuns: Number(process.env.CURFEW_RUNS ?? (process.env.CI ? 5000 : 500)),
};

/** In ms: far more than the slowest of them needs for so many inputs, and an end to one that hangs. */
export const PATIENCE = 60_000 + FUZZ.numRuns * 60;
