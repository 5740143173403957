/** What changes between the read and the write is found by the look, and nothing of it is sent. */
import { expect, it } from "vitest";
import { execute } from "../../src/apply/execute.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { ownedBy } from "../../src/ledger/owned.ts";
import type { User } from "../../src/model/inventory.ts";
import type { Provider } from "../../src/model/ports.ts";
import { backendOf, ledgerOf } from "../kit/backend.ts";
import {
  DAY,
  deniedOf,
  denying,
  lockedOf,
  NOW,
  noLimits,
  onlyTizen,
  planned,
  policyOf,
  sessionOf,
  userOf,
  usersLocked,
} from "../kit/builders.ts";
import { MemoryStore } from "../ledger/memory-store.ts";
import {
  attempt,
  beginRun,
  clockAt,
  deadHolder,
  end,
  outcome,
  start,
  URL_A,
} from "../ledger/samples.ts";

const users = ["ann", "bob"].map((id) => userOf(id));
const policy = policyOf({
  users: usersLocked(...users.map(({ id }) => lockedOf(id))),
  limits: noLimits(),
});

/** Locks ann and bob, after `between` has changed the backend. */
async function locked(between: (estate: User[]) => void, more: Partial<Provider> = {}) {
  const backend = backendOf(users);
  const plan = planned(users, policy);
  between(backend.estate);
  const ledger = ledgerOf();
  const provider = { ...backend, ...more };
  const outcomes = await execute(plan, { run: "r", at: NOW, provider, ledger, check: () => {} });
  return { outcomes, done: backend.done, memory: await ledger.recall() };
}

it("a lock that somebody else set meanwhile is theirs", async () => {
  const { outcomes, done, memory } = await locked((estate) => {
    Object.assign(estate[0] ?? {}, { locked: true });
  });
  expect(outcomes).toMatchObject([
    {
      ...{ user: "ann", status: "skipped" },
      error: "somebody else locked the user meanwhile: the lock is theirs",
    },
    { user: "bob", status: "applied", confirmed: true },
  ]);
  expect(done.map(({ user }) => user)).toEqual(["bob"]);
  expect(Object.keys(memory.ownLocks)).toEqual(["bob"]);
});

it("who is gone is skipped, and a look that can't be read fails its action alone", async () => {
  const gone = await locked((estate) => estate.shift());
  expect(gone.outcomes).toMatchObject([{ status: "skipped", error: "the user is gone" }, {}]);
  const unreadable = { id: "ann", field: "locked", message: "locked is no yes or no" };
  const { outcomes, done } = await locked(() => {}, {
    user: async (id) => (id === "ann" ? { unreadable } : { user: userOf(id) }),
  });
  expect(outcomes[0]).toMatchObject({
    status: "failed",
    error: "not sent: its look can't be read: locked is no yes or no",
  });
  expect(done.map(({ user }) => user)).toEqual(["bob"]);
});

it("a write is not sent where more than 30 seconds passed since its look", async () => {
  const backend = backendOf(users);
  let elapsed = 0;
  const ledger = ledgerOf();
  const slow = {
    ...ledger,
    intend: async (...intents: Parameters<typeof ledger.intend>) => {
      elapsed += 31_000;
      await ledger.intend(...intents);
    },
  };
  const outcomes = await execute(planned(users, policy), {
    ...{ run: "r", at: NOW, provider: backend, ledger: slow, check: () => {} },
    clock: { elapsed: () => elapsed },
  });
  expect(outcomes.map(({ status }) => status)).toEqual(["failed", "failed"]);
  expect(backend.done).toEqual([]);
});

it("a batch is cut when 25 seconds have passed since its first look", async () => {
  const backend = backendOf(users);
  let elapsed = 0;
  const sent: string[][] = [];
  const provider: Provider = {
    ...backend,
    // Each look is long; they are begun one after the other all the same.
    user: (id) => backend.user(id),
    write(actions, check) {
      sent.push(actions.map(({ user }) => user));
      return backend.write(actions, check);
    },
  };
  await execute(planned(users, policy), {
    ...{ run: "r", at: NOW, provider, ledger: ledgerOf(), check: () => {} },
    clock: { elapsed: () => (elapsed += 13_000) },
  });
  expect(sent).toEqual([["ann"], ["bob"]]);
});

