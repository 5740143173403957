import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columnWidths, labelled, row, wrap } from "../../src/text/layout.ts";
import { cells } from "../../src/text/safe.ts";

describe("wrap", () => {
  test("breaks at spaces, else after a slash, else anywhere", () => {
    expect(wrap("signed in 41 days ago", 12)).toEqual(["signed in 41", "days ago"]);
    expect(wrap("https://a.example/api/v4/615ae1ee", 20)).toEqual([
      "https://a.example/",
      "api/v4/615ae1ee",
    ]);
    expect(wrap("abcdefghij", 4)).toEqual(["abcd", "efgh", "ij"]);
    expect(wrap("", 4)).toEqual([""]);
  });

  test("every line fits and nothing is lost", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "/", " ", "李", "-") });
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 30 }), (written, width) => {
        const lines = wrap(written, width);
        for (const line of lines) expect(cells(line)).toBeLessThanOrEqual(width);
        expect(lines.join("").replaceAll(" ", "")).toBe(written.replaceAll(" ", ""));
      }),
    );
  });
});

describe("row", () => {
  const rows = [
    [{ text: "a" }, { text: "" }, { text: "x" }],
    [{ text: "long" }, { text: "" }, { text: "y" }],
  ];

  test("aligns columns and gives an empty one no room", () => {
    const widths = columnWidths(rows);
    expect(rows.map((r) => row(r, widths, 20))).toEqual([["a     x"], ["long  y"]]);
  });

  test("flows over several lines where the columns do not fit", () => {
    expect(row([{ text: "aaaa" }, { text: "bbbb" }, { text: "cc" }], [4, 4, 2], 10)).toEqual([
      "aaaa  bbbb",
      "cc",
    ]);
  });
});

test("a labelled value wraps beside its label", () => {
  expect(labelled("policy", "one two three four five six", 8, 30)).toEqual([
    "  policy  one two three four",
    "          five six",
  ]);
});
