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

test("a check that fails and one that is not asked are told apart", () => {
  const error = new Error("x");
  const page = conformanceDocument([MEMORY], [{ kind: MEMORY, check: "pages of 1", error }]);
  expect(page).toContain("7 pass, **1 fail** |");
  expect(page).toMatch(/\d not asked/);
});
