/** Random changes to texts and to JSON, for tests of what reads them. */
import fc from "fast-check";

/** Texts and numbers that readers fall over. */
const WEIRD = [
  ...[
    "",
    " ",
    "\0",
    "\u202e",
    "\ufeff",
    "\ud800",
    "é",
    "e\u0301",
    "ａnn",
    "аnn",
    "\n",
    "\r\n",
    "\t",
  ],
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "length", "then"],
  ...["null", "~", "true", "no", "1e999", "-0", "0x10", "0o7", "1_000", ".inf", ".nan", "NaN"],
  ...["2026-11-22", "2026-13-45T99:99:99Z", "30d", "99999999999999999999d", "P1D", "../../etc"],
  ...[
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "? ",
    "#",
    "&a ",
    "*a",
    "!!js/function ",
    "|",
    ">",
    "%",
    "@",
    "---",
  ],
  ...[
    "<<: *a",
    "'",
    '"',
    "\\",
    ",",
    "$x",
    "(?:a+)+$",
    "*".repeat(40),
    "{a,".repeat(30),
    ">=".repeat(30),
  ],
];

/** Values that no field expects. */
const VALUES: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...WEIRD),
  fc.constantFrom<unknown>(null, true, false, "false", 0, -1, 1.5, 1e308, 2 ** 53, [], {}, [[]]),
  fc.constantFrom<unknown>({ length: 3 }, { toString: 1 }, { key: null }, [null]),
  fc.jsonValue({ maxDepth: 2 }),
);

/** One change of a text, given how to place it: two numbers from 0 to 1. */
type Edit = (text: string, at: number, span: number) => string;

const splice = (text: string, at: number, length: number, put: string) => {
  const start = Math.floor(at * text.length);
  return text.slice(0, start) + put + text.slice(start + length);
};
const cut = (text: string, at: number, span: number) => {
  const start = Math.floor(at * text.length);
  return text.slice(start, start + Math.ceil(span * span * span * text.length));
};
const byLine =
  (change: (lines: string[], at: number, other: number) => void): Edit =>
  (text, at, span) => {
    const lines = text.split("\n");
    change(lines, Math.floor(at * lines.length), Math.floor(span * lines.length));
    return lines.join("\n");
  };

const EDITS: fc.Arbitrary<Edit> = fc.oneof(
  // Of bytes.
  fc.nat(255).map(
    (byte): Edit =>
      (text, at) =>
        splice(text, at, 1, String.fromCharCode(byte)),
  ),
  fc.constant<Edit>((text, at) => text.slice(0, Math.floor(at * text.length))),
  fc.constant<Edit>((text, at, span) => splice(text, at, cut(text, at, span).length, "")),
  fc.constant<Edit>((text, at, span) => splice(text, span, 0, cut(text, at, span))),
  // Of tokens.
  fc.constantFrom(...WEIRD).map(
    (put): Edit =>
      (text, at) =>
        splice(text, at, 0, put),
  ),
  fc.constantFrom(...WEIRD).map(
    (put): Edit =>
      (text, at, span) => {
        const words = [...text.matchAll(/[\w.@-]+|"[^"\n]*"/g)];
        const word = words[Math.floor(at * words.length)];
        if (!word) return splice(text, span, 0, put);
        return text.slice(0, word.index) + put + text.slice(word.index + word[0].length);
      },
  ),
  // Of lines.
  fc.constant(byLine((lines, at, other) => lines.splice(at, 1 + (other % 3)))),
  fc.constant(byLine((lines, at, other) => lines.splice(other, 0, lines[at] ?? ""))),
  fc.constant(
    byLine((lines, at, other) => {
      [lines[at], lines[other]] = [lines[other] ?? "", lines[at] ?? ""];
    }),
  ),
  fc.integer({ min: -4, max: 4 }).map((by) =>
    byLine((lines, at) => {
      const line = lines[at] ?? "";
      lines[at] = by < 0 ? line.replace(new RegExp(`^ {0,${-by}}`), "") : " ".repeat(by) + line;
    }),
  ),
);

/** A text with one to six changes of bytes, words and lines. */
export function mutated(text: string): fc.Arbitrary<string> {
  const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  return fc
    .array(fc.tuple(EDITS, place, place), { minLength: 1, maxLength: 6 })
    .map((edits) => edits.reduce((now, [edit, at, span]) => edit(now, at, span), text));
}

/** A change of one part of a tree: its value, or `REMOVE`, `DOUBLE` and `RENAME`. */
const TREE_EDITS = fc.oneof(
  { weight: 4, arbitrary: VALUES.map((value) => ({ put: value })) },
  fc.constant({ do: "remove" as const }),
  fc.constant({ do: "double" as const }),
  fc.constantFrom(...WEIRD).map((key) => ({ rename: key })),
);

/** JSON with one to three of its parts put in another's place, removed, doubled or renamed. */
export function mutatedJson(value: unknown): fc.Arbitrary<unknown> {
  return fc
    .array(fc.tuple(TREE_EDITS, fc.nat(9_999)), { minLength: 1, maxLength: 3 })
    .map((edits) => {
      const root = { root: structuredClone(value) };
      for (const [edit, n] of edits) {
        const places = [...parts(root)];
        const [holder, key] = places[n % places.length] ?? [root, "root"];
        change(holder, key, edit);
      }
      return root.root;
    });
}

type Holder = Record<string, unknown>;

/** Where a value stands: what holds it, and under which key. */
function* parts(holder: object): Generator<[Holder, string]> {
  for (const [key, value] of Object.entries(holder)) {
    yield [holder as Holder, key];
    if (value !== null && typeof value === "object") yield* parts(value);
  }
}

function change(
  holder: Holder,
  key: string,
  edit: { put: unknown } | { do: "remove" | "double" } | { rename: string },
): void {
  const set = (name: string, value: unknown) =>
    Object.defineProperty(holder, name, {
      value,
      ...{ enumerable: true, configurable: true, writable: true },
    });
  // Copied, so that no later edit changes what others are given.
  if ("put" in edit) set(key, structuredClone(edit.put));
  else if (Array.isArray(holder)) {
    const copies = "do" in edit && edit.do === "double" ? 2 : 0;
    holder.splice(Number(key), 1, ...Array(copies).fill(holder[Number(key)]));
  } else if ("rename" in edit || edit.do === "double") {
    set("rename" in edit ? edit.rename : `${key}_`, holder[key]);
    if ("rename" in edit && edit.rename !== key) delete holder[key];
  } else if (key !== "root") delete holder[key];
}
