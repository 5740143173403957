import { globSync, readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vitest/config";

const TESTS = "test/**/*.test.ts";

/** In ms: far more than the slowest of them needs on a busy machine, and an end to one that hangs. */
const PATIENCE = 600_000;

/** As Vitest finds the tag of a whole file. */
const SLOW_FILE = /(\/\/|\*)\s*@module-tag\s+slow\b/;

/** A file whose tests are all slow is not even imported where slow tests are left out. */
const leaveOutSlowFiles: Plugin = {
  name: "leave-out-slow-files",
  configureVitest({ project }) {
    const { tagsFilter, exclude, root } = project.config;
    if (!tagsFilter?.includes("!slow")) return;
    const files = globSync(TESTS, { cwd: root });
    exclude.push(
      ...files.filter((file) => SLOW_FILE.test(readFileSync(`${root}/${file}`, "utf8"))),
    );
  },
};

export default defineConfig({
  plugins: [leaveOutSlowFiles],
  test: {
    include: [TESTS],
    // Halves the time that a process needs to begin, where it has the environment of the tests.
    env: { NODE_COMPILE_CACHE: `${import.meta.dirname}/node_modules/.cache/curfew-cli` },
    globalSetup: ["test/kit/needs.ts"],
    expect: { requireAssertions: true },
    testTimeout: 60_000,
    hookTimeout: PATIENCE,
    // Two, also where there are two cores: most of a slow test is waiting for other processes.
    maxWorkers: 2,
    tags: [
      {
        name: "slow",
        timeout: PATIENCE,
        description:
          "Runs in `npm run test:slow`, not in `npm test`: processes, emulators, browsers, sizes.",
      },
      {
        name: "worlds",
        timeout: PATIENCE,
        description:
          "Runs in both: on a few random inputs in `npm test`, on many in `npm run test:slow`.",
      },
    ],
  },
});
