/** `npm test` and `npm run test:slow` together are all tests (vitest.config.ts says what the tags mean), in any order. */
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

test("no test writes to the environment but by vi.stubEnv, which knows how to take it back", async () => {
  const writes = /process\.env(\.\w+|\[[^\]]+\])? = |assign\(process\.env|delete process\.env/; // process.env = {}
  const files = globSync("**/*.ts", { cwd: import.meta.dirname });
  const texts = await Promise.all(
    files.map(async (file) => [file, await readFile(join(import.meta.dirname, file), "utf8")]),
  );
  expect(texts.filter(([, text]) => writes.test(text ?? "")).map(([file]) => file)).toEqual([
    "tags.test.ts", // Here it is sought.
  ]);
});
