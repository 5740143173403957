// @module-tag slow
/** Every call of the API × every fault, over the whole line: fault-matrix/matrix.ts says which, cell.ts what must hold. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type Became, runBetween } from "./between.ts";
import { matrixDocument } from "./document.ts";
import { cells, nameOf } from "./matrix.ts";
import { type Result, runMatrix } from "./run.ts";

const ALL = cells();
let results: Result[] = [];
let became: Became = {};

beforeAll(async () => {
  results = await runMatrix(ALL);
  became = await runBetween();
});

for (const [i, cell] of ALL.entries()) {
  const name = nameOf(cell);
  test(name, () => {
    const result = results[i];
    if (result && "error" in result) throw result.error;
    expect(result?.verdict).toMatch(/\w/);
  });
}

test("docs/fault-matrix.md says what becomes of every cell: if not, run `npm run fault-matrix`", async () => {
  const file = join(import.meta.dirname, "../../docs/fault-matrix.md");
  expect(matrixDocument(results, became)).toBe(await readFile(file, "utf8"));
});
