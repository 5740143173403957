/** `npm test` and `npm run test:slow` together are all tests: vitest.config.ts says what the tags mean. */
import { globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import pkg from "../package.json" with { type: "json" };

test("what one command leaves out, the other runs", () => {
  expect(pkg.scripts.test).toMatch(/ --tags-filter "!slow"$/);
  expect(pkg.scripts["test:slow"]).toMatch(/ --tags-filter "slow \|\| worlds"$/);
});

test("whatever tries as many inputs as it is told to is tagged: worlds", async () => {
  const files = globSync("**/*.test.ts", { cwd: import.meta.dirname });
  const untagged: string[] = [];
  let tagged = 0;
  for (const file of files) {
    const text = await readFile(join(import.meta.dirname, file), "utf8");
    if (!/from "[./]*\/kit\/runs\.ts"/.test(text)) continue;
    if (/^\/\/ @module-tag worlds$/m.test(text)) tagged += 1;
    else untagged.push(file);
  }
  expect(untagged).toEqual([]);
  expect(tagged).toBeGreaterThan(5);
});
