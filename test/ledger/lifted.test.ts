/** A lock of ours that a run has seen gone is ours no more: one in its place is somebody else's. docs/design.md, "What must hold" 3. */
import { expect, it } from "vitest";
import { execute } from "../../src/apply/execute.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import type { Plan } from "../../src/model/plan.ts";
import type { Policy } from "../../src/model/policy.ts";
import type { Provider } from "../../src/model/ports.ts";
import { type Backend, backendOf, Died } from "../kit/backend.ts";
import {
  HOUR,
  lockedOf,
  NOW,
  noLimits,
  planned,
  policyOf,
  source,
  userOf,
  usersLocked,
} from "../kit/builders.ts";
import { MemoryStore } from "./memory-store.ts";
import { clockAt, deadHolder, end, URL_A } from "./samples.ts";

const LOCK = policyOf({ users: usersLocked(lockedOf("ann")), limits: noLimits() });
const NONE = policyOf({ users: { locked: [], source: source(3) }, limits: noLimits() });
const freeze = { until: NOW + 240 * HOUR, reason: "x", allow: [], source: source(4) };
const FROZEN: Policy = { ...LOCK, freeze };
const refused: Partial<Provider> = {
  write: async (actions) => actions.map(() => ({ status: "failed", error: "422" })),
};
const dying: Partial<Provider> = {
  write: async () => {
    throw new Died();
  },
};

/** A backend with ann, and runs on it with a ledger of its own, an hour apart. */
function world() {
  const backend: Backend = backendOf([userOf("ann")]);
  const store = new MemoryStore();
  let hour = 0;
  const run = async (policy: Policy, more: Partial<Provider> = {}): Promise<Plan> => {
    const at = NOW + hour++ * HOUR;
    const ledger = openLedger(store, { url: URL_A, place: "memory" });
    const lease = await ledger.lock(deadHolder(`r${hour}`), clockAt(at));
    const memory = await ledger.recall();
    const users = structuredClone(backend.estate);
    const plan = planned(users, policy, { memory, at });
    const provider = { ...backend, ...more };
    await execute(plan, { run: `r${hour}`, at, provider, ledger, memory, check: () => {} });
    await ledger.finish(end(`r${hour}`, at, policy));
    await lease.release();
    return plan.plan;
  };
  return { run, backend, ann: () => backend.estate[0] as { locked: boolean } };
}

it.each([
  ["a freeze held the new lock", LOCK, {}, FROZEN, {}],
  ["the new lock was refused", LOCK, {}, LOCK, refused],
  [
    "there was no lock of ours, since the run died before it, and the next was refused",
    LOCK,
    dying,
    LOCK,
    refused,
  ],
])("is not lifted where %s", async (_how, first, how, second, then) => {
  const { run, ann } = world();
  await run(first, how).catch((error) => expect(error).toBeInstanceOf(Died));
  ann().locked = false;
  const { actions, held } = await run(second, then);
  expect([...actions, ...held].map(({ type }) => type)).toEqual(["lock"]);
  ann().locked = true;
  const plan = await run(NONE);
  expect(plan.actions).toEqual([]);
  expect(plan.notices).toMatchObject([{ kind: "foreign-lock", user: "ann" }]);
  expect(ann().locked).toBe(true);
});

it("is drift until it is set again, and ours from then on", async () => {
  const { run, ann } = world();
  await run(LOCK);
  ann().locked = false;
  for (const _ of [1, 2]) expect((await run(FROZEN)).held).toMatchObject([{ cause: "drift" }]);
  expect((await run(LOCK)).actions).toMatchObject([{ type: "lock", cause: "drift" }]);
  expect(ann().locked).toBe(true);
  expect((await run(NONE)).actions).toMatchObject([{ type: "unlock" }]);
  expect(ann().locked).toBe(false);
});

it("stays ours where it took effect only after the next run had read", async () => {
  const { run, ann, backend } = world();
  await expect(run(LOCK, dying)).rejects.toThrow(Died);
  const late: Partial<Provider> = {
    async user(id) {
      ann().locked = true;
      return backend.user(id);
    },
  };
  expect((await run(LOCK, late)).actions).toMatchObject([{ type: "lock" }]);
  expect((await run(NONE)).actions).toMatchObject([{ type: "unlock" }]);
  expect(ann().locked).toBe(false);
});
