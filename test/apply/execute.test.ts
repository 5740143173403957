/** What of a plan is asked of the backend, in which order, and what the ledger is told of it. */
import { describe, expect, it } from "vitest";
import { type Execution, execute, isLeft } from "../../src/apply/execute.ts";
import type { User } from "../../src/model/inventory.ts";
import type { Ledger, Provider } from "../../src/model/ports.ts";
import type { Outcome, WriteResult } from "../../src/model/run.ts";
import { backendOf } from "../kit/backend.ts";
import {
  lockedOf,
  NOW,
  noLimits,
  planned,
  policyOf,
  userOf,
  usersLocked,
} from "../kit/builders.ts";

const IDS = ["a", "b", "c", "d", "e"];
const users = IDS.map((id) => userOf(id));
const policy = policyOf({
  users: usersLocked(...IDS.map((id) => lockedOf(id))),
  limits: noLimits(),
});
const locks = planned(users, policy);
const failed = (status: "failed" | "gone" | "unknown") => ({ status, error: `it ${status}` });

interface Stage extends Partial<Omit<Execution, "provider" | "ledger">> {
  /** What the backend answers about a user; it does and says done where nothing is given. */
  answers?: Record<string, WriteResult | undefined>;
  /** Changes what is true after the writes. */
  after?: (estate: User[]) => void;
}

/** Executes five locks, two a batch; gives the outcomes and, in order, all that was asked and recorded. */
async function executed({ answers = {}, after, ...more }: Stage = {}, plan = locks) {
  const log: string[] = [];
  const told = (outcomes: readonly Outcome[]) =>
    outcomes.map((o) => `${o.user} ${o.status}`).join();
  const backend = backendOf(users, { writeSize: 2 });
  const provider: Provider = {
    ...backend,
    async write(actions, check) {
      check();
      log.push(`write ${actions.map(({ user }) => user).join()}`);
      const results: (WriteResult | undefined)[] = [];
      for (const action of actions) {
        const given = action.user in answers;
        const done = given ? [answers[action.user]] : await backend.write([action], check);
        results.push(...done);
      }
      return results as WriteResult[];
    },
    user(id) {
      log.push(`read ${id}`);
      // The looks of the first batch come before any write.
      if (log.some((line) => line.startsWith("write"))) after?.(backend.estate);
      return backend.user(id);
    },
  };
  const ledger = {
    begin: async (run) => {
      log.push(`begin ${run.id}`);
    },
    intend: async (run, attempts, settled = []) => {
      const intents = attempts.map((a) => `${a.user} ${a.status}`);
      const known = settled.map(({ outcome: o }) => `${o.user} ${o.status}`);
      log.push(`intend ${run.id} ${[...intents, ...known].join()}`);
      expect(attempts.every((a) => a.run === "r1" && a.at === NOW)).toBe(true);
    },
    owned: async (users) => new Set(users),
    record: async (run, outcomes) => void log.push(`record ${run} ${told(outcomes)}`),
  } as Partial<Ledger> as Ledger;
  const execution = { run: "r1", at: NOW, check: () => {}, ...more, provider, ledger };
  const outcomes = await execute({ ...plan, plan: estateOf5000(plan) }, execution);
  return { outcomes, told: told(outcomes).split(","), log };
}

/** As of a target that is so large that users are read again singly. */
function estateOf5000({ plan }: typeof locks) {
  return { ...plan, inventory: { ...plan.inventory, users: 5_000 } };
}

const READS = IDS.map((id) => `read ${id}`);
const BEGIN = "begin r1";
/** What comes before a batch is sent: its looks, then its intents. */
const before = (...ids: string[]) => [
  ...ids.map((id) => `read ${id}`),
  `intend r1 ${ids.map((id) => `${id} intent`).join()}`,
];

