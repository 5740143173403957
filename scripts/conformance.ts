/** Runs the conformance suite and writes docs/conformance.md (`npm run conformance`). */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GROUPS } from "../test/providers/conformance/checks.ts";
import { conformanceDocument, type Failed } from "../test/providers/conformance/document.ts";
import { KINDS } from "../test/providers/conformance/kinds.ts";

const failed: Failed[] = [];
for (const kind of KINDS) {
  for (const { name, skip, run } of GROUPS.flatMap((group) => group.checks(kind))) {
    if (skip !== null) continue;
    await run().catch((error: unknown) => failed.push({ kind, check: name, error }));
  }
}
const page = conformanceDocument(KINDS, failed);
await writeFile(join(import.meta.dirname, "../docs/conformance.md"), page);
for (const { kind, check, error } of failed) {
  process.exitCode = 1;
  process.stderr.write(`${kind.name}, ${check}: ${error}\n`);
}
