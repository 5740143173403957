// @module-tag slow
/** README.md and docs/ are followed from top to bottom: commands by a shell, their exit codes and what they print. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { follow } from "./page/follow.ts";

const ROOT = path.join(import.meta.dirname, "../..");

/** Each with how many of its blocks are not run; the reason stands above each. */
const PAGES: [page: string, notRun: number][] = [
  ["README.md", 1],
  ["docs/guide.md", 3],
  ["docs/recipes.md", 3],
  ["docs/limits-and-waiting.md", 0],
  ["docs/ledger.md", 4],
  ["docs/ci.md", 1],
  ["docs/policy-tests.md", 0],
  ["docs/notify.md", 2],
];

/** Of util-linux: gives a command a terminal. */
const TERMINAL = spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0;

test.runIf(TERMINAL).each(PAGES)(
  "%s (skipped where `script` of util-linux is not there)",
  { timeout: 300_000 },
  async (page, notRun) => {
    const followed = await follow(readFileSync(path.join(ROOT, page), "utf8"));
    expect(followed.faults.join("\n")).toBe("");
    expect(followed.notRun).toHaveLength(notRun);
  },
);
