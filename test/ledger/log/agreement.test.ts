/** Whether the ledger says of locks what its audit log tells. */
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { deploymentKey } from "../../../src/ledger/key.ts";
import { openLedger, type StoredLedger } from "../../../src/ledger/ledger.ts";
import { auditWriter } from "../../../src/ledger/log/audit.ts";
import { verifyAudit } from "../../../src/ledger/log/verify.ts";
import { emptyMemory } from "../../../src/ledger/memory.ts";
import type { BlobStore } from "../../../src/ledger/store/contract.ts";
import { Crash, CrashingStore } from "../crashing-store.ts";
import { MemoryStore } from "../memory-store.ts";
import { attempt, clockAt, deadHolder, end, HOUR, outcome, start, URL_A } from "../samples.ts";
import { memoryOf, type Run, runs } from "../worlds.ts";

const T = 1_800_000_000_000;
const KEY = deploymentKey(URL_A);
const STATE = `${KEY}/state.json`;

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore();
});

function open(on: BlobStore = store): StoredLedger {
  return openLedger(on, { url: URL_A, place: ".curfew" });
}

/** Carries a run out; `end` false: it dies before its end. */
async function carryOut(run: Run, { ends = true, on = store as BlobStore } = {}): Promise<void> {
  const { id, at } = run.begin;
  const ledger = open(on);
  const lease = await ledger.lock(deadHolder(id), clockAt(at));
  await ledger.begin(run.begin);
  for (const batch of run.batches) await ledger.record(id, batch);
  if (!ends) return;
  await ledger.finish(end(id, at));
  await lease.release();
}

/** A run that locks or unlocks one user, with what was told of it in turn. */
function deed(
  id: string,
  n: number,
  type: "lock" | "unlock",
  user: string,
  ...told: ("applied" | "failed" | "skipped")[]
): Run {
  const one = attempt(id, T + n * HOUR, user, { type });
  return {
    begin: start(id, T + n * HOUR, [one]),
    batches: told.map((status) => [outcome(one, status)]),
  };
}

/** Edits the own locks that the state names. */
async function claim(edit: (locks: Record<string, number>) => void): Promise<void> {
  const state = JSON.parse((await store.get(STATE))?.text ?? "{}");
  edit(state.ownLocks);
  await store.put(STATE, JSON.stringify(state));
}

async function faults() {
  return (await verifyAudit(store, KEY)).faults;
}

const messages = async () => (await faults()).map(({ message }) => message);

const unproved = (user: string, blob = "state.json") =>
  `${blob} says that the lock of ${user} is ours, and the audit log does not prove it. If Curfew did not lock this user, take the user out of ${blob}: else that lock is lifted as soon as the policy does not want it.`;
const missing = (user: string) =>
  `The audit log tells that the lock of ${user} is ours, and state.json does not say so: it counts as foreign and is not lifted. An entry in users.locked with \`adopt: true\` takes it over.`;

