// @module-tag slow
/** What a ledger costs after many runs: as much as after few. */
import { expect, it } from "vitest";
import { openLedger } from "../../src/ledger/ledger.ts";
import type { BlobStore } from "../../src/ledger/store/contract.ts";
import { MemoryStore } from "./memory-store.ts";
import {
  attempt,
  beginRun,
  clockAt,
  deadHolder,
  end,
  HOUR,
  outcome,
  start,
  URL_A,
} from "./samples.ts";

const T = 1_800_000_000_000;
const RUNS = 10_000;

it(`each step takes the same operations after ${RUNS} runs as after ten, and none lists the log`, async () => {
  const done: string[] = [];
  const memory = new MemoryStore();
  const noted = <A extends [string, ...unknown[]], R>(name: string, work: (...args: A) => R) => {
    return (...args: A): R => {
      done.push(`${name} ${args[0].replace(/^[^/]+\//, "").replace(/\d{12}/, "…")}`);
      return work(...args);
    };
  };
  const store: BlobStore = {
    get: noted("get", (key) => memory.get(key)),
    put: noted("put", (key, text: string, condition) => memory.put(key, text, condition as never)),
    list: noted("list", (prefix) => memory.list(prefix)),
  };
  const clock = clockAt(T);
  const holder = deadHolder("r");
  const open = () => openLedger(store, { url: URL_A, place: "test" });

  /** What one run does, step by step. */
  async function run(n: number): Promise<string[][]> {
    clock.time = T + (n + 1) * HOUR;
    const [id, at] = [`run-${n}`, clock.time];
    const one = attempt(id, at, `user-${n % 50}`);
    const ledger = open();
    const steps: string[][] = [];
    const step = async (work: () => Promise<unknown>) => {
      done.length = 0;
      await work();
      steps.push([...done]);
    };
    const lease = await ledger.lock({ ...holder, run: id }, clock);
    await step(() => ledger.recall());
    const begun = start(id, at, [one]);
    await step(() => ledger.begin(begun));
    await step(() => ledger.intend(begun, begun.attempts));
    await step(() => ledger.record(id, [outcome(one, "applied")]));
    await step(() => ledger.finish(end(id, at, { policyDigest: "sha256:same" })));
    await lease.release();
    return steps;
  }

  /** Many runs under one lease, by a ledger that reads nothing in between. */
  async function many(from: number, to: number): Promise<void> {
    const ledger = open();
    const lease = await ledger.lock(holder, clock);
    for (let n = from; n < to; n++) {
      const [id, at] = [`run-${n}`, T + (n + 1) * HOUR];
      const one = attempt(id, at, `user-${n % 50}`);
      await beginRun(ledger, start(id, at, [one]));
      await ledger.record(id, [outcome(one, "applied")]);
      await ledger.finish(end(id, at, { policyDigest: "sha256:same" }));
    }
    clock.time = T + to * HOUR;
    await lease.release();
  }

  await many(0, 10);
  const first = await run(10);
  expect(first).toEqual([
    ["get state.json", "get audit/….jsonl", "get audit/….jsonl"],
    ["get lease.json", "put audit/….jsonl"],
    // A batch: its intents, then its outcomes.
    ["get lease.json", "put audit/….jsonl"],
    ["get lease.json", "put audit/….jsonl"],
    ["get lease.json", "put audit/….jsonl", "put state.json"],
  ]);
  await many(11, RUNS);
  expect(await run(RUNS)).toEqual(first);
  done.length = 0;
  const { runs } = await open().recall();
  expect(runs).toHaveLength(500);
  // Whoever holds no lease asks what the last one knew.
  expect(done).toEqual(["get lease.json", ...(first[0] ?? [])]);
});
