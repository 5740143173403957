/** What an interrupted apply says: of what is under way, and of what is open. */
import { expect, test } from "vitest";
import { interrupted, interruption } from "../../src/cli/interruption.ts";
import { INTERRUPTED, type Outcome } from "../../src/model/run.ts";
import { exitLine } from "../../src/report/told/ending.ts";

const LEFT: Outcome = {
  ...{ status: "skipped", type: "lock", user: "a", session: null },
  error: INTERRUPTED,
};
const APPLIED: Outcome = { status: "applied", type: "lock", user: "b", session: null };

test.each<[Outcome[], string]>([
  [
    [APPLIED, LEFT, LEFT],
    "Interrupted: of 3 actions for acme, 2 are open; the next run takes them up.",
  ],
  [
    [APPLIED, APPLIED],
    "Interrupted after the last action for acme: nothing is open; 2 were not read again, and the next run does that.",
  ],
  [
    [APPLIED, { ...APPLIED, confirmed: true }],
    "Interrupted after the last action for acme: nothing is open; 1 was not read again, and the next run does that.",
  ],
  [
    [{ ...APPLIED, confirmed: true }],
    "Interrupted after the last action for acme: nothing is open.",
  ],
  [[], "Interrupted: there was nothing to do for acme, so nothing is open."],
])("%j", (outcomes, said) => {
  expect(interrupted("acme", outcomes).words).toBe(`${said}\n`);
});

test("the reason of the exit code speaks of what is open only where something is", () => {
  expect(exitLine([interrupted("acme", [LEFT]).reason])).toBe(
    "Exit code 130: interrupted: the next run takes up what is open.",
  );
  expect(exitLine([interrupted("acme", [APPLIED]).reason])).toBe(
    "Exit code 130: interrupted: nothing is open.",
  );
});

test("of a batch under way only where one is", () => {
  const heard: string[] = [];
  const io = { err: (text: string) => heard.push(text) };
  for (const writing of [false, true]) {
    using stop = interruption(io);
    if (writing) stop.writing.add("acme");
    process.emit("SIGTERM");
    expect(stop.asked()).toBe(true);
  }
  expect(heard).toEqual([
    "Interrupted: nothing is written any more. Once more ends it at once.\n",
    "Interrupted: nothing is sent after the batch under way. Once more ends it at once.\n",
  ]);
});
