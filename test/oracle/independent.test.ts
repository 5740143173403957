/** The oracle is a second telling of the contract only while it knows nothing of the first. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

/** What runs the planner beside the oracle, and so must know both. */
const BESIDE = [
  "stage.ts",
  "compare.ts",
  "differential.test.ts",
  "fortnight.test.ts",
  "invariants.test.ts",
  "independent.test.ts",
];

const FOLDER = import.meta.dirname;
const files = globSync("*.ts", { cwd: FOLDER }).filter((file) => !BESIDE.includes(file));

function strangers(text: string): string[] {
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)"([^"]+)"/g);
  const allowed = /^\.\/[a-z-]+\.ts$|^semver$|^fast-check$|^vitest$/;
  const beside = BESIDE.map((file) => `./${file}`);
  return [...found].flatMap(([, to = ""]) => (allowed.test(to) && !beside.includes(to) ? [] : to));
}

test("no file of the oracle imports what it judges", () => {
  expect(files.length).toBeGreaterThan(10);
  const found = files.map((file) => strangers(readFileSync(path.join(FOLDER, file), "utf8")));
  expect(found.flat()).toEqual([]);
});

test("an import of src, of the kit, or of what knows them is found", () => {
  expect(strangers('import { decide } from "../../src/plan/decide/decide.ts";')).toHaveLength(1);
  expect(strangers('import { policyOf } from "../kit/builders.ts";')).toHaveLength(1);
  expect(strangers('await import("./stage.ts");')).toHaveLength(1);
  expect(strangers('import { glob } from "./devices.ts";')).toEqual([]);
});
