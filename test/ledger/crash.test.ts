// @module-tag slow
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deploymentKey } from "../../src/ledger/key.ts";
import { openLedger, type StoredLedger } from "../../src/ledger/ledger.ts";
import type { BlobStore } from "../../src/ledger/store/contract.ts";
import type { Memory } from "../../src/model/run.ts";
import { emptyMemory, replay, type Step } from "../kit/memories.ts";
import { Crash, CrashingStore, type Moment } from "./crashing-store.ts";
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
import { inEachStore, type Stores } from "./stores.ts";
import { type Run, runs } from "./worlds.ts";

const T = 1_800_000_000_000;
/** No time passes within a run, so that a lease ends by the death of its process only. */
const clock = clockAt(T);

/** The steps that a ledger acknowledged; and these with the one that had begun. */
interface Known {
  sure: Step[];
  possible: Step[];
}

const remembered = (steps: readonly Step[]): Memory => replay(emptyMemory(), steps);

/** Two runs that do all that a run can do, over what was ours before. */
const SCRIPT: Run[] = [
  {
    begin: start("run-1", T, [attempt("run-1", T, "ann"), attempt("run-1", T, "bob")], {
      adopt: ["cid"],
      owedWipes: { s1: 1, s2: 2 },
    }),
    batches: [[outcome(attempt("run-1", T, "ann"), "applied")]],
  },
  run2(),
];

function run2(): Run {
  const at = T + HOUR;
  const made = [
    attempt("run-2", at, "bob", { wipe: true, wipes: { s3: 3 } }),
    attempt("run-2", at, "dee"),
    attempt("run-2", at, "eve"),
    attempt("run-2", at, "ann", { type: "unlock" }),
    attempt("run-2", at, "fay", { type: "wipe", session: "s1", signedInAt: 1 }),
  ] as const;
  const [bob, dee, eve, ann, fay] = made;
  return {
    begin: start("run-2", at, [...made], { forget: ["cid"], owedWipes: { s1: 1 } }),
    batches: [
      [outcome(bob, "applied"), outcome(dee, "failed")],
      [outcome(eve, "skipped"), outcome(ann, "applied")],
      [outcome(fay, "applied")],
    ],
  };
}

