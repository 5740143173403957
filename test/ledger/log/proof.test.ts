/** Whether a verification tells that the state is what the log proves, and of nothing else. */
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { cacheText, stateText } from "../../../src/ledger/cache.ts";
import { deploymentKey } from "../../../src/ledger/key.ts";
import { openLedger } from "../../../src/ledger/ledger.ts";
import { auditKey } from "../../../src/ledger/log/audit.ts";
import { chain } from "../../../src/ledger/log/line.ts";
import type { State } from "../../../src/ledger/state.ts";
import type { BlobStore } from "../../../src/ledger/store/contract.ts";
import { Crash, CrashingStore } from "../crashing-store.ts";
import { MemoryStore } from "../memory-store.ts";
import {
  attempt,
  beginRun,
  clockAt,
  DAY,
  deadHolder,
  end,
  HOUR,
  outcome,
  start,
  URL_A,
} from "../samples.ts";
import { type Run, runs } from "../worlds.ts";

const T = 1_800_000_000_000;
const KEY = deploymentKey(URL_A);
const STATE = `${KEY}/state.json`;

describe("a verification", () => {
  let store: MemoryStore;
  beforeEach(() => {
    store = new MemoryStore();
  });

  const open = (on: BlobStore = store) => openLedger(on, { url: URL_A, place: ".curfew" });
  const messages = async (on: BlobStore = store) =>
    (await open(on).verify()).faults.map(({ about, message }) => `${about}: ${message}`);

  /** Carries a run out. */
  async function carryOut(run: Run, on: BlobStore = store): Promise<void> {
    const { id, at } = run.begin;
    const ledger = open(on);
    const lease = await ledger.lock(deadHolder(id), clockAt(at));
    await beginRun(ledger, run.begin);
    for (const batch of run.batches) await ledger.record(id, batch);
    await ledger.finish(end(id, at));
    await lease.release();
  }

  /** A run that locks or unlocks one user, with what was told of it in turn. */
  function deed(
    n: number,
    type: "lock" | "unlock",
    user: string,
    ...told: ("applied" | "failed")[]
  ): Run {
    const [id, at] = [`run-${n}`, T + n * HOUR];
    const one = attempt(id, at, user, { type });
    return {
      begin: start(id, at, [one]),
      batches: told.map((status) => [outcome(one, status)]),
    };
  }

  /** Edits the state. */
  async function edit(change: (state: State) => void): Promise<void> {
    const text = JSON.parse((await store.get(STATE))?.text ?? "{}");
    change(text.state);
    await store.put(STATE, `${JSON.stringify(text)}\n`);
  }

  const CHANGED =
    /^state: state\.json does not fit line \d+ of the audit log: it was changed, or put/;

  it("finds whatever was changed in the state, and nothing else, whatever runs did", async () => {
    const users = ["ann", "bob", "cid", "dee", "eve", "fay"];
    const property = fc.asyncProperty(runs, fc.constantFrom(...users), async (all, user) => {
      store = new MemoryStore();
      for (const run of all) await carryOut(run);
      expect(await messages()).toEqual([]);
      const recalled = await open().recall();
      if (all.length === 0) return;
      await edit(({ locks }) => {
        if (Object.hasOwn(locks, user)) delete locks[user];
        else locks[user] = { since: T, line: 2 };
      });
      expect(await messages()).toEqual([expect.stringMatching(CHANGED)]);
      expect(await open().recall()).toEqual(recalled);
      // Nor does the log need the state.
      await store.delete(STATE);
      expect(await open().recall()).toEqual(recalled);
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it("finds attempts that were moved back in time", async () => {
    await carryOut(deed(0, "lock", "ann", "applied"));
    await edit(({ attempts }) => {
      for (const one of attempts) one.at -= 2 * DAY;
    });
    expect(await messages()).toEqual([expect.stringMatching(CHANGED)]);
    expect((await open().recall()).attempts.map(({ at }) => at)).toEqual([T]);
  });

  it("finds an own lock of which no line says so, where the last line was mended with the state", async () => {
    for (const [line, faults] of [
      [
        2,
        [
          "state: state.json says that the lock of eve is ours by line 2 of the audit log, which does not say so.",
        ],
      ],
      [99, [expect.stringMatching(/eve is ours by line 99 of the audit log, which does not/)]],
    ] as const) {
      store = new MemoryStore();
      await carryOut(deed(0, "lock", "ann", "applied"));
      const [first, name] = [4, auditKey(KEY, 4)];
      const { log, state } = JSON.parse((await store.get(STATE))?.text ?? "{}");
      const forged = stateText({ ...state, locks: { ...state.locks, eve: { since: T, line } } });
      const lines = ((await store.get(name))?.text ?? "").trimEnd().split("\n");
      const said = lines.map((text) => JSON.parse(text));
      const mended = said.map(({ seq: _s, prev: _p, hash: _h, ...told }) =>
        told.kind === "run-ended" ? { ...told, state: forged.hash } : told,
      );
      const made = chain(mended, { seq: first - 1, hash: said[0].prev });
      await store.put(name, made.lines);
      await store.put(STATE, cacheText(URL_A, { ...log, ...made.head }, forged.text));
      await store.delete(`${KEY}/lease.json`);
      expect(await messages()).toEqual(faults);
    }
  });

  it("finds nothing where a run died, wherever that was, and after the next one", async () => {
    const script = [
      deed(0, "lock", "ann", "applied", "failed"),
      deed(1, "lock", "bob", "applied"),
      deed(2, "unlock", "bob", "applied", "failed"),
    ];
    for (const when of ["before", "after"] as const) {
      for (let k = 1, dies = true; dies; k++) {
        store = new MemoryStore();
        const dying = new CrashingStore(store, k, when);
        dies = await script
          .reduce((done, run) => done.then(() => carryOut(run, dying)), Promise.resolve())
          .then(
            () => false,
            (error: unknown) => error instanceof Crash,
          );
        expect(await messages(), `${when} ${k}`).toEqual([]);
        await carryOut(deed(3, "lock", "cid", "applied"));
        expect(await messages(), `${when} ${k}, and on`).toEqual([]);
        expect(k).toBeLessThan(1_000);
      }
    }
  });

  it("finds nothing where a run is at work, or ends while the log is read", async () => {
    await carryOut(deed(0, "lock", "ann", "applied"));
    await carryOut(deed(1, "lock", "bob", "applied"));
    /** Another run begins and ends between two readings of this one. */
    const meanwhile = (n: number, run: Run): BlobStore => {
      let reads = 0;
      const act = async () => {
        if (++reads === n) await carryOut(run);
      };
      return {
        get: (key) => act().then(() => store.get(key)),
        list: (prefix) => act().then(() => store.list(prefix)),
        put: (...args) => store.put(...args),
      };
    };
    for (let n = 1; n < 14; n++) {
      const lock = meanwhile(n, deed(2 * n, "lock", `user-${n}`, "applied"));
      expect(await messages(lock), `${n}`).toEqual([]);
      const unlock = meanwhile(n, deed(2 * n + 1, "unlock", `user-${n}`, "applied"));
      expect(await messages(unlock), `${n}`).toEqual([]);
    }
  });

  it("a lock names the line that made it ours: an intent, an outcome, or that it was adopted", async () => {
    await carryOut({ begin: start("a", T, [], { adopt: ["ann"] }), batches: [] });
    await carryOut(deed(1, "lock", "bob"));
    await carryOut(deed(2, "lock", "cid", "applied"));
    await carryOut(deed(3, "unlock", "ann", "applied", "failed"));
    const { state } = JSON.parse((await store.get(STATE))?.text ?? "{}");
    const said = new Map<number, string>();
    for await (const line of open().audit())
      said.set(line.seq, "user" in line ? `${line.kind} ${line.user}` : line.kind);
    const lines = Object.entries((state as State).locks).map(([user, { line }]) => [
      ...[user, said.get(line)],
    ]);
    expect(lines.sort()).toEqual([
      ["ann", "adopted ann"],
      ["bob", "intent bob"],
      ["cid", "outcome cid"],
    ]);
    expect(await messages()).toEqual([]);
  });
});
