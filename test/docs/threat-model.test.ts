/** docs/threat-model.md and docs/failure-modes.md say which test shows what: each is there, under that name, and so is the code. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = await readFile(join(ROOT, "docs/threat-model.md"), "utf8");

/** A test that the page names; `title` is null where all of a file is meant. */
interface Citation {
  file: string;
  title: string | null;
}

/** In each line, the titles in quotes after a file are that file's: `file` › "one", "two". */
function citations(page: string): Citation[] {
  return page.split("\n").flatMap((line) => {
    const found: Citation[] = [];
    let file: string | null = null;
    for (const [, path, title] of line.matchAll(/`(test\/[^`]+)`|"((?:[^"`]|`[^`]*`)+)"/g)) {
      if (path) found.push({ file: path, title: null });
      file = path ?? file;
      if (title && file) found.push({ file, title });
    }
    return found;
  });
}

/** The titles of all tests and groups of a file, as they are written; `…` stands for a value in a template. */
function titlesOf(text: string): Set<string> {
  const source = ts.createSourceFile("x.ts", text, ts.ScriptTarget.Latest, true);
  const titles = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(test|it|describe)$/.test(rootOf(node.expression))) {
      const [title] = node.arguments;
      if (title && ts.isStringLiteralLike(title)) titles.add(title.text);
      if (title && ts.isTemplateExpression(title))
        titles.add(title.head.text + title.templateSpans.map((s) => `…${s.literal.text}`).join(""));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return titles;
}

/** `test` of `test.skipIf(x).each([…])`. */
function rootOf(node: ts.Expression): string {
  if (ts.isCallExpression(node) || ts.isPropertyAccessExpression(node))
    return rootOf(node.expression);
  if (ts.isTaggedTemplateExpression(node)) return rootOf(node.tag);
  return ts.isIdentifier(node) ? node.text : "";
}

/** Whether a title as written is the one cited: letter by letter, or with values where it has `…`, `%s` or `$name`. */
function fits(written: string, cited: string): boolean {
  if (written === cited) return true;
  const parts = written
    .split(/…|%[sdifjoO#]|\$\w+/)
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return parts.some((part) => part.length > 8) && new RegExp(`^${parts.join(".+")}$`).test(cited);
}

async function missing(page: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const { file, title } of citations(page)) {
    if (!existsSync(join(ROOT, file))) wrong.push(`${file} does not exist`);
    else if (title !== null) {
      const titles = titlesOf(await readFile(join(ROOT, file), "utf8"));
      if (![...titles].some((written) => fits(written, title))) wrong.push(`${file} › "${title}"`);
    }
  }
  return wrong;
}

test.each([
  ["threat-model", 150],
  ["failure-modes", 20],
])("every test that docs/%s.md names exists", async (name, least) => {
  const page = await readFile(join(ROOT, `docs/${name}.md`), "utf8");
  expect(citations(page).filter(({ title }) => title !== null).length).toBeGreaterThan(least);
  expect(await missing(page)).toEqual([]);
});

test("one that does not would be found", async () => {
  const page =
    '| `test/providers/hosts.test.ts` › "a credential may go to https://x", "a credential may go" and `test/none.test.ts`';
  expect(await missing(page)).toEqual([
    'test/providers/hosts.test.ts › "a credential may go"',
    "test/none.test.ts does not exist",
  ]);
});

test("every file of the code that the page names exists, and holds what it is named for", async () => {
  const names = await readdir(join(ROOT, "src"), { recursive: true });
  const known = new Set(names.map((name) => basename(name)));
  const paths = [...PAGE.matchAll(/`((?:src|infra|scripts)\/[\w./-]+)`/g)].map(
    ([, path = ""]) => path,
  );
  expect(paths.length).toBeGreaterThan(80);
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  const short = [...PAGE.matchAll(/`([\w-]+\.ts)`/g)].map(([, name = ""]) => name);
  expect(short.filter((name) => !known.has(name))).toEqual([]);
  const holds = [...PAGE.matchAll(/((?:`\w+`(?:, | and )?)+) in `((?:src|infra)\/[\w./-]+)`/g)];
  expect(holds.length).toBeGreaterThan(30);
  for (const [, symbols = "", path = ""] of holds) {
    const text = await readFile(join(ROOT, path), "utf8");
    for (const [, symbol = ""] of symbols.matchAll(/`(\w+)`/g))
      expect(text, `${symbol} in ${path}`).toMatch(new RegExp(`\\b${symbol}\\b`));
  }
});

test("every hole that the page points to is in its table, once", () => {
  const listed = [...PAGE.matchAll(/^\| (H\d+) \|/gm)].map(([, hole]) => hole);
  expect(new Set(listed).size).toBe(listed.length);
  const named = [...PAGE.matchAll(/\bH\d+\b/g)].map(([hole]) => hole);
  expect(named.filter((hole) => !listed.includes(hole))).toEqual([]);
});
