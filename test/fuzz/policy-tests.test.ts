// @module-tag worlds
/** Files of policy tests under mutation: problems at places, or results; never a crash. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { coverageMeter } from "../../src/policy-tests/coverage.ts";
import { loadTests } from "../../src/policy-tests/load.ts";
import { parseTests } from "../../src/policy-tests/parse.ts";
import { runTests } from "../../src/policy-tests/run.ts";
import { testsJunit } from "../../src/report/machine/junit.ts";
import { FUZZ } from "../kit/runs.ts";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, "policies/tests");

test("a file of policy tests, changed anywhere, is refused at a place or runs", async () => {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith(".yaml"));
  const texts = await Promise.all(names.map((name) => readFile(join(FOLDER, name), "utf8")));
  const [loaded] = await loadTests(["policies"], ROOT);
  if (!loaded) throw new Error("there are no tests");
  const words = [...new Set(texts.join(" ").match(/[\w-]+|[^\w\s]/g))];
  const word = fc.constantFrom(
    ...words,
    "__proto__",
    "null",
    "1e400",
    "",
    "length",
    "*a",
    "\u0000",
  );
  const lines = (text: string) => text.split("\n");
  const change = fc.record({
    text: fc.constantFrom(...texts),
    line: fc.nat(200),
    from: word,
    to: word,
    drop: fc.boolean(),
  });
  let ran = 0;
  await fc.assert(
    fc.asyncProperty(change, async ({ text, line, from, to, drop }) => {
      const all = lines(text);
      const at = line % all.length;
      const old = all[at] ?? "";
      const found = old.includes(from) ? from : (old.match(/[\w-]+/)?.[0] ?? "");
      all[at] = drop ? "" : old.replace(found, to);
      const { tests, problems } = parseTests("t.yaml", all.join("\n"));
      expect(tests === null).toBe(problems.length > 0);
      for (const problem of problems) {
        expect(problem.line).toBeGreaterThan(0);
        expect(problem.message).not.toBe("");
      }
      if (!tests) return;
      ran++;
      const result = await runTests(tests, loaded.policy, coverageMeter(loaded.policy));
      expect(testsJunit([result])).toContain("</testsuites>");
    }),
    FUZZ,
  );
  expect(ran).toBeGreaterThan(FUZZ.numRuns / 20);
});