it("each batch is looked at, its intents are on record before it is sent, and its outcomes after it", async () => {
  const progress: number[][] = [];
  const { told, log } = await executed({ onProgress: (...now) => progress.push(now) });
  expect(log).toEqual([
    BEGIN,
    ...before("a", "b"),
    ...["write a,b", "record r1 a applied,b applied"],
    ...before("c", "d"),
    ...["write c,d", "record r1 c applied,d applied"],
    ...before("e"),
    ...["write e", "record r1 e applied"],
    ...READS,
  ]);
  expect(told).toEqual(IDS.map((id) => `${id} applied`));
  expect(progress).toEqual([
    [2, 5],
    [4, 5],
    [5, 5],
  ]);
});

it("one that fails stops no other, and who is gone is skipped", async () => {
  const { outcomes, log } = await executed({
    answers: { a: failed("failed"), d: failed("gone") },
  });
  expect(outcomes).toMatchObject([
    { user: "a", status: "failed", error: "it failed" },
    { user: "b", status: "applied", confirmed: true },
    { user: "c", status: "applied", confirmed: true },
    { user: "d", status: "skipped", error: "it gone" },
    { user: "e", status: "applied", confirmed: true },
  ]);
  expect(log).toEqual([
    BEGIN,
    ...before("a", "b"),
    ...["write a,b", "record r1 a failed,b applied"],
    ...before("c", "d"),
    ...["write c,d", "record r1 c applied,d skipped"],
    ...before("e"),
    ...["write e", "record r1 e applied"],
    ...["read b", "read c", "read e"],
  ]);
});

describe("a write whose answer was lost", () => {
  const answers = { a: failed("unknown") };

  it("stays an intent where its effect is not seen", async () => {
    const { outcomes, log } = await executed({ answers });
    expect(outcomes[0]).toMatchObject({ status: "failed", error: "it unknown", confirmed: false });
    expect(log.filter((line) => line.startsWith("record"))).toEqual([
      "record r1 b applied",
      "record r1 c applied,d applied",
      "record r1 e applied",
    ]);
  });

  it("is settled where it is seen done", async () => {
    const after = (estate: User[]) => Object.assign(estate[0] ?? {}, { locked: true });
    const { outcomes, log } = await executed({ answers, after });
    expect(outcomes[0]).toMatchObject({ status: "applied", confirmed: true });
    expect(log.at(-1)).toBe("record r1 a applied");
  });
});

it("what was accepted and is not done is put right on record", async () => {
  const { told, log } = await executed({
    after: (estate) => Object.assign(estate[2] ?? {}, { locked: false }),
  });
  expect(told[2]).toBe("c failed");
  expect(log.at(-1)).toBe("record r1 c failed");
});

it("what no time is left for is left to the next run, on record, and nothing is read again", async () => {
  let batches = 0;
  const { outcomes, log } = await executed({ enough: () => batches++ < 2 });
  expect(log).toEqual([
    BEGIN,
    ...before("a", "b"),
    ...["write a,b", "record r1 a applied,b applied"],
    "record r1 c skipped,d skipped,e skipped",
  ]);
  expect(outcomes.map(isLeft)).toEqual([false, false, true, true, true]);
  expect(outcomes[2]).toEqual({
    ...{ status: "skipped", type: "lock", user: "c", session: null },
    error: "no time was left in this run: the next one takes it up",
  });
  expect(isLeft({ status: "skipped", type: "lock", user: "c", session: null })).toBe(false);
  const error = outcomes[2]?.error ?? "";
  expect(isLeft({ status: "failed", type: "lock", user: "c", session: null, error })).toBe(false);
});

it("what a saved plan skips is told after the rest, and on record", async () => {
  const skip: Outcome = { status: "skipped", type: "lock", user: "z", session: null, error: "no" };
  const { outcomes, log } = await executed({}, { ...locks, skipped: [skip] });
  expect(outcomes).toHaveLength(6);
  expect(outcomes.at(-1)).toBe(skip);
  expect(log.at(-1)).toBe("record r1 z skipped");
});

it("a run that lost its lease writes nothing more", async () => {
  const check = () => {
    throw new Error("lost");
  };
  await expect(executed({ check })).rejects.toThrow("lost");
});

it("a provider that gives no result is no success", async () => {
  await expect(executed({ answers: { b: undefined } })).rejects.toThrow(
    "the provider gave no result for lock of b",
  );
});
