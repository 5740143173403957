// @module-tag slow
/** Several processes on one ledger: one works, nobody else does, and a holder that dies or sleeps is followed. */
import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { deploymentKey } from "../../src/ledger/key.ts";
import { leaseText, parseLease } from "../../src/ledger/lease/blob.ts";
import type { FaultRule } from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import { type Job, opened, run } from "./apply.ts";
import { busy, type Child, cli, driver, kill } from "./child.ts";
import { backend, FOREIGN, OPERATIONS, OWN, type Stage, stage, unlocked } from "./stage.ts";

async function staged(
  faults: readonly FaultRule[] = [],
  more: Partial<Job> = {},
  latency = 0,
): Promise<Stage> {
  const on = await stage({ latency }, { writeSize: 1000, ...more });
  // Only now, so that they don't meet the run that sets the stage.
  on.sandbox.faults = faults;
  onTestFinished(on.close);
  return on;
}

const apply = ({ job }: Stage) => cli(job.cwd, "apply", job.policy, "--yes", "--ledger", ".curfew");
const posts = ({ sandbox }: Stage) => sandbox.requests.filter(({ method }) => method === "POST");

/** What a run says that finds `holder` at work. */
function busyWith(holder: Child): RegExp {
  const host = hostname().replace(/[^\w-]/g, "\\$&");
  return new RegExp(
    `^error: Another run is at work on the ledger in \\.curfew/\\S+: run \\S+ of \\S+ on ${host}, process ${holder.process.pid}, since \\S+Z\\.`,
  );
}

/** All that was wanted was done, once, and is on record. */
async function expectDone(on: Stage): Promise<void> {
  await on.still();
  expect(on.operations()).toEqual(OPERATIONS);
  expect(unlocked(on).filter((id) => FOREIGN.includes(id))).toEqual([]);
  const { planned, memory } = await run(on.job, false);
  expect(planned.plan.actions).toEqual([]);
  expect(Object.keys(memory.ownLocks).sort()).toEqual(OWN);
  await opened(on.job, async (_, ledger) => {
    expect((await ledger.verify()).faults).toEqual([]);
  });
}

it("of two runs that start at once one works; the other says who holds the lease and exits 6", async () => {
  for (let round = 1; round <= 3; round++) {
    // Who gets to work stays at work until the other has ended.
    const on = await staged([{ kind: "429", match: "POST /batch" }]);
    const pair = [apply(on), apply(on)];
    await Promise.race(pair.map(({ ended }) => ended));
    on.sandbox.faults = [];
    const codes = await Promise.all(pair.map(({ ended }) => ended));
    expect(codes.toSorted(), pair.map(({ err }) => err).join()).toEqual([0, 6]);
    const [winner, loser] = codes[0] === 0 ? pair : pair.toReversed();
    expect(winner?.err).toBe("");
    expect(loser?.out).toBe("");
    expect(loser?.err).toMatch(busyWith(winner as Child));
    await expectDone(on);
  }
});

it("a suspended holder keeps others out, and once it is killed the next takes over at once", async () => {
  const on = await staged([{ kind: "slow", value: 500, match: "POST /batch", times: 1 }]);
  const holder = apply(on);
  const before = posts(on).length;
  await busy(holder, () => posts(on).length > before);
  holder.process.kill("SIGSTOP");

  const other = apply(on);
  expect(await other.ended).toBe(6);
  expect(other.err).toMatch(busyWith(holder));

  await on.still();
  await kill(holder);
  const next = apply(on);
  expect(await next.ended, next.err).toBe(0);
  await expectDone(on);
});

it("a run that slept through the end of its lease writes nothing when it wakes before its intents", async () => {
  const on = await staged([{ kind: "slow", value: 1500, match: "GET /users", times: 1 }]);
  const [reads, writes] = [on.sandbox.requests.length, posts(on).length];
  const sleeper = apply(on);
  // After info.json comes the lease, and then the read.
  await busy(sleeper, () => on.sandbox.requests.length >= reads + 2);
  sleeper.process.kill("SIGSTOP");
  await expire(on);

  const next = apply(on);
  expect(await next.ended, next.err).toBe(0);
  const done = posts(on).length;
  expect(done).toBeGreaterThan(writes);
  const estate = backend(on);

  sleeper.process.kill("SIGCONT");
  expect(await sleeper.ended).toBe(6);
  expect(sleeper.err).toMatch(
    /^error: The lease of the ledger in \S+ was taken over.*writes nothing more/,
  );
  expect(posts(on).length).toBe(done);
  expect(backend(on)).toEqual(estate);
  await expectDone(on);
});

it("a run that slept through the end of its lease writes nothing more when it wakes between its batches", async () => {
  // A minute of the lease lasts three seconds here.
  const haste = { factor: 20, since: Date.now() };
  const on = await staged([], { writeSize: 2, haste }, 10);
  const first = posts(on).length;
  const sleeper = await driver(on.job);
  sleeper.go();
  await busy(sleeper, () => posts(on).length >= first + 3);
  sleeper.process.kill("SIGSTOP");
  await on.still();
  const began = posts(on).length;
  const next = await takesOver(on);
  expect(next.said(), next.err).toEqual({ said: "done" });
  const done = posts(on).length;
  expect(done).toBeGreaterThan(began);
  const estate = backend(on);

  sleeper.process.kill("SIGCONT");
  expect(await sleeper.ended).toBe(6);
  expect(sleeper.said()).toMatchObject({
    message: expect.stringContaining("The lease of the ledger"),
  });
  expect(posts(on).length).toBe(done);
  expect(backend(on)).toEqual(estate);
  await expectDone(on);
});

/** The lease becomes one of another machine, that ended a while ago. */
async function expire({ job, sandbox }: Stage): Promise<void> {
  const file = join(job.cwd, ".curfew", deploymentKey(sandbox.url), "lease.json");
  const lease = parseLease(await readFile(file, "utf8"));
  if (lease === "damaged" || lease.holder === null) throw new Error("nobody holds the lease");
  const { started: _, ...holder } = lease.holder;
  const text = leaseText({
    ...lease,
    holder: { ...holder, host: "elsewhere.example", started: null },
    expiresAt: Date.now() - 60_000,
  });
  await writeFile(file, text);
}

/** Runs again and again until the lease of a process that lives and sleeps has ended. */
async function takesOver({ job }: Stage) {
  for (let attempt = 0; attempt < 60; attempt++) {
    const child = await driver(job);
    child.go();
    if ((await child.ended) !== 6) return child;
    await sleep(50);
  }
  throw new Error("the lease of a suspended process never ended");
}
