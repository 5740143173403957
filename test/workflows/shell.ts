/** Tests that run the workflows' scripts: they need programs that not every machine has. */
import { spawnSync } from "node:child_process";
import { test as base } from "vitest";

const PROGRAMS = ["bash", "jq", "unzip", "curl", "git"];
const missing = PROGRAMS.filter(
  (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0,
);
const absent = missing.length > 0 && process.env.CI !== "true";

/** Skipped where a program is missing, but under CI, where it then fails. */
export const test: typeof base.skip = absent ? base.skip : base;

if (absent)
  base.skip(`skipped: needs ${missing.join(", ")}, which \`bash .ci/debian\` installs`, () => {});
