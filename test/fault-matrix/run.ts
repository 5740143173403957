/** Runs the whole matrix. */
import { runCell, type Usual, usually } from "./cell.ts";
import { type Call, type Cell, cells } from "./matrix.ts";
import { openStage, type Stage } from "./stage.ts";

/** What came of a cell: a few words, or what was violated. */
export type Result = { cell: Cell; verdict: string } | { cell: Cell; error: unknown };

/** Cells under way at once: while one waits for the disk or for a time-out, the others go on. */
const AT_ONCE = 6;

/** All cells; one that fails stops no other. */
export async function runMatrix(all: readonly Cell[] = cells()): Promise<Result[]> {
  const results: Result[] = [];
  const usual = new Map<Call, Promise<Usual>>();
  const queue = all.entries();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      await using stages = await openStages();
      for (const [i, cell] of queue) {
        const stage = stages.of(cell);
        try {
          if (!usual.has(cell.call)) usual.set(cell.call, usually(cell.call, stage));
          const known = await usual.get(cell.call);
          if (!known) throw new Error("a call is not known");
          results[i] = { cell, verdict: await runCell(cell, stage, known) };
        } catch (error) {
          results[i] = { cell, error };
        }
      }
    }),
  );
  return results;
}

/** Two stages, for policies with and without wipes. */
async function openStages() {
  const stages: Stage[] = [];
  const close = async () => {
    for (const { line } of stages) await line[Symbol.asyncDispose]();
  };
  try {
    for (const wipes of [false, true]) stages.push(await openStage(wipes));
  } catch (error) {
    await close();
    throw error;
  }
  const [plain, wiping] = stages as [Stage, Stage];
  return {
    of: ({ call }: Cell) => (call.wipes === false ? plain : wiping),
    [Symbol.asyncDispose]: close,
  };
}
