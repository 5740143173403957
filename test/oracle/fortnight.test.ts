// @module-tag slow
/** Two weeks on an estate of thousands: each hour the planner says what the oracle says, and no promise is broken. */
import { expect, test } from "vitest";
import { keyOf } from "./cause.ts";
import { compareRun } from "./compare.ts";
import { dice, fieldForce, hourOf, merged } from "./fortnight.ts";
import { violations } from "./invariants.ts";
import { stageOf } from "./stage.ts";
import { DAY } from "./time.ts";
import { type Attempt, EMPTY, type Memory } from "./types.ts";
import { NOW } from "./worlds.ts";

const SIZE = Number(process.env.CURFEW_FORCE ?? 5_000);
const HOURS = Number(process.env.CURFEW_HOURS ?? 14 * 24);

test("two weeks with failures, administrators and changes of the policy", async () => {
  const roll = dice(11);
  const stage = stageOf(fieldForce(SIZE, roll), { pageSize: 1000, writeSize: 1000 });
  let memory: Memory = EMPTY;
  let done = 0;
  for (let hour = 0; hour < HOURS; hour++) {
    if (hour > 0) for (const step of hourOf(hour, SIZE, roll)) stage.take(step);
    stage.file = merged(stage.file, hour);
    const before = stage.users();
    const own = new Set(memory.own);
    const { differences, memory: after, taken } = await compareRun(stage, memory);
    expect({ hour, differences: differences.slice(0, 5) }).toEqual({ hour, differences: [] });
    const seen = { at: stage.at, policy: stage.file, before, after: stage.users() };
    // What was ours before the first of the runs at hand is not seen by them.
    const broken = violations([seen]).filter((said) => !lifts(said, own));
    expect({ hour, broken }).toEqual({ hour, broken: [] });
    done += taken;
    memory = forgetful(after, stage.at);
  }
  expect(stage.at).toBe(NOW + (HOURS - 1) * 3_600_000);
  expect(done).toBeGreaterThan(SIZE / 5);
}, 1_500_000);

function lifts(said: string, own: ReadonlySet<string>): boolean {
  const user = /^(\S+) was unlocked, and the lock was not ours$/.exec(said)?.[1];
  return user !== undefined && own.has(user);
}

/** Without what no rule of the contract asks for any more: what was done over a day ago, and what failed before it. */
function forgetful(memory: Memory, at: number): Memory {
  const isOld = (one: Attempt) => at - one.at >= 2 * DAY;
  const done = memory.attempts.filter((one) => isOld(one) && one.status === "applied");
  const over = new Map(done.map((one) => [keyOf(one), one.at]));
  const attempts = memory.attempts.filter(
    (one) => !isOld(one) || one.at > (over.get(keyOf(one)) ?? Number.NEGATIVE_INFINITY),
  );
  return { ...memory, attempts };
}