describe("a lock that the state claims", () => {
  it("and of which the log tells nothing is a fault, for each user", async () => {
    await carryOut(deed("a", 0, "lock", "ann", "applied"));
    expect(await messages()).toEqual([]);
    await claim((locks) => Object.assign(locks, { eve: T, bob: T }));
    expect(await faults()).toEqual([
      { about: "state", blob: "state.json", line: null, message: unproved("bob") },
      { about: "state", blob: "state.json", line: null, message: unproved("eve") },
    ]);
  });

  it("is a fault also where there is no log at all: a ledger that came with a checkout", async () => {
    await carryOut(deed("a", 0, "lock", "ann", "applied"));
    for (const name of await store.list(`${KEY}/audit/`)) await store.delete(name);
    const state = JSON.parse((await store.get(STATE))?.text ?? "{}");
    await store.put(STATE, JSON.stringify({ ...state, audit: null }));
    expect(await messages()).toEqual([unproved("ann")]);
  });

  it.each([
    ["was lifted by us", deed("b", 1, "unlock", "ann", "applied")],
    ["was forgotten", { begin: start("b", T + HOUR, [], { forget: ["ann"] }), batches: [] }],
  ])("and that %s by then is a fault", async (_, run) => {
    await carryOut(deed("a", 0, "lock", "ann", "applied"));
    await carryOut(run);
    expect(await messages()).toEqual([]);
    await claim((locks) => Object.assign(locks, { ann: T }));
    expect(await messages()).toEqual([unproved("ann")]);
  });

  it.each(["failed", "skipped"] as const)("and that %s is a fault", async (status) => {
    await carryOut(deed("a", 0, "lock", "ann", status));
    expect(await messages()).toEqual([]);
    await claim((locks) => Object.assign(locks, { ann: T }));
    expect(await messages()).toEqual([unproved("ann")]);
  });

  it("by an event of a run of which the log tells nothing is a fault, and names the event", async () => {
    await carryOut(deed("a", 0, "lock", "ann", "applied"), { ends: false });
    const [event = ""] = await store.list(`${KEY}/runs/`);
    const forged = JSON.parse((await store.get(event))?.text ?? "{}");
    forged.begin.plan.ledger.adopt.push("eve");
    await store.put(event, JSON.stringify(forged));
    expect(await messages()).toEqual([unproved("eve", event.slice(KEY.length + 1))]);
  });

  it("is none where the lock was adopted, or has no outcome", async () => {
    await carryOut({ begin: start("a", T, [], { adopt: ["ann"] }), batches: [] });
    await carryOut(deed("b", 1, "lock", "bob"));
    expect(Object.keys((await open().recall()).ownLocks)).toEqual(["ann", "bob"]);
    expect(await messages()).toEqual([]);
  });

  it("by a run that never came to tell its event is a fault as soon as another run has ended", async () => {
    await carryOut(deed("a", 0, "lock", "ann", "applied"));
    const event = (op: string, key: string) => op === "put" && key.includes("/runs/");
    const dying = carryOut(deed("dead", 1, "lock", "eve"), {
      on: new CrashingStore(store, event, "before"),
    });
    await expect(dying).rejects.toBeInstanceOf(Crash);
    await carryOut(deed("b", 2, "lock", "bob", "applied"));
    await claim((locks) => Object.assign(locks, { eve: T }));
    expect(await messages()).toEqual([unproved("eve")]);
  });

  it("by a run that was passed over and told its event too late is none", async () => {
    await carryOut(deed("a", 0, "lock", "ann", "applied"));
    await carryOut(deed("late", 1, "lock", "eve"), { ends: false });
    const [event = ""] = await store.list(`${KEY}/runs/`);
    const text = (await store.get(event))?.text ?? "";
    await store.delete(event);
    await carryOut(deed("b", 2, "lock", "bob", "applied"));
    await store.put(event, text);
    expect(Object.keys((await open().recall()).ownLocks)).toContain("eve");
    expect(await messages()).toEqual([]);
    await carryOut(deed("c", 3, "lock", "cid", "applied"));
    expect(await messages()).toEqual([]);
  });

  it("is none where the line is gone that tells of its run's end", async () => {
    await carryOut(deed("a", 0, "lock", "ann", "applied"));
    await carryOut(deed("b", 1, "lock", "bob", "applied"));
    await store.delete(`${KEY}/audit/000000000004.jsonl`);
    expect(await messages()).toEqual([
      "audit/000000000005.jsonl, line 1 comes too early: line 4 of the log is missing before it.",
    ]);
  });

  it("is none where a run died, wherever that was, and after the next one", async () => {
    const script = [
      deed("a", 0, "lock", "ann", "applied", "failed"),
      deed("b", 1, "lock", "bob", "applied"),
      deed("c", 2, "unlock", "bob", "applied", "failed"),
    ];
    for (const when of ["before", "after"] as const) {
      for (let k = 1, dies = true; dies; k++) {
        store = new MemoryStore();
        const dying = new CrashingStore(store, k, when);
        dies = await script
          .reduce((done, run) => done.then(() => carryOut(run, { on: dying })), Promise.resolve())
          .then(
            () => false,
            (error: unknown) => error instanceof Crash,
          );
        expect(await messages(), `${when} ${k}`).toEqual([]);
        await carryOut(deed("d", 3, "lock", "cid", "applied"));
        expect(await messages(), `${when} ${k}, and on`).toEqual([]);
        expect(k).toBeLessThan(1_000);
      }
    }
  });
});

