/** What is no YAML is told in words of a policy's writer, at the place to change (docs/contract.md, "The policy file"). */
import { expect, test } from "vitest";
import { readDocument } from "../../../src/policy/parse/document.ts";

// biome-ignore format: one row a mistake
const CASES: [name: string, text: string, place: string, says: string][] = [
  ["a colon in a text", "a:\n  - reason: left: see HR\n    x: 1\n", "2:13", "a colon with a space behind it"],
  ["a colon in a list", "a: [b: c: d]\n", "1:8", "a colon with a space behind it"],
  [">=20", "a:\n  container: >=20.6.1\n", "2:14", 'begins with > must be in quotes: write ">…"'],
  [">= 20", "a: >= 20\n", "1:4", "begins with >"],
  ["> 20", "a: > 20\n", "1:4", "begins with >"],
  [">2", "a: >2\nb: 1\n", "1:4", "> begins a text of several lines"],
  [">=20 in braces", "a: {c: >=20, b: 1}\n", "1:8", "begins with >"],
  ["|", "a: |x\n", "1:4", "begins with |"],
  ["||", "a: || >=20\n", "1:4", "begins with |"],
  ["*x", "a: *x\n", "1:4", "a text that begins with * must be in quotes"],
  ["*x*", "a: [*Zebra*]\n", "1:5", "a text that begins with * must be in quotes"],
  ["*", "a: *\n", "1:4", "begins with *"],
  ["[A-Z]*", "a: [A-Z]*\nb: 1\n", "1:4", 'begins with [ must be in quotes: write "[…"'],
  ["{a}b", "a:\n  - {a} b\n", "2:5", "begins with {"],
  ["@x", "a: @x\n", "1:4", "begins with @"],
  ["`x`", "a: `x`\n", "1:4", "begins with `"],
  ["%x", "a: %x\n", "1:4", "begins with %"],
  ["%x at the start", "a: 1\n%b: 2\n", "2:1", "begins with %"],
  ["%x as the first line", "%b: 2\n", "1:1", "begins with %"],
  ["&x", "a: &x\nb: 1\n", "1:4", "a text that begins with & in quotes"],
  ["[&x]", "a: [&x]\n", "1:5", "a text that begins with & in quotes"],
  ["!x", "a: !Zebra\n", "1:4", "a text that begins with ! in quotes"],
  ["? x", "a: ? x\n", "1:4", "begins with ?"],
  ["- x", "a: - x\n", "1:4", 'begins with "- " in quotes'],
  ["]", "a: ]\n", "1:4", "begins with ]"],
  ["a tab", "a:\n\tb: 1\n", "2:1", "a tab: write spaces"],
  ["a tab later", "a:\n  b: 1\n\tc: 2\n", "3:1", "a tab: write spaces"],
  ["an open quote", 'a: "abc\nb: 1\n', "1:4", 'no " closes the text that begins here'],
  ["an open single quote", "x: 'y'\na: 'abc\nb: 1\n", "2:4", "no ' closes the text that begins here"],
  ["an open quote in depth", "a:\n  - b: \"x\n  - c: 1\n", "2:8", 'no " closes'],
  ["it's", "a: 'it's'\n", "1:4", "write '' for a ' within it"],
  ["text behind quotes", 'a: "x" y\n', "1:4", "ends before its line does"],
  ["a backslash", 'a: "C:\\x"\n', "1:7", "write single quotes"],
  ["no-break space", "a:\u00a01\nb: 2\n", "1:3", "here stands U+00A0"],
  ["no-break space as indent", "a:\n  b: 1\n\u00a0\u00a0c 1\n  d: 2\n", "3:1", "here stands U+00A0"],
  ["zero-width space", "a: 1\n\u200bb 2\nc: 1\n", "2:1", "here stands U+200B"],
  ["a return alone", "a: 1\rb: 2\n", "1:5", "here stands U+000D"],
  ["no space behind a colon", "a:1\nb: 2\n", "1:1", 'a space behind its colon'],
  ["no colon", "a:\n  b\n  c: 1\n", "2:3", 'write "key: value"'],
  ["another column", "a:\n  b: 1\n c: 2\n", "3:1", "another column"],
  ["an open bracket", "a: [x, y\nb: 1\n", "1:4", "no ] closes the [ that stands here"],
  ["an open brace", "a: {x\nb: 1\n", "1:4", "no } closes the { that stands here"],
  ["keys below a list", "- a\nb: 1\n", "2:1", "does not go on with what stands above it"],
];

test.each(CASES)("%s", (_name, text, place, says) => {
  const { problems } = readDocument("p.yaml", text);
  const [first] = problems;
  expect(`${first?.line}:${first?.column} ${first?.message}`).toContain(says);
  expect(`${first?.line}:${first?.column}`).toBe(place);
  for (const { message } of problems)
    expect(message).not.toMatch(/[A-Z][a-z]+ .*(?:scalar|token|implicit|mapping)|\u00a0|\u200b/);
});

test("an invisible character in a key, or around a text, is shown by its number", async () => {
  const { show } = await import("../../../src/text/show.ts");
  expect(show("\u00a0b\u200b")).toBe('"U+00A0bU+200B"');
  expect(show("a b\u{e0041}")).toBe('"a bU+E0041"');
});
