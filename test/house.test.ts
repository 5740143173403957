/** The house of docs/design.md: which folder may know which, and no circle among files. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const SRC = path.join(import.meta.dirname, "../src");

/**
 * Who may import from whom, in the order of the line: a room knows itself and what its row names, which stands above
 * it. A file that its whole folder rests on is a room of its own. `ground` is what stands at the top of src/.
 */
const ARROWS: Record<string, string> = {
  model: "",
  ground: "model",
  text: "ground",
  secrets: "model ground",
  "policy/values": "model ground text",
  "providers/catalog": "model",
  "providers/journeyapps/target": "policy/values",
  "providers/slingr/target": "ground policy/values",
  "providers/corporateacademy/target": "policy/values",
  "providers/targets":
    "providers/journeyapps/target providers/slingr/target providers/corporateacademy/target",
  "policy/schema": "model text policy/values providers/targets",
  "policy/parse": "model ground text policy/schema",
  policy: "model ground text providers/catalog policy/values policy/schema policy/parse",
  checkout: "model ground text policy/schema policy/parse policy",
  "providers/http": "model ground",
  providers: "model ground",
  "providers/journeyapps": "model ground providers/http",
  "providers/slingr": "model ground providers/http",
  "providers/corporateacademy": "model ground secrets checkout providers/http",
  "providers/open":
    "model providers/catalog providers/http providers/journeyapps providers/slingr providers/corporateacademy",
  "providers/sandbox-kit": "model ground",
  "providers/journeyapps/sandbox": "model ground providers/sandbox-kit",
  "providers/slingr/sandbox": "model ground providers/sandbox-kit",
  "providers/corporateacademy/sandbox": "model ground providers/sandbox-kit",
  inventory: "model ground providers/catalog policy",
  "plan/key": "model",
  "plan/decide": "model ground policy plan/key",
  "plan/brakes": "model ground text policy plan/key plan/decide",
  plan: "model ground text policy plan/key plan/decide plan/brakes",
  "plan/explain": "model ground policy plan/decide plan",
  "plan/forecast": "model ground text policy plan/decide plan",
  estate: "model ground policy inventory plan/decide plan/forecast",
  apply: "model ground policy plan/decide plan",
  "ledger/key": "ground",
  "ledger/store": "ground",
  "ledger/store/folder": "ground ledger/store",
  "ledger/store/s3": "model ground ledger/store",
  "ledger/log": "model ground policy plan/key ledger/store",
  "ledger/lease": "model ground ledger/key ledger/store ledger/log",
  ledger: "model ground policy plan/key ledger/key ledger/store ledger/log ledger/lease",
  import: "model ground text policy/values estate",
  "policy-tests":
    "model ground text policy/values policy/schema policy/parse policy checkout inventory plan/explain plan",
  "report/told": "model ground text plan/explain plan/forecast ledger/log policy-tests",
  "report/renderer": "model estate report/told",
  "report/text":
    "model ground text plan/decide plan/explain plan/forecast ledger/log ledger policy-tests report/told",
  "report/markdown": "model text report/told",
  "report/html": "model ground text estate report/renderer report/told",
  "report/machine":
    "model ground text plan ledger/log ledger policy-tests report/renderer report/told",
  report: "report/renderer report/told report/text report/markdown report/html report/machine",
  notify: "model ground text secrets estate report/told",
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

/** What a file may not import, as sentences. */
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

test("the arrows of the table point up, so that rooms make no circle", () => {
  const order = Object.keys(ARROWS);
  const down = Object.entries(ARROWS).flatMap(([room, to]) =>
    to
      .split(" ")
      .filter((one) => one !== "" && !order.slice(0, order.indexOf(room)).includes(one))
      .map((one) => `${room} → ${one}`),
  );
  expect(down).toEqual([]);
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
    expect(faults("plan/decide/want.ts", ["plan/brakes/limits.ts", "model/plan.ts"])).toEqual([
      "plan/decide/want.ts imports plan/brakes/limits.ts",
    ]);
    expect(faults("elsewhere/x", [])).toEqual(["elsewhere/x stands in no room"]);
    expect(faults("lambda/shelf.ts", ["cli/io.ts", "run.ts"])).toEqual([
      "lambda/shelf.ts imports cli/io.ts",
    ]);
    expect(faults("text/safe.ts", ["run.ts"])).toEqual(["text/safe.ts imports run.ts"]);
  });

  test("see imports of types, of values, and those made later", () => {
    const text = `import type { A } from "./apply.ts";\nexport { b } from "../io.ts";\nawait import("./plan.ts");`;
    expect(importsOf("cli/commands/init.ts", text)).toEqual([
      "cli/commands/apply.ts",
      "cli/io.ts",
      "cli/commands/plan.ts",
    ]);
  });

  test("find a circle, and none in a tree", () => {
    const graph = (...arrows: [string, string[]][]) => circles(new Map(arrows));
    expect(graph(["a", ["b"]], ["b", ["c"]], ["c", ["a"]])).toEqual([["a", "b", "c"]]);
    expect(graph(["a", ["b", "c"]], ["b", ["c"]], ["c", []])).toEqual([]);
  });
});
