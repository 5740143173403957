/** Whatever a comment, a message, a page, a template or a workflow cites is in this repository, under that name. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { faultsOf, type Repository } from "./citations.ts";

const ROOT = path.join(import.meta.dirname, "../..");

/** Citations that are meant to lead nowhere, each with the reason. */
const EXCEPTIONS = new Map([
  ["docs/CODEOWNERS", "a file of the repository in which curfew init is run"],
  ["src/late.ts", "a file that a test of the bundle makes"],
  ["late.ts", "the same, as what imports it names it"],
  ["test/none.test.ts", "a citation that test/docs/threat-model.test.ts must find to be wrong"],
  ["x.ts", "a source that exists in memory only"],
]);

/** Files that are not read: citations of made-up files are what they are about. */
const UNREAD = new Set([
  "test/docs/citations.ts",
  "test/docs/citations.test.ts",
  "package-lock.json",
]);

/** What a fresh checkout has. */
function checkout(): Repository {
  const ignored = readFileSync(path.join(ROOT, ".gitignore"), "utf8").split("\n");
  const files: string[] = [];
  const walk = (folder: string) => {
    for (const entry of readdirSync(path.join(ROOT, folder), { withFileTypes: true })) {
      const name = path.posix.join(folder, entry.name);
      if (entry.name === ".git" || ignored.includes(`${entry.name}/`)) continue;
      if (entry.isDirectory()) walk(name);
      else if (!entry.name.endsWith(".log")) files.push(name);
    }
  };
  walk("");
  const texts = new Map<string, string>();
  const read = (file: string) => {
    const text = texts.get(file) ?? readFileSync(path.join(ROOT, file), "utf8");
    texts.set(file, text);
    return text;
  };
  return { files, read };
}

const repository = checkout();

test("every citation leads somewhere, but for the exceptions, and each of those is needed", () => {
  // Fewer would mean that the walk has gone blind.
  expect(repository.files.length).toBeGreaterThan(400);
  const faults = repository.files
    .filter((file) => !UNREAD.has(file))
    .flatMap((file) => faultsOf(file, repository.read(file), repository));
  const excepted = (cited: string) => faults.filter((fault) => `${fault} `.includes(` ${cited} `));
  const meant = new Set([...EXCEPTIONS.keys()].flatMap(excepted));
  expect(faults.filter((fault) => !meant.has(fault))).toEqual([]);
  for (const cited of EXCEPTIONS.keys()) expect(excepted(cited), cited).not.toEqual([]);
});

describe("a citation is found", () => {
  const page =
    "# Page\n\n## One\n\n1. first\n\n### Two words\n\n| 2 | row |\n\n```\n## Not one\n```\n";
  const pages = new Map([
    ["docs/x.md", page],
    ["docs/b/y.md", "# Y\n"],
    ["src/plan/decide.ts", ""],
  ]);
  const small = { files: [...pages.keys()], read: (file: string) => pages.get(file) ?? "" };
  const found = (text: string, file = "src/a.ts") => faultsOf(file, text, small);

  test.each([
    "see docs/x.md.",
    "`src/plan/` and src/plan/decide.ts, plan/decide.ts, decide.ts and ../plan/decide.ts",
    '"src/**", "src/plan/*.ts"',
    'docs/x.md, "One" and "Two words"; docs/x.md, "One" 1, docs/x.md, "Two words" 2.',
    ' * docs/x.md, "Two\n * words": a comment goes on\n',
    '"docs/x.md, \\"One\\""',
    "docs/x.md#two-words",
    "SPECIAL and report.md, https://example.com/docs/none.md, $x/docs/none.md",
  ])("and right: %s", (text) => expect(found(text)).toEqual([]));

  test.each([
    ["see docs/none.md.", "docs/none.md does not exist"],
    ["src/plan/none.ts", "src/plan/none.ts does not exist"],
    ['"test/**/*.test.ts"', "test/**/*.test.ts matches no file"],
    ["plan/none.ts", "there is no plan/none.ts"],
    ["ecide.ts", "there is no ecide.ts"],
    ['docs/x.md, "None"', 'docs/x.md has no heading "None"'],
    ['docs/x.md, "Not one"', 'docs/x.md has no heading "Not one"'],
    ['docs/x.md, "one"', 'docs/x.md has no heading "one"'],
    ['docs/x.md, "One" and "None"', 'docs/x.md has no heading "None"'],
    ['docs/x.md, "One" 3', 'docs/x.md, "One" has no 3'],
    ["docs/x.md, 5", "docs/x.md is cited by a number: name the heading, too"],
    ["docs/x.md#none", "docs/x.md#none: no heading makes this anchor"],
    ['SPEC: "it does"', "SPEC is no document of this repository"],
    ["as SPEC.md wants", "SPEC.md is no document of this repository"],
    ['DESIGN, "The line"', "DESIGN is no document of this repository"],
    ["see port.md", "port.md is no document of this repository"],
  ])("and wrong: %s", (text, what) => expect(found(text)).toEqual([`src/a.ts:1: ${what}`]));

  test("with its line", () => {
    expect(found('a\n\n// docs/x.md,\n// "None"')).toEqual([
      'src/a.ts:3: docs/x.md has no heading "None"',
    ]);
  });

  test("in the links of a page, but not in its code", () => {
    const text =
      "[a](../x.md#one) [b](#y) [c](none.md) [d](../x.md#none) [e](../../../z) `[f](g.md)`";
    expect(found(text, "docs/b/y.md")).toEqual([
      "docs/b/y.md:1: none.md does not exist",
      "docs/b/y.md:1: ../x.md#none: no heading makes this anchor",
      "docs/b/y.md:1: ../../../z leads out of the repository",
    ]);
  });
});
