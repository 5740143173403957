import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonReport } from "../../src/text/escape.ts";
import { wrap } from "../../src/text/layout.ts";
import { cells, clip, pad, printable, withoutOrders } from "../../src/text/safe.ts";

const ESC = "\x1b";

describe("printable", () => {
  test.each([
    ["an escape sequence", `${ESC}[2J${ESC}]0;owned\x07`, "\\x1b[2J\\x1b]0;owned\\x07"],
    ["a C1 control", "a\x9b31m", "a\\x9b31m"],
    ["line breaks and tabs", "a\nb\r\tc\u2028d", "a\\nb\\r\\tc\\u2028d"],
    ["bidi controls", "a\u202eb\u2066c\u061c", "a\\u202eb\\u2066c\\u061c"],
    ["zero-width and tag characters", "a\u200bb\u{e0041}", "a\\u200bb\\u{e0041}"],
    ["a lone surrogate", "a\ud800", "a\\ud800"],
    ["ordinary names in any script", "José 李 محمد 🙂", "José 李 محمد 🙂"],
  ])("%s", (_, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  test("nothing that a terminal acts on is left of any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(printable(printable(text))).toBe(printable(text));
      }),
    );
  });
});

describe("no order to a CI runner is left", () => {
  test.each([
    ["at the start", "::add-mask::lock", "\\u003a:add-mask::lock"],
    ["behind spaces of any kind", "a\n \t\u00a0\u3000::x::", "a\n \t\u00a0\u3000\\u003a:x::"],
    ["behind a colour", `${ESC}[2m  ${ESC}[1;31m::x::`, `${ESC}[2m  ${ESC}[1;31m\\u003a:x::`],
    ["after a lone carriage return", "a\r::x::", "a\r\\u003a:x::"],
    ["GitHub's first form, anywhere", "a ##[set-env]", "a \\u0023#[set-env]"],
    ["Azure's, anywhere", "a ##vso[task.complete]", "a \\u0023#vso[task.complete]"],
    ["TeamCity's", "##teamcity[x]", "\\u0023#teamcity[x]"],
    ["behind more of the same", "###[x]", "#\\u0023#[x]"],
    ["and nothing else is changed", "a::b ## c\n :d\n# [x] #[y]", "a::b ## c\n :d\n# [x] #[y]"],
  ])("%s", (_, text, expected) => {
    expect(withoutOrders(text)).toBe(expected);
  });

  /** As the runners look for them: GitHub trims as .NET does, and the older forms may stand anywhere. */
  const ORDER = /^\s*::|##\w*\[/m;
  const orders = fc.array(
    fc.constantFrom(
      "::",
      ":",
      "##",
      "#",
      "[",
      "vso[",
      "]",
      " ",
      "\u3000",
      "\n",
      "\r",
      "\\",
      '"',
      "a",
    ),
    { maxLength: 30 },
  );

  test("in any text, however it is wrapped", () => {
    fc.assert(
      fc.property(orders, fc.integer({ min: 1, max: 12 }), (parts, width) => {
        const lines = wrap(printable(parts.join("")), width).map((line) => `  ${line}`);
        expect(withoutOrders(lines.join("\n"))).not.toMatch(ORDER);
        expect(withoutOrders(parts.join(""))).not.toMatch(ORDER);
      }),
    );
  });

  test("and JSON still says the same", () => {
    fc.assert(
      fc.property(orders, (parts) => {
        const value = { [parts.join("")]: [parts.join(""), parts] };
        const text = withoutOrders(jsonReport(value));
        expect(text).not.toMatch(ORDER);
        expect(JSON.parse(text)).toEqual(value);
      }),
    );
  });
});

describe("width", () => {
  test.each([
    ["nothing", "", 0],
    ["ASCII", "abc ~", 5],
    ["letters with accents", "José Ångström", 13],
    ["a combining mark of its own", "e\u0301", 1],
    ["several on one letter", "a\u0300\u0323\u035c", 1],
    ["Arabic with vowel signs", "مُحَمَّد", 4],
    ["Hebrew", "שלום", 4],
    ["Devanagari with a vowel sign before its letter", "हिन्दी", 5],
    ["Thai with marks above", "ที่", 1],
    ["Han", "李明", 4],
    ["kana, whole and half width", "カタｶﾀ", 6],
    ["Hangul, as syllables and as letters", "한\u1112\u1161\u11ab", 4],
    ["full-width forms and the ideographic space", "Ａ１\u3000", 6],
    ["an emoji", "🙂", 2],
    ["a heart as text and as an emoji", "❤❤\ufe0f", 3],
    ["an emoji with the colour of its skin", "👍🏽", 2],
    ["a family, joined", "👨\u200d👩\u200d👧\u200d👦", 2],
    ["a keycap", "1\ufe0f\u20e3", 2],
    ["a flag", "🇿🇦", 2],
    ["the flag of a part of a country", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", 2],
    ["two flags between letters", "a🇩🇪🇫🇷b", 6],
    ["lines and blocks", "─│█░", 4],
    ["an escape that printable made", printable("\u202ea"), 7],
  ])("%s", (_, text, width) => {
    expect(cells(text)).toBe(width);
    expect(cells(pad(text, 20))).toBe(20);
  });

  test.each([
    ["an accent stays on its letter", "José", 5, "José"],
    ["so does one that is not joined", "Jose\u0301 Maria", 5, "Jose\u0301…"],
    ["a flag is whole or not there", "ab🇿🇦🇿🇦", 5, "ab🇿🇦…"],
    ["and no half of it", "ab🇿🇦cd", 4, "ab…"],
    ["a colour stays with its emoji", "👍🏽👍🏽👍🏽", 5, "👍🏽👍🏽…"],
  ])("clip: %s", (_, text, width, clipped) => {
    expect(clip(text, width)).toBe(clipped);
  });

  test("a word that is too long is not broken inside of a character", () => {
    expect(wrap("🇿🇦🇩🇪🇫🇷", 4)).toEqual(["🇿🇦🇩🇪", "🇫🇷"]);
    expect(wrap("e\u0301e\u0301e\u0301", 2)).toEqual(["e\u0301e\u0301", "e\u0301"]);
  });

  test("clip keeps what fits and marks what it left out", () => {
    expect(clip("Zebra TC52", 10)).toBe("Zebra TC52");
    expect(clip("Zebra TC52x", 10)).toBe("Zebra TC5…");
    expect(clip("李李李", 5)).toBe("李李…");
    expect(clip("a".repeat(1_000_000), 10)).toBe("aaaaaaaaa…");
  });

  test("clip never exceeds its width", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }),
        fc.integer({ min: 2, max: 40 }),
        (text, width) => {
          expect(cells(clip(text, width))).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});
