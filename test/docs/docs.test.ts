/** What README.md and docs/ say can be followed: command lines and policies. Of links see citations.test.ts. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Command, CommanderError } from "commander";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import type { Door } from "../../src/cli/options.ts";
import { policyOfText } from "../../src/policy/of-text.ts";
import { fragmentSchema } from "../../src/policy/schema/policy.ts";
import { parseTests } from "../../src/policy-tests/parse.ts";
import { type Block, blocksOf } from "./page/blocks.ts";
import { inPlace } from "./page/in-place.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const PAGES = [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...readdirSync(path.join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join("docs", name))
    .sort(),
];
const TEXTS = new Map(PAGES.map((page) => [page, readFileSync(path.join(ROOT, page), "utf8")]));

/** The moment at which policies in the docs are valid: that of their examples. */
const AT = Date.parse("2026-11-22T10:00:00Z");

/** The commands of the command line by name, made from their definitions. */
async function commands(): Promise<Map<string, Command>> {
  const folder = path.join(ROOT, "src/cli/commands");
  const found = new Map<string, Command>();
  for (const name of readdirSync(folder)) {
    const exported: Record<string, unknown> = await import(path.join(folder, name));
    for (const [key, make] of Object.entries(exported)) {
      if (!key.endsWith("Command") || key === "targetCommand") continue;
      const command = (make as (door: Door, root?: () => Command) => Command)({} as Door);
      command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
      found.set(command.name(), command);
    }
  }
  return found;
}

/** The command lines in a text: in blocks the lines that begin with curfew, in prose the code spans. */
function commandLines(text: string): string[] {
  const shell = blocksOf(text).filter(({ language }) =>
    ["", "sh", "bash", "yaml"].includes(language),
  );
  const lines = shell.flatMap((block) => block.text.split("\n"));
  const spans = [...text.replace(/^ *```[\s\S]*?^ *```/gm, "").matchAll(/(`+)(.+?)\1/g)];
  return [...lines, ...spans.map(([, , span = ""]) => span)].flatMap((line) => {
    const [, said] =
      /^\s*(?:-? ?run: )?(?:\$ )?(?:node bin\/)?(curfew(?:\.js)?(?: .*)?)$/.exec(line) ?? [];
    return said === undefined ? [] : [said.replace(/^curfew\.js/, "curfew").trim()];
  });
}

/** The words of a simple command line, up to a pipe, a redirection, another command or a remark. */
function words(line: string): string[] {
  const found: string[] = [];
  for (const [word] of line.matchAll(/"[^"]*"|'[^']*'|[^\s"']+/g)) {
    if (/^(?:[|>&;#]|\d?>)/.test(word)) break;
    // What a variable of the shell holds is a hash.
    found.push(word.replace(/^(["'])(.*)\1$/, "$2").replace(/^\$\w+$/, "0".repeat(64)));
  }
  return found;
}

function usageFault(line: string, known: ReadonlyMap<string, Command>): string | null {
  const [, name = "", ...rest] = words(line);
  if (["", "--help", "--version"].includes(name)) return null;
  const command = known.get(name);
  if (!command) return `${line}: no such command`;
  try {
    const { unknown, operands } = command.parseOptions(rest);
    if (unknown.some((word) => word !== "--help")) return `${line}: ${unknown[0]} is no option`;
    const takes = command.registeredArguments;
    if (operands.length > takes.length && !takes.at(-1)?.variadic) return `${line}: too many words`;
    return null;
  } catch (error) {
    if (error instanceof CommanderError) return `${line}: ${error.message}`;
    throw error;
  }
}

test.each(PAGES)("%s: every command line is one that Curfew takes", async (page) => {
  const known = await commands();
  const lines = commandLines(TEXTS.get(page) ?? "");
  expect(lines.flatMap((line) => usageFault(line, known) ?? [])).toEqual([]);
});

test("command lines are found, and wrong ones too", async () => {
  const known = await commands();
  const said = "```\n$ curfew plan --al\n```\nand `curfew test`, or `node bin/curfew.js plan x`";
  expect(commandLines(said)).toEqual(["curfew plan --al", "curfew test", "curfew plan x"]);
  for (const wrong of [
    "curfew pln",
    "curfew plan --al",
    "curfew plan --format pdf",
    "curfew schema x",
  ]) {
    expect(usageFault(wrong, known), wrong).not.toBeNull();
  }
  expect(usageFault("curfew plan a b --at 2026-11-22 > plan.txt", known)).toBeNull();
});

test("nothing tells to run what npm may have under the bare name", () => {
  const folders = ["bin", "docs", "policies", "scripts", "src", "templates", ".github"];
  const files = folders.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name)),
  );
  const all = [
    ...files,
    ...["action.yml", "README.md", "CONTRIBUTING.md"].map((name) => path.join(ROOT, name)),
  ];
  const bare =
    /npx (?:-y |--yes )?curfew\b|npm (?:i|install|exec) (?:-g |--global )?curfew\b|(?<![\w./-])curfew@\d/;
  const found = all.filter((file) =>
    bare.test(readFileSync(file, "utf8").replace("don't run `npx curfew`", "")),
  );
  expect(found.map((file) => path.relative(ROOT, file))).toEqual([]);
  for (const told of [
    "npx curfew plan",
    "npm install -g curfew",
    "npm i curfew",
    "npx curfew@1.0.0",
  ])
    expect(told).toMatch(bare);
  expect("npx --no-install curfew, npx @curfew-io/curfew@1.0.0, acme/curfew@v1").not.toMatch(bare);
});

test("the README's table has every command", async () => {
  const table = TEXTS.get("README.md") ?? "";
  for (const name of (await commands()).keys()) {
    expect(table, name).toMatch(new RegExp(`^\\| \`curfew ${name}[ \`]`, "m"));
  }
});

const HEADER = `version: 1
target: { name: sandbox, provider: journeyapps, url: "http://127.0.0.1:8787/api/v4/1", credentials: "env:TOKEN" }
`;
const SECTIONS = new Set([...Object.keys(fragmentSchema.shape), "enforcement", "rollout"]);

/** What is wrong with a block of YAML: a policy, policy tests, or sections of a policy, unless a mark says that it is none. */
function yamlFault({ text, mark }: Block): string | null {
  const value: unknown = parse(text, { logLevel: "silent" });
  const keys = value === null || typeof value !== "object" ? [] : Object.keys(value);
  if (keys.includes("tests")) {
    return parseTests("tests.yaml", text).problems.map(({ message }) => message)[0] ?? null;
  }
  if (keys.length === 0 || mark?.startsWith("not run: ")) return null;
  const whole = keys.includes("version");
  if (!whole && !keys.every((key) => SECTIONS.has(key) || key === "target"))
    return "neither a policy nor sections of one, and no mark says why";
  try {
    policyOfText("policy.yaml", whole ? text : withHeader(text, value as object), AT);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The header with sections of a page in their places, and with the keys that it tells of a target. */
function withHeader(text: string, value: { target?: object }): string {
  if (value.target === undefined) return inPlace(HEADER, text);
  const header = parse(HEADER);
  return stringify({ ...header, ...value, target: { ...header.target, ...value.target } });
}

describe("policies", () => {
  const blocks = PAGES.flatMap((page) =>
    blocksOf(TEXTS.get(page) ?? "")
      .filter(({ language }) => language === "yaml")
      .map((block) => ({ name: `${page}:${block.line}`, block })),
  );
  test("are found", () => expect(blocks.length).toBeGreaterThan(30));
  test.each(blocks)("$name", ({ block }) => expect(yamlFault(block)).toBeNull());
});
