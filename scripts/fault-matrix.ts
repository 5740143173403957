/** Runs the fault matrix and writes docs/fault-matrix.md (`npm run fault-matrix`). */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runBetween } from "../test/fault-matrix/between.ts";
import { matrixDocument } from "../test/fault-matrix/document.ts";
import { nameOf } from "../test/fault-matrix/matrix.ts";
import { runMatrix } from "../test/fault-matrix/run.ts";

const results = await runMatrix();
const page = matrixDocument(results, await runBetween());
await writeFile(join(import.meta.dirname, "../docs/fault-matrix.md"), page);
for (const result of results) {
  if (!("error" in result)) continue;
  process.exitCode = 1;
  process.stderr.write(`${nameOf(result.cell)}: ${result.error}\n`);
}
