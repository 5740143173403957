/** docs/contract.md, "Versions": patterns for labels. */
import { describe, expect, it } from "vitest";
import { compilePattern } from "../../../src/policy/values/pattern.ts";

function fits(pattern: string, text: string): boolean {
  const compiled = compilePattern(pattern);
  if ("fault" in compiled) throw new Error(compiled.fault);
  return compiled.fits(text);
}

const FAMILY = "👨‍👩‍👧";

// biome-ignore format: one row a pattern
const CASES: [string, string[], string[]][] = [
  ["*", ["", "a", "a\nb", "\n", "👍", " "], []],
  ["**", ["", "ab"], []],
  ["?", ["a", "\n", " ", "👍", "👍🏽", FAMILY, "é", "e\u0301", "ß"], ["", "ab", "👍👍"]],
  ["??", ["👍a", "\r\n"], ["👍", "abc"]],
  ["Zebra TC52*", ["Zebra TC52", "zebra tc52x of Ann", "ZEBRA TC52\nnew"], ["My Zebra TC52", "Zebra TC5"]],
  ["*TC52*", ["Zebra TC52 (2)", "tc52"], ["TC 52"]],
  ["a*b*c", ["abc", "a1b2c", "aabbcc", "abcbc"], ["ab", "abcd", "acb"]],
  ["[!A]*", ["bob", "👍", "\n"], ["Ann", "ann", ""]],
  ["[^A]*", ["bob"], ["Ann", "ann", ""]],
  ["[abc]x", ["ax", "BX"], ["dx", "x"]],
  ["[a-c]", ["a", "B", "c"], ["d", "-", "ab"]],
  ["[A-C]", ["a", "B"], ["d"]],
  ["[0-9][0-9]", ["42"], ["4", "4a"]],
  ["[!0-9]", ["a"], ["4"]],
  ["[a-]", ["a", "-"], ["b"]],
  ["[-a]", ["a", "-"], ["b"]],
  ["[]a]", ["]", "a"], ["b"]],
  ["[!]a]", ["b"], ["]", "a"]],
  ["[^]]", ["b"], ["]"]],
  ["[a^!]", ["a", "^", "!"], ["b"]],
  ["[\\]]", ["]"], ["\\", "a"]],
  ["[\\!a]", ["!", "a"], ["b", "\\"]],
  ["[\\^a]", ["^", "a"], ["b"]],
  ["[a\\-c]", ["a", "-", "c"], ["b"]],
  ["[👍👎]", ["👍", "👎"], ["👍👎", "a"]],
  ["[!👍]", ["👎", "a"], ["👍"]],
  [`[${FAMILY}]`, [FAMILY], ["👨"]],
  ["[*?]", ["*", "?"], ["a"]],
  ["\\*", ["*"], ["a", "\\*", ""]],
  ["\\?", ["?"], ["a"]],
  ["\\[a]", ["[a]"], ["a"]],
  ["\\[com.acme", ["[com.acme"], ["com.acme"]],
  ["\\\\", ["\\"], ["\\\\"]],
  ["\\\\*", ["\\", "\\abc"], ["*"]],
  ["a\\b", ["a\\b"], ["ab"]],
  ["a\\", ["a\\"], ["a"]],
  ["a]", ["a]"], ["a"]],
  ["Chrome (Windows)", ["chrome (windows)"], ["Chrome Windows"]],
  ["{a,b}", ["{a,b}"], ["a", "b"]],
  ["!(a)", ["!(a)"], ["b"]],
  ["a.c", ["A.C"], ["abc"]],
  [".*", [".a"], ["a"]],
  ["a/*", ["a/b/c"], ["a"]],
  ["Größe*", ["GRÖSSE".replace("SS", "ß"), "gro\u0308ße 5"], ["Grose"]],
];

describe("a pattern", () => {
  it.each(CASES)("%j", (pattern, yes, no) => {
    expect(yes.filter((text) => !fits(pattern, text))).toEqual([]);
    expect(no.filter((text) => fits(pattern, text))).toEqual([]);
  });

  it.each([
    ["[com.acme", "no ] closes"],
    ["a[", "no ] closes"],
    ["[]", "no ] closes"],
    ["[!]", "no ] closes"],
    ["[a\\]", "no ] closes"],
    ["[a]b[c", "no ] closes"],
    ["[z-a]", "write a-z"],
    ["[[:alpha:]]", "write [a-z]"],
  ])("%j is none: %s", (pattern, fault) => {
    expect(compilePattern(pattern)).toEqual({ fault: expect.stringContaining(fault) });
  });

  it("takes no time by what a device calls itself", () => {
    const began = performance.now();
    expect(fits(`${"*a".repeat(30)}*b`, "a".repeat(20_000))).toBe(false);
    expect(fits(`${"?*".repeat(30)}b`, "👍".repeat(5_000))).toBe(false);
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});