describe("a lock that the log tells as ours", () => {
  it("and that the state lacks is a fault, after what is worse", async () => {
    await carryOut(deed("a", 0, "lock", "ann", "applied"));
    await carryOut(deed("b", 1, "lock", "bob"));
    await claim((locks) => {
      delete locks.ann;
      delete locks.bob;
      locks.eve = T;
    });
    expect(await messages()).toEqual([unproved("eve"), missing("ann"), missing("bob")]);
  });

  it("is not missed where the state was damaged, neither before nor after that is told", async () => {
    await carryOut(deed("a", 0, "lock", "ann", "applied"));
    await store.put(STATE, "{");
    expect(await messages()).toEqual([expect.stringMatching(/^state\.json is not JSON/)]);
    await carryOut(deed("b", 1, "lock", "bob", "applied"));
    expect(await messages()).toEqual([]);
    await claim((locks) => {
      delete locks.bob;
    });
    expect(await messages()).toEqual([missing("bob")]);
  });

  it("is not missed where its run's events were damaged", async () => {
    await carryOut(deed("a", 0, "lock", "ann", "applied"));
    await carryOut(deed("dead", 1, "unlock", "ann", "applied"), { ends: false });
    const event = (await store.list(`${KEY}/runs/dead/`)).find((key) => key.includes("outcomes"));
    await store.put(event ?? "", "{");
    await carryOut(deed("b", 2, "lock", "bob", "applied"));
    expect(Object.keys((await open().recall()).ownLocks)).toContain("ann");
    expect(await messages()).toEqual([]);
  });

  it("is not missed where the run lost its own event before it ended", async () => {
    const run = deed("a", 0, "lock", "ann", "applied");
    const ledger = open();
    await ledger.lock(deadHolder("a"), clockAt(T));
    await ledger.begin(run.begin);
    const [event = ""] = await store.list(`${KEY}/runs/`);
    await store.put(event, "{");
    await ledger.finish(end("a", T));
    expect((await open().recall()).ownLocks).toEqual({});
    expect(await messages()).toEqual([]);
  });

  it("by lines that were changed is not asked for, nor does it prove a claim", async () => {
    await carryOut(deed("a", 0, "lock", "ann", "applied"));
    const key = `${KEY}/audit/000000000001.jsonl`;
    await store.put(key, ((await store.get(key))?.text ?? "").replace('"ann"', '"eve"'));
    await claim((locks) => Object.assign(locks, { eve: T }));
    expect(await messages()).toEqual([
      "audit/000000000001.jsonl, line 2 was changed: its hash does not fit what it says.",
      unproved("ann"),
      unproved("eve"),
    ]);
    await claim((locks) => {
      for (const user of Object.keys(locks)) delete locks[user];
    });
    expect(await messages()).toHaveLength(1);
  });

  it("by a line that is repeated at the end proves nothing anew", async () => {
    await carryOut(deed("a", 0, "lock", "ann", "applied"));
    await carryOut(deed("b", 1, "unlock", "ann", "applied"));
    const lines = (await store.get(`${KEY}/audit/000000000001.jsonl`))?.text ?? "";
    await store.put(`${KEY}/audit/000000000009.jsonl`, lines);
    await claim((locks) => Object.assign(locks, { ann: T }));
    expect((await messages()).at(-1)).toBe(unproved("ann"));
  });
});

it("a run at work, or one that ends while the log is read, is no fault", async () => {
  await carryOut(deed("a", 0, "lock", "ann", "applied"));
  await carryOut(deed("b", 1, "lock", "bob", "applied"));
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
      delete: (key) => store.delete(key),
    };
  };
  for (let n = 1; n < 14; n++) {
    const lock = deed(`lock-${n}`, 2 * n, "lock", `user-${n}`, "applied");
    expect((await verifyAudit(meanwhile(n, lock), KEY)).faults, `${n}`).toEqual([]);
    const unlock = deed(`unlock-${n}`, 2 * n + 1, "unlock", `user-${n}`, "applied");
    expect((await verifyAudit(meanwhile(n, unlock), KEY)).faults, `${n}`).toEqual([]);
  }
});

describe("a state that was put back to an earlier one", () => {
  it("is told, with the locks that are wrong by it", async () => {
    await carryOut(deed("a", 0, "lock", "ann", "applied"));
    const earlier = (await store.get(STATE))?.text ?? "";
    await carryOut(deed("b", 1, "unlock", "ann", "applied"));
    await carryOut(deed("c", 2, "lock", "bob", "applied"));
    await store.put(STATE, earlier);
    expect(await messages()).toEqual([
      unproved("ann"),
      "state.json knows of 4 lines of the audit log, and run c ended by line 12: it was put back to an earlier state, or never written. Put the latest one back; else what happened since is forgotten, also by the limits.",
      missing("bob"),
    ]);
  });

  it("is not told of lines that need no state, nor of a run that died at its very end", async () => {
    await carryOut(deed("a", 0, "lock", "ann", "applied"));
    const at = new Date(T).toISOString();
    const refused = { run: "r", at, kind: "forgotten", user: "nobody", commit: null } as const;
    await auditWriter(store, KEY).append([refused], async () => null);
    expect(await messages()).toEqual([]);
    const dying = new CrashingStore(store, (op, key) => op === "put" && key === STATE, "before");
    const last = carryOut(deed("b", 1, "lock", "bob", "applied"), { on: dying });
    await expect(last).rejects.toBeInstanceOf(Crash);
    expect(await messages()).toEqual([]);
  });
});

it("whatever runs did, a lock that is added or taken away is found, and nothing else", async () => {
  const users = ["ann", "bob", "cid", "dee", "eve", "fay"];
  const property = fc.asyncProperty(runs, fc.constantFrom(...users), async (all, user) => {
    store = new MemoryStore();
    for (const run of all) await carryOut(run);
    expect(await messages()).toEqual([]);
    if (all.length === 0) return;
    const ours = user in memoryOf(emptyMemory(), all).ownLocks;
    await claim((locks) => {
      if (ours) delete locks[user];
      else locks[user] = T;
    });
    expect(await messages()).toEqual([ours ? missing(user) : unproved(user)]);
  });
  await fc.assert(property, { numRuns: 200 });
});
