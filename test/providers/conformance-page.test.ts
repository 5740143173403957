/** The page of the suite says what the suite asks; that all of it passes is for each kind's own tests to show. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { conformanceDocument } from "./conformance/document.ts";
import { KINDS } from "./conformance/kinds.ts";
import { MEMORY } from "./memory/kind.ts";

test("docs/conformance.md says what the suite asks of each provider: if not, run `npm run conformance`", async () => {
  const file = join(import.meta.dirname, "../../docs/conformance.md");
  expect(await readFile(file, "utf8")).toBe(conformanceDocument(KINDS));
});

test("a check that fails, one that waits and one that is not asked are told apart", () => {
  const kind = { ...MEMORY, awaits: { "pages of 3": "a miracle" } };
  const page = conformanceDocument([kind], [{ kind, check: "pages of 1", error: new Error("x") }]);
  expect(page).toContain("6 pass, **1 fail**, 1 wait |");
  expect(page).toContain("- waits for a miracle: pages of 3\n");
  expect(page).toMatch(/\d not asked/);
});
