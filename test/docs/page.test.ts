/** That a page's lines are told from others, and its policies are put where a reader puts them. */
import { expect, test } from "vitest";
import { blocksOf, stepsOf } from "./page/blocks.ts";
import { fits, steady } from "./page/compare.ts";
import { changed, inPlace } from "./page/in-place.ts";

test("lines are compared one by one, but for those that a page leaves out", () => {
  const real = ["one", "two", "three", "four"];
  expect(fits(real, real)).toBe(true);
  expect(fits(["…", "two", "…"], real)).toBe(true);
  expect(fits(["one", "…"], real)).toBe(true);
  expect(fits(["one", "  …", "four"], real)).toBe(true);
  for (const wrong of [
    ["one", "two", "three"],
    ["two", "…"],
    ["…", "three"],
    ["…", "four", "…"],
    ["one", "…", "two", "three", "four"],
    ["…", "three", "…", "two", "…"],
  ])
    expect(fits(wrong, real), wrong.join()).toBe(false);
});

test("what varies is the same, and nothing else is", () => {
  const same = [
    ["at 2026-11-22T14:56:28.903Z", "at 2026-01-02T03:04:05Z"],
    ["Digest sha256:0123456789ab", "Digest sha256:ba9876543210"],
    ["by root on vm, process 7, Curfew 0.1.0", "by ann on host, process 12, Curfew 1.2.3"],
    ["http://127.0.0.1:8787/api", "http://127.0.0.1:41234/api"],
  ];
  for (const [a = "", b = ""] of same) expect(fits([a], [b]), a).toBe(true);
  for (const [a, b] of [
    ["signed in 394 days ago", "signed in 395 days ago"],
    ["until 2026-11-22", "until 2026-11-23"],
    ["demo/pace.yaml:8", "demo/pace.yaml:9"],
    ["5 of 5", "5 of 6"],
  ] as const)
    expect(fits([a], [b]), a).toBe(false);
  expect(steady("a1b2c3 of 12 days")).toBe("a1b2c3 of 12 days");
});

test("sections take the place of those of the same name, and new ones come last", () => {
  const policy = "version: 1\n\nsessions:\n  # why\n  maxAge: 58w\n\n# who\nusers:\n  locked: []\n";
  expect(inPlace(policy, "sessions:\n  maxAge: 30d\nrollout: 10\n")).toBe(
    "version: 1\n\nsessions:\n  maxAge: 30d\n\n# who\nusers:\n  locked: []\nrollout: 10\n",
  );
});

test("a diff changes the lines that it takes away, which must be there", () => {
  expect(changed("a\nb\nc\n", "-b\n+x\n+y\n")).toBe("a\nx\ny\nc\n");
  expect(() => changed("a\n", "-b\n+x\n")).toThrow("no such lines");
});

test("a block has its mark, its section and what stands below it; a transcript its commands", () => {
  const page =
    "# A\n<!-- not run: why -->\n```sh\na\n```\n## B\n   ```\n   $ b \\\n     c\n   d\n\n   $ e\n   ```\n\n   Exit code 2.\n";
  const [first, second] = blocksOf(page);
  expect(first).toMatchObject({ language: "sh", mark: "not run: why", section: 1, after: "" });
  expect(second).toMatchObject({ mark: null, section: 2, after: "Exit code 2." });
  expect(second && stepsOf(second)).toEqual([
    { command: "b \\\n  c", printed: ["d"], line: 8 },
    { command: "e", printed: [], line: 12 },
  ]);
});