inEachStore((fresh, kind) => {
  let stores: Stores;
  let opened = 0;

  beforeEach(async () => {
    stores = await fresh();
  });
  afterEach(() => stores.close());

  function freshStore(): BlobStore {
    opened++;
    return stores.open(`${opened}`);
  }

  const ledgerOn = (store: BlobStore) => openLedger(store, { url: URL_A, place: "test" });

  /**
   * Carries the runs out, and reports after each step that the ledger acknowledged what it must now remember,
   * and before each step what it may remember as soon as the step has begun.
   */
  async function carryOut(store: BlobStore, script: readonly Run[], known: Known): Promise<void> {
    const step = async (work: () => Promise<void>, next: Step) => {
      known.possible = [...known.sure, next];
      await work();
      known.sure = known.possible;
    };
    for (const { begin, batches } of script) {
      clock.time = begin.at;
      const ledger = ledgerOn(store);
      const lease = await ledger.lock(deadHolder(begin.id), clock);
      await ledger.recall();
      await lease.renew();
      const { attempts, ...plan } = begin;
      await step(() => ledger.begin(plan), { begin: plan });
      const intents = { run: plan, attempts, settled: [] };
      await step(() => ledger.intend(plan, attempts), intents);
      for (const batch of batches) {
        const outcomes = { run: begin.id, outcomes: batch };
        await step(() => ledger.record(begin.id, batch), outcomes);
      }
      const last = end(begin.id, begin.at);
      await step(() => ledger.finish(last), { end: last });
      await lease.release();
    }
  }

  /** Runs the script with a crash, then checks what a new process recalls, and that it can go on. */
  async function crashAt(
    script: readonly Run[],
    k: number,
    when: "before" | "after",
  ): Promise<void> {
    const store = freshStore();
    const known: Known = { sure: [], possible: [] };
    const dying = carryOut(new CrashingStore(store, k, when), script, known);
    await expect(dying).rejects.toBeInstanceOf(Crash);

    const ledger = ledgerOn(store);
    const { open = [], ...recalled } = await ledger.recall();
    expect(ledger.damage()).toBeNull();
    const before = [known.sure, known.possible];
    expect(before.map(remembered)).toContainEqual(recalled);
    expect(open.length).toBeLessThanOrEqual(1);
    expect(await ledgerOn(store).recall()).toEqual({
      ...recalled,
      ...(open.length > 0 ? { open } : {}),
    });
    await expectAudited(ledger, recalled);

    const next = (script.at(-1)?.begin.at ?? T) + HOUR;
    const begin = start("next", next, [attempt("next", next, "zoe")]);
    clock.time = next;
    const lease = await ledger.lock(deadHolder("next"), clock);
    await beginRun(ledger, begin);
    await ledger.finish(end("next", next));
    await lease.release();
    const { attempts, ...run } = begin;
    const steps = [{ begin: run }, { run, attempts, settled: [] }, { end: end("next", next) }];
    const after = await ledgerOn(store).recall();
    const expected = before.map((known) => remembered([...known, ...steps]));
    expect(expected).toContainEqual(after);
    const key = deploymentKey(URL_A);
    const blobs = (await store.list("")).filter((name) => !name.startsWith(`${key}/audit/`));
    expect(blobs).toEqual([`${key}/lease.json`, `${key}/state.json`]);
    await expectAudited(ledger, after);
  }

  /** The audit chain is sound, and all that is remembered is in it. */
  async function expectAudited(ledger: StoredLedger, memory: Memory): Promise<void> {
    expect((await ledger.verify()).faults).toEqual([]);
    const told = new Set<string>();
    for await (const line of ledger.audit()) {
      if (line.kind !== "intent" && line.kind !== "outcome") continue;
      const status = line.kind === "intent" ? "intent" : line.status;
      told.add(`${line.run} ${line.type} ${line.user} ${line.session} ${status}`);
    }
    const kept = memory.attempts.flatMap(({ run, type, user, session, status }) =>
      ["intent", status].map((s) => `${run} ${type} ${user} ${session} ${s}`),
    );
    expect(kept.filter((line) => !told.has(line))).toEqual([]);
  }

  async function operationsOf(script: readonly Run[]): Promise<number> {
    const store = new CrashingStore(freshStore(), Number.POSITIVE_INFINITY, "before");
    await carryOut(store, script, { sure: [], possible: [] });
    return store.operations;
  }

  describe("a process that dies at any operation on the store", () => {
    it("leaves a ledger that knows all that was acknowledged, and nothing that was not begun", async () => {
      const operations = await operationsOf(SCRIPT);
      expect(operations).toBeGreaterThan(30);
      // S3 is slower, and no other between two operations.
      for (let k = 1; k <= operations; k += kind === "S3" ? 4 : 1) {
        await crashAt(SCRIPT, k, "before");
        await crashAt(SCRIPT, k, "after");
      }
    });

    it("does so whatever the runs do", async () => {
      const when = fc.constantFrom("before" as const, "after" as const);
      const share = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
      const property = fc.asyncProperty(runs, when, share, async (script, when, share) => {
        const operations = await operationsOf(script);
        if (operations > 0) await crashAt(script, 1 + Math.floor(share * operations), when);
      });
      await fc.assert(property, { numRuns: kind === "S3" ? 4 : 40 });
    });

    it("several that die one after the other lose nothing either", async () => {
      const store = freshStore();
      const putOf = (part: string, nth: number): Moment => {
        let left = nth;
        return (operation, key) => operation === "put" && key.includes(part) && --left === 0;
      };
      const deaths: [string, Moment][] = [
        ["a", putOf("/audit/", 1)],
        ["b", putOf("/audit/", 2)],
        ["c", putOf("/audit/", 3)],
        ["d", putOf("/audit/", 4)],
        ["e", putOf("state.json", 1)],
      ];
      for (const [n, [id, moment]] of deaths.entries()) {
        const ledger = ledgerOn(new CrashingStore(store, moment, "before"));
        const one = attempt(id, T + n, `user-${id}`);
        const dying = (async () => {
          await ledger.lock(deadHolder(id), clock);
          await beginRun(ledger, start(id, T + n, [one]));
          await ledger.record(id, [outcome(one, "applied")]);
          await ledger.finish(end(id, T + n));
        })();
        await expect(dying).rejects.toBeInstanceOf(Crash);
      }
      const { attempts, ownLocks, runs } = await ledgerOn(store).recall();
      expect(runs.map(({ id }) => id)).toEqual(["e"]);
      expect(attempts.map((a) => [a.run, a.status])).toEqual([
        ["c", "intent"],
        ["d", "applied"],
        ["e", "applied"],
      ]);
      expect(Object.keys(ownLocks)).toEqual(["user-c", "user-d", "user-e"]);

      const last = ledgerOn(store);
      await last.lock(deadHolder("f"), clock);
      await beginRun(last, start("f", T + 5, []));
      await last.finish(end("f", T + 5));
      const died: unknown[] = [];
      for await (const line of last.audit()) {
        if (line.kind === "run-died") died.push([line.run, line.died, line.unknown]);
      }
      expect(died).toEqual([
        // e came as far as its last line, and the state was made of the log.
        ["e", "b", []],
        ["e", "c", [{ type: "lock", user: "user-c", session: null }]],
        ["e", "d", []],
      ]);
    });
  });
});