it("an interrupted run sends no further batch, and what is open is left", async () => {
  const backend = backendOf(users, { writeSize: 1 });
  const outcomes = await execute(planned(users, policy), {
    ...{ run: "r", at: NOW, provider: backend, ledger: ledgerOf(), check: () => {} },
    interrupted: () => backend.done.length > 0,
  });
  expect(outcomes).toMatchObject([
    { user: "ann", status: "applied" },
    {
      ...{ user: "bob", status: "skipped" },
      error: "the run was interrupted before it: the next one takes it up",
    },
  ]);
  expect(outcomes[0]?.confirmed).toBeUndefined();
});

it("a lock that the log does not say is ours is not lifted, and counts as foreign from then on", async () => {
  const held = users.map((user) => ({ ...user, locked: true }));
  const backend = backendOf(held);
  const ours = ledgerOf({ ownLocks: { ann: NOW - 1, bob: NOW - 1 } });
  const ledger = { ...ours, owned: async () => new Set(["bob"]) };
  const back = policyOf({ users: usersLocked(), limits: noLimits() });
  const plan = planned(held, back, { memory: await ours.recall() });
  expect(plan.plan.actions.map(({ type, user }) => `${type} ${user}`)).toEqual([
    "unlock ann",
    "unlock bob",
  ]);
  const execution = { run: "r", at: NOW, provider: backend, ledger, check: () => {} };
  expect(await execute(plan, execution)).toMatchObject([
    {
      ...{ user: "ann", status: "skipped" },
      error: "the audit log does not say that the lock is ours: it counts as somebody else's",
    },
    { user: "bob", status: "applied", confirmed: true },
  ]);
  expect(backend.done.map(({ user }) => user)).toEqual(["bob"]);
  expect((await ours.recall()).ownLocks).toEqual({});
});

it("a lock is ours where the log says so, and a state alone says nothing", async () => {
  const store = new MemoryStore();
  const ledger = openLedger(store, { url: URL_A, place: "test" });
  await ledger.lock(deadHolder("r"), clockAt(NOW));
  const [ann, bob] = [attempt("r", NOW, "ann"), attempt("r", NOW, "bob")];
  await beginRun(ledger, start("r", NOW, [ann, bob]));
  await ledger.record("r", [outcome(ann, "applied"), outcome(bob, "failed")]);
  await ledger.finish(end("r", NOW));
  expect(await ledger.owned(["ann", "bob", "eve"])).toEqual(new Set(["ann"]));
  const [name = ""] = await store.list("");
  const key = name.split("/")[0] ?? "";
  // As a state would claim it that somebody has made up: bob's intent failed, and no line is about eve.
  const forged = { bob: { since: NOW, line: 3 }, eve: { since: NOW, line: 2 } };
  expect(await ownedBy(store, key, forged, ["bob", "eve"])).toEqual(new Set());
});

it.each([
  ["denied with unsynced: wait", denying(deniedOf("device-s", { action: "wipe" }))],
  ["otherwise: wipe", onlyTizen({ otherwise: "wipe" })],
])(
  "a wipe that waits for data is not sent to a device that connected meanwhile: %s",
  async (_of, devices) => {
    const at = NOW - 3 * DAY;
    const ann = userOf("ann", [sessionOf("s", { lastConnectedAt: at, lastFullSyncAt: at })]);
    const rules = policyOf({ devices, limits: noLimits() });
    const backend = backendOf([ann]);
    const plan = planned([ann], rules);
    expect(plan.plan.actions).toMatchObject([{ type: "wipe", session: "s" }]);
    Object.assign(backend.estate[0]?.sessions[0] ?? {}, { lastConnectedAt: NOW });
    const how = { run: "r", at: NOW, provider: backend, ledger: ledgerOf(), check: () => {} };
    expect(await execute(plan, how)).toMatchObject([
      { status: "skipped", error: expect.stringContaining("may hold data that is not uploaded") },
    ]);
    expect(backend.done).toEqual([]);
  },
);
