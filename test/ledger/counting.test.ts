/** What the ledger remembers for the limits: docs/contract.md, "Limits" and "Nobody is starved". */
import { expect, it } from "vitest";
import type { Memory, Outcome } from "../../src/model/run.ts";
import { applyBegin, applyFinish, applyOutcomes, emptyMemory, replay } from "../kit/memories.ts";
import { attempt, end, outcome, start } from "./samples.ts";

const T = Date.parse("2026-11-22T10:00:00Z");
const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

function run(memory: Memory, id: string, at: number, status: Outcome["status"], more = {}): Memory {
  const tried = attempt(id, at, "ann");
  const begun = applyBegin(memory, start(id, at, [tried]));
  const told = applyOutcomes(begun, id, [{ ...outcome(tried, status), ...more }]);
  return applyFinish(told, end(id, at));
}

it("a failure is counted in a row, until a later attempt succeeds", () => {
  const once = run(emptyMemory(), "r1", T, "failed");
  expect(once.failures).toMatchObject([{ user: "ann", times: 1, at: T }]);
  const twice = run(once, "r2", T + HOUR, "failed");
  expect(twice.failures).toMatchObject([{ times: 2, at: T + HOUR }]);
  expect(run(twice, "r3", T + 2 * HOUR, "applied").failures).toEqual([]);
  expect(run(twice, "r3", T + 2 * HOUR, "skipped").failures).toMatchObject([{ times: 2 }]);
});

it("what the backend did not answer for itself is no failure, and takes none away", () => {
  expect(run(emptyMemory(), "r1", T, "failed", { passing: true }).failures).toEqual([]);
  const once = run(emptyMemory(), "r1", T, "failed");
  expect(run(once, "r2", T + HOUR, "failed", { passing: true }).failures).toMatchObject([
    { times: 1, at: T },
  ]);
});

it("an outcome that a read takes back is one failure more than before", () => {
  const once = run(emptyMemory(), "r1", T, "failed");
  const tried = attempt("r2", T + HOUR, "ann");
  const outcomes = (["applied", "failed", "failed"] as const).map((s) => outcome(tried, s));
  const begin = start("r2", T + HOUR, [tried]);
  const intents = { run: begin, attempts: [tried], settled: [] };
  const steps = [{ begin }, intents, { run: "r2", outcomes }];
  expect(replay(once, steps).failures).toMatchObject([{ times: 2, at: T + HOUR }]);
});

it("what an inventory showed of an action without an outcome is told, and changes nothing else", () => {
  const before = applyBegin(emptyMemory(), start("r1", T, [attempt("r1", T, "ann")]));
  const [lock] = before.attempts;
  const found = [
    { run: "r1", type: "lock", user: "ann", session: null, done: true },
    { run: "r1", type: "lock", user: "bob", session: null, done: false },
  ] as const;
  const after = applyBegin(before, { ...start("r2", T + HOUR, []), found });
  expect(after).toEqual({ ...before, attempts: [{ ...lock, found: true }] });
});

it("what an inventory showed undone is so for good, and a later attempt is not", () => {
  const before = run(emptyMemory(), "r1", T, "applied");
  const undone = [{ type: "lock", user: "ann", session: null, signedInAt: null } as const];
  const again = attempt("r2", T + HOUR, "ann");
  const after = applyBegin(before, { ...start("r2", T + HOUR, [again]), undone });
  expect(after.attempts.map((one) => [one.run, one.undone])).toEqual([
    ["r1", true],
    ["r2", false],
  ]);
});

it("one run with a clock a year ahead forgets nothing, and is seen by the next", () => {
  let memory = run(emptyMemory(), "r1", T, "applied");
  memory = run(memory, "r2", T + YEAR, "applied");
  expect(memory.attempts.map(({ run }) => run)).toEqual(["r1", "r2"]);
  memory = applyBegin(memory, start("r3", T + HOUR, []));
  expect(memory.attempts.map(({ seen }) => seen)).toEqual([null, T + HOUR]);
});
