// @module-tag slow
/** README.md and docs/ are followed from top to bottom: commands by a shell, their exit codes and what they print. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { follow } from "./page/follow.ts";
import { PSEUDO_TERMINAL } from "./page/shell.ts";

const ROOT = path.join(import.meta.dirname, "../..");

/** Each with how many of its blocks are not run; the reason stands above each. */
const PAGES: [page: string, notRun: number][] = [
  ["README.md", 1],
  ["docs/guide.md", 3],
  ["docs/recipes.md", 3],
  ["docs/limits-and-waiting.md", 0],
  ["docs/ledger.md", 5],
  ["docs/ci.md", 1],
  ["docs/policy-tests.md", 0],
  ["docs/notify.md", 2],
];

test.runIf(PSEUDO_TERMINAL).each(PAGES)(
  "%s (skipped where `script` of util-linux is not there)",
  { timeout: 300_000 },
  async (page, notRun) => {
    const followed = await follow(readFileSync(path.join(ROOT, page), "utf8"));
    expect(followed.faults.join("\n")).toBe("");
    expect(followed.notRun).toHaveLength(notRun);
  },
);

test.runIf(PSEUDO_TERMINAL)("what is not as a page says is found", async () => {
  const page = `<!-- not run: needs a reason -->
\`\`\`sh
false
\`\`\`

\`\`\`
$ curfew sandbox lock
error: sandbox lock needs a user: give the id of one
$ true
something
\`\`\`

\`\`\`sh
(exit 3)
\`\`\`

Exit code 3, as it is.

\`\`\`
an output of nothing
\`\`\`
`;
  const { faults, notRun, ran } = await follow(page);
  expect({ ran, notRun }).toEqual({ ran: 3, notRun: ["needs a reason"] });
  expect(faults.map((fault) => fault.split("\n").slice(0, 2).join(""))).toEqual([
    "line 7: curfew sandbox lock  ends with 1, not 0:",
    "line 9: true  shows other lines:",
    "line 19: a block without a command or a mark",
  ]);
});
