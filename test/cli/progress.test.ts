/** What the progress bar shows of how far a long piece of work is. */
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { Io } from "../../src/cli/io.ts";
import { progress } from "../../src/cli/progress.ts";

/** What a person sees of the bar at `done` of `total`. */
function seen(done: number, total: number): string {
  const told: string[] = [];
  const io = { watched: true, err: (text: string) => told.push(text) } as unknown as Io;
  progress(io).show("Reading production", done, total);
  return stripVTControlCharacters(told.join("")).replace("\r", "");
}

const cells = (text: string) => text.replace(/[^█]/g, "").length;

test("the bar is there before anything is done, and before it is known how much there is", () => {
  expect(seen(0, 0)).toBe("Reading production …");
  expect(seen(0, 1000)).toBe(`Reading production ${"░".repeat(24)} 0% (0 of 1000)`);
});

test("it is never blank once something is done, and full only where all is", () => {
  expect(cells(seen(1, 64_000))).toBe(1);
  for (const done of [980, 990, 999]) expect(cells(seen(done, 1000))).toBe(23);
  expect(seen(1000, 1000)).toBe(`Reading production ${"█".repeat(24)} 100% (1000 of 1000)`);
  expect(cells(seen(1002, 1000))).toBe(24);
});
