import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deploymentKey } from "../../src/ledger/key.ts";
import { openLedger, type StoredLedger } from "../../src/ledger/ledger.ts";
import type { BlobStore } from "../../src/ledger/store/contract.ts";
import { emptyMemory } from "../kit/memories.ts";
import { Crash, CrashingStore } from "./crashing-store.ts";
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
  URL_B,
} from "./samples.ts";
import { inEachStore, type Stores } from "./stores.ts";

const T = 1_800_000_000_000;
const KEY = deploymentKey(URL_A);
const STATE = `${KEY}/state.json`;

inEachStore((fresh) => {
  let place: Stores;
  let store: BlobStore;

  beforeEach(async () => {
    place = await fresh();
    store = place.open();
  });
  afterEach(() => place.close());

  function open(url = URL_A): StoredLedger {
    return openLedger(store, { url, place: ".curfew" });
  }

  /** A run that locks each of these users. */
  async function lock(
    ledger: StoredLedger,
    id: string,
    at: number,
    users: string[],
  ): Promise<void> {
    const attempts = users.map((user) => attempt(id, at, user));
    await beginRun(ledger, start(id, at, attempts));
    await ledger.record(
      id,
      attempts.map((a) => outcome(a, "applied")),
    );
    await ledger.finish(end(id, at));
  }

  /** All but the audit log. */
  async function blobs(): Promise<string[]> {
    return (await store.list("")).filter((key) => !key.includes("/audit/"));
  }

  async function operationsOfRecall(): Promise<number> {
    const counting = new CrashingStore(store, Number.POSITIVE_INFINITY, "before");
    await openLedger(counting, { url: URL_A, place: "" }).recall();
    return counting.operations;
  }

  describe("a ledger", () => {
    it("is empty at first, and reading it writes nothing", async () => {
      expect(await open().recall()).toEqual(emptyMemory());
      expect(await store.list("")).toEqual([]);
    });

    it("says where it is", () => {
      expect(open().place).toBe(`.curfew/${KEY}`);
      expect(openLedger(store, { url: URL_A, place: "s3://b/p/" }).place).toBe(`s3://b/p/${KEY}`);
    });

    it("remembers a run, in one blob beside the log", async () => {
      const ann = attempt("r", T, "ann");
      const bob = attempt("r", T, "bob", { type: "wipe", session: "s", signedInAt: 5 });
      const ledger = open();
      await beginRun(
        ledger,
        start("r", T, [ann, bob], { adopt: ["cid"], owedWipes: { s: 5, t: null } }),
      );
      await ledger.record("r", []);
      await ledger.record("r", [outcome(ann, "applied")]);
      await ledger.record("r", [{ ...outcome(bob, "applied"), confirmed: true }]);
      const run = end("r", T);
      await ledger.finish(run);

      expect(await open().recall()).toEqual({
        ownLocks: { ann: T, cid: T },
        met: {},
        wiped: { s: 5 },
        owedWipes: { t: null },
        last: { at: T, settledAt: T, policies: [{ policy: run.policy, from: T }] },
        inventoryUsers: 47,
        attempts: [
          { ...ann, status: "applied" },
          { ...bob, status: "applied" },
        ],
        failures: [],
        wholeRuns: 1,
        runs: [run.summary],
      });
      expect(await blobs()).toEqual([STATE]);
    });

    it("remembers of a run that has not ended what it told, but no summary", async () => {
      const ann = attempt("r", T, "ann");
      const bob = attempt("r", T, "bob");
      const ledger = open();
      await beginRun(ledger, start("r", T, [ann, bob]));
      await ledger.record("r", [outcome(ann, "applied")]);
      expect(await open().recall()).toEqual({
        ...emptyMemory(),
        ownLocks: { ann: T, bob: T },
        attempts: [{ ...ann, status: "applied" }, bob],
        open: [{ id: "r", at: T }],
      });
    });

    it("knows that a run died that has not ended, while it holds the lease, until that is told", async () => {
      await beginRun(open(), start("r", T, []));
      const ledger = open();
      const lease = await ledger.lock(deadHolder("next"), clockAt(T + HOUR));
      expect((await ledger.recall()).open).toEqual([{ id: "r", at: T, died: true }]);
      await beginRun(ledger, start("next", T + HOUR, []));
      await ledger.finish(end("next", T + HOUR));
      await lease.release();
      expect((await open().recall()).open).toBeUndefined();
    });

    it("remembers ids of any text, by the log and by the state", async () => {
      const ids = ["__proto__", "constructor", "", "7", "é", "\u{1F512} \ud800"];
      const each = <V>(value: V) => Object.fromEntries(ids.map((id) => [id, value]));
      const attempts = ids.map((id) => attempt("r", T, id, { wipe: true, wipes: each(null) }));
      const begin = start("r", T, attempts, { owedWipes: each(5) });
      begin.plan.ledger.met = each("ann");
      const ledger = open();
      await beginRun(ledger, begin);
      const told = await open().recall();
      for (const of of [told.ownLocks, told.met, told.owedWipes, told.attempts[0]?.wipes])
        expect(Object.keys(of ?? {}).sort()).toEqual([...ids].sort());
      await ledger.finish(end("r", T));
      const { ownLocks, met, owedWipes, attempts: same } = await open().recall();
      expect({ ownLocks, met, owedWipes, attempts: same }).toEqual({
        ...{ ownLocks: told.ownLocks, met: told.met, owedWipes: told.owedWipes },
        attempts: told.attempts,
      });
    });

    it("remembers a run that died after many steps", async () => {
      await lock(open(), "zero", T - HOUR, ["zoe"]);
      const attempts = Array.from({ length: 70 }, (_, n) => attempt("r", T, `user-${n}`));
      const ledger = open();
      await beginRun(ledger, start("r", T, attempts));
      for (const one of attempts) await ledger.record("r", [outcome(one, "failed")]);
      const memory = await open().recall();
      expect(memory.attempts.filter(({ status }) => status === "failed")).toHaveLength(70);
      expect(memory.ownLocks).toEqual({ zoe: T - HOUR });
    });

    it("forgets attempts of the day before yesterday at the end of a run", async () => {
      await lock(open(), "old", T, ["ann"]);
      // One clock that is ahead makes nothing old: three runs must agree on it.
      await lock(open(), "new", T + 48 * HOUR, ["bob"]);
      await lock(open(), "newer", T + 49 * HOUR, []);
      expect((await open().recall()).attempts.map((a) => a.run)).toEqual(["old", "new"]);
      await lock(open(), "newest", T + 50 * HOUR, []);
      const { attempts, ownLocks, runs } = await open().recall();
      expect(attempts.map((a) => a.run)).toEqual(["new"]);
      expect(Object.keys(ownLocks)).toEqual(["ann", "bob"]);
      expect(runs.map((run) => run.id)).toEqual(["old", "new", "newer", "newest"]);
    });

    it("replays dead runs in the order in which they began, not in that of their names", async () => {
      const unlock = attempt("a", T + HOUR, "ann", { type: "unlock" });
      await beginRun(open(), start("b", T, [attempt("b", T, "ann")]));
      await beginRun(open(), start("a", T + HOUR, [unlock]));
      await open().record("a", [outcome(unlock, "applied")]);
      expect((await open().recall()).ownLocks).toEqual({});
    });

    it("keeps apart what two processes tell of one run", async () => {
      const [ann, bob] = [attempt("r", T, "ann"), attempt("r", T, "bob")];
      const [first, second] = [open(), open()];
      await beginRun(first, start("r", T, [ann, bob]));
      await Promise.all([
        first.record("r", [outcome(ann, "failed")]),
        second.record("r", [outcome(bob, "failed")]),
      ]);
      expect((await open().recall()).attempts.map((a) => a.status)).toEqual(["failed", "failed"]);
    });

    it("of one deployment does not touch another's", async () => {
      const [a, b] = [open(URL_A), open(URL_B)];
      await lock(a, "r", T, ["ann"]);
      const dead = attempt("r", T, "bob");
      await beginRun(b, start("r", T, [dead]));
      await a.finish(end("s", T + HOUR));
      expect((await open(URL_A).recall()).ownLocks).toEqual({ ann: T });
      expect((await open(URL_B).recall()).attempts).toEqual([dead]);
    });
  });

  describe("runs that overlap all the same", () => {
    it("that end at once are both remembered", async () => {
      const ids = ["a", "b", "c", "d", "e"];
      await Promise.all(ids.map((id, n) => lock(open(), id, T + n, [`user-${id}`])));
      const memory = await open().recall();
      expect(Object.keys(memory.ownLocks).sort()).toEqual(ids.map((id) => `user-${id}`));
      expect(memory.runs.map((run) => run.id).sort()).toEqual(ids);
      expect(memory.attempts.map((a) => a.status)).toEqual(ids.map(() => "applied"));
      expect(await blobs()).toEqual([STATE]);
    });

    it("a run taken for dead and found alive is not forgotten", async () => {
      const [ann, bob] = [attempt("slow", T, "ann"), attempt("slow", T, "bob")];
      const slow = open();
      await beginRun(slow, start("slow", T, [ann, bob]));
      await lock(open(), "quick", T + 1, ["cid"]);
      await slow.record("slow", [outcome(ann, "failed"), outcome(bob, "applied")]);
      expect((await open().recall()).ownLocks).toEqual({ bob: T, cid: T + 1 });
      await slow.finish(end("slow", T + 2));
      const memory = await open().recall();
      expect(memory.ownLocks).toEqual({ bob: T, cid: T + 1 });
      expect(memory.runs.map((run) => run.id)).toEqual(["quick", "slow"]);
    });

    it("what comes late from a run that is part of the state is older than what runs told since", async () => {
      const ann = attempt("slow", T, "ann");
      const slow = open();
      await beginRun(slow, start("slow", T, [ann]));
      await open().finish(end("quick", T + 1));
      await slow.record("slow", [outcome(ann, "applied")]);
      const unlock = attempt("dead", T + 2, "ann", { type: "unlock" });
      await beginRun(open(), start("dead", T + 2, [unlock]));
      await open().record("dead", [outcome(unlock, "applied")]);
      expect((await open().recall()).ownLocks).toEqual({});
    });

    it("lines that are part of the state count once, also where it was not written", async () => {
      await lock(open(), "zero", T - 1, ["ann"]);
      const dying = () => {
        const moment = (operation: string, key: string) => operation === "put" && key === STATE;
        return openLedger(new CrashingStore(store, moment, "before"), { url: URL_A, place: "" });
      };
      const first = dying();
      await beginRun(first, start("first", T, [], { forget: ["ann"] }));
      await expect(first.finish(end("first", T))).rejects.toThrow(Crash);
      expect((await open().recall()).ownLocks).toEqual({});
      await expect(lock(dying(), "second", T + 1, ["ann"])).rejects.toThrow(Crash);

      const memory = await open().recall();
      expect(memory.runs.map((run) => run.id)).toEqual(["zero", "first", "second"]);
      expect(memory.ownLocks).toEqual({ ann: T + 1 });
      await open().finish(end("third", T + 2));
      expect((await open().recall()).ownLocks).toEqual({ ann: T + 1 });
    });

    it("a state that is older than the one that lies there does not replace it", async () => {
      const slow = open();
      await beginRun(slow, start("slow", T, []));
      let disturbed = false;
      const disturbing: BlobStore = {
        get: (key) => store.get(key),
        list: (prefix) => store.list(prefix),
        put: async (key, text, condition) => {
          if (key === STATE && !disturbed) {
            disturbed = true;
            await lock(open(), "quick", T + 1, ["ann"]);
          }
          return store.put(key, text, condition);
        },
      };
      await openLedger(disturbing, { url: URL_A, place: "" }).finish(end("slow", T));
      expect(disturbed).toBe(true);
      const log = (await store.list(`${KEY}/audit/`)).length;
      expect(await operationsOfRecall()).toBe(4);
      expect((await open().recall()).runs.map(({ id }) => id)).toEqual(["slow", "quick"]);
      expect(log).toBe(6);
    });

    it("a reading that another run's end disturbs starts again", async () => {
      const ann = attempt("r", T, "ann");
      await beginRun(open(), start("r", T, [ann]));
      let disturbed = false;
      const disturbing: BlobStore = {
        put: (...args) => store.put(...args),
        list: (prefix) => store.list(prefix),
        get: async (key) => {
          const blob = await store.get(key);
          if (!disturbed) {
            disturbed = true;
            await open().finish(end("r", T));
          }
          return blob;
        },
      };
      const memory = await openLedger(disturbing, { url: URL_A, place: "" }).recall();
      expect(memory).toEqual(await open().recall());
      expect(memory.runs).toHaveLength(1);
    });
  });

  it("remembers a run of 100,000 attempts", { tags: "slow" }, async () => {
    const attempts = Array.from({ length: 100_000 }, (_, n) =>
      attempt("r", T, `user-${n}`, {
        type: "re-authenticate",
        session: `session-${n}`,
        signedInAt: n,
      }),
    );
    const ledger = open();
    await beginRun(ledger, start("r", T, attempts));
    for (let n = 0; n < attempts.length; n += 1_000) {
      await ledger.record(
        "r",
        attempts.slice(n, n + 1_000).map((a) => outcome(a, "applied")),
      );
    }
    const unfinished = await open().recall();
    expect(unfinished.attempts.filter((a) => a.status === "applied")).toHaveLength(100_000);
    await ledger.finish(end("r", T));
    expect((await open().recall()).attempts).toEqual(unfinished.attempts);
  });
});
