/** The house of docs/design.md: which folder may know which, and no circle among files. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const SRC = path.join(import.meta.dirname, "../src");

/**
 * Who may import from whom, in the order of the line. A room that is named knows itself; rooms within it are named
 * where they must not know each other. `ground` is what stands at the top of src/ and knows at most the model.
 */
const ARROWS: Record<string, string> = {
  model: "",
  ground: "model",
  text: "ground model",
  secrets: "ground model",
  "policy/schema": "ground model text policy/parse",
  "policy/parse": "ground model text policy/schema",
  policy: "ground model text policy/schema policy/parse",
  checkout: "ground model policy policy/schema policy/parse",
  "providers/http": "ground model",
  providers: "ground model",
  "providers/journeyapps": "ground model providers providers/http",
  "providers/journeyapps/sandbox": "ground model",
  inventory: "ground model policy",
  "plan/decide": "ground model text policy",
  "plan/brakes": "ground model policy plan/decide plan/key",
  "plan/explain": "ground model text policy plan plan/decide plan/brakes",
  "plan/forecast": "ground model policy plan plan/decide",
  "plan/key": "model",
  plan: "ground model text policy plan/key plan/decide plan/brakes",
  estate: "ground model policy inventory plan/decide plan/forecast",
  apply: "ground model plan plan/decide",
  "ledger/store": "ground model",
  "ledger/store/folder": "ground model ledger/store",
  "ledger/store/s3": "ground model ledger/store",
  "ledger/lease": "ground model ledger ledger/store",
  "ledger/log": "ground model policy ledger ledger/store ledger/lease",
  ledger: "ground model policy ledger/log ledger/store ledger/lease",
  "report/told": "ground model text plan ledger ledger/log",
  "report/text":
    "ground model text plan plan/explain plan/forecast ledger/log policy-tests report/told",
  "report/markdown": "ground model text plan plan/explain plan/forecast report/told report/text",
  "report/html": "ground model text policy estate report/told report/text report/markdown",
  "report/machine": "ground model text plan ledger/log policy-tests report/told report/text",
  report: "ground model text report/told report/text report/markdown report/html report/machine",
  notify: "ground model text secrets ledger ledger/log estate report/told",
  import: "ground model text policy estate",
  "policy-tests":
    "ground model text policy policy/schema policy/parse checkout inventory plan plan/decide",
};

/** The story and the composition root know every room; the two doors know those and each other's none. */
const DOORS = /^(?:reconcile|run|parts|cli(?:\/commands)?|lambda)$/;

const SOURCES = globSync("**/*.ts", { cwd: SRC }).sort();

/** The room of a file: the longest name in the table that holds it. */
function roomOf(file: string): string {
  const bare = file.replace(/\.ts$/, "");
  if (!bare.includes("/")) return DOORS.test(bare) ? bare : "ground";
  const rooms = [...Object.keys(ARROWS), "cli/commands", "cli", "lambda"];
  const held = rooms.filter((room) => bare === room || bare.startsWith(`${room}/`));
  return held.sort((a, b) => b.length - a.length)[0] ?? "nowhere";
}

/** The files that a file imports, types included. */
function importsOf(file: string, text: string): string[] {
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)"(\.{1,2}\/[^"]+\.ts)"/g);
  return [...found].map(([, to = ""]) => path.join(path.dirname(file), to));
}

/** What a file may not import, as `a.ts imports b.ts`. */
function faults(file: string, imported: readonly string[]): string[] {
  const room = roomOf(file);
  if (DOORS.test(room)) {
    const door = room.split("/")[0];
    const other = door === "cli" ? "lambda" : "cli";
    return imported.filter((to) => to.startsWith(`${other}/`)).map((to) => `${file} imports ${to}`);
  }
  const allowed = ARROWS[room];
  if (allowed === undefined) return [`${file} stands in no room`];
  const known = [room, ...allowed.split(" ")];
  return imported.filter((to) => !known.includes(roomOf(to))).map((to) => `${file} imports ${to}`);
}

/** Files that import each other around, each circle once; dynamic imports count too. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (file: string): void => {
    const at = way.indexOf(file);
    if (at >= 0) found.push(way.slice(at));
    if (at >= 0 || done.has(file)) return;
    way.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    way.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return found;
}

const GRAPH = new Map(
  SOURCES.map((file) => [file, importsOf(file, readFileSync(path.join(SRC, file), "utf8"))]),
);

test("a folder knows only what stands above it on the line", () => {
  expect(SOURCES.length).toBeGreaterThan(100);
  expect([...GRAPH].flatMap(([file, imported]) => faults(file, imported))).toEqual([]);
});

test("every arrow of the table is used", () => {
  const used = new Set(
    [...GRAPH].flatMap(([file, to]) => to.map((one) => `${roomOf(file)} → ${roomOf(one)}`)),
  );
  const drawn = Object.entries(ARROWS).flatMap(([room, to]) =>
    to.split(" ").flatMap((one) => (one === "" ? [] : [`${room} → ${one}`])),
  );
  expect(drawn.filter((arrow) => !used.has(arrow))).toEqual([]);
});

test("no files import each other around", () => {
  expect(circles(GRAPH)).toEqual([]);
});

test("the story is under 80 lines", () => {
  const story = readFileSync(path.join(SRC, "reconcile.ts"), "utf8");
  expect(story.trimEnd().split("\n").length).toBeLessThan(80);
});

describe("the finders", () => {
  test("name an arrow that is not in the table, a stranger, and a door that knows the other", () => {
    expect(faults("plan/decide/x.ts", ["plan/brakes/limits.ts", "model/plan.ts"])).toEqual([
      "plan/decide/x.ts imports plan/brakes/limits.ts",
    ]);
    expect(faults("elsewhere/x.ts", [])).toEqual(["elsewhere/x.ts stands in no room"]);
    expect(faults("lambda/x.ts", ["cli/io.ts", "run.ts"])).toEqual([
      "lambda/x.ts imports cli/io.ts",
    ]);
    expect(faults("text/x.ts", ["run.ts"])).toEqual(["text/x.ts imports run.ts"]);
  });

  test("see imports of types, of values, and those made later", () => {
    const text = `import type { A } from "./a.ts";\nexport { b } from "../b.ts";\nawait import("./c.ts");`;
    expect(importsOf("x/y.ts", text)).toEqual(["x/a.ts", "b.ts", "x/c.ts"]);
  });

  test("find a circle, and none in a tree", () => {
    const graph = (...arrows: [string, string[]][]) => circles(new Map(arrows));
    expect(graph(["a", ["b"]], ["b", ["c"]], ["c", ["a"]])).toEqual([["a", "b", "c"]]);
    expect(graph(["a", ["b", "c"]], ["b", ["c"]], ["c", []])).toEqual([]);
  });
});
