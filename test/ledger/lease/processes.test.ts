// @module-tag slow
/** The lease between real processes on one ledger. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SYSTEM_CLOCK } from "../../../src/clock.ts";
import { BusyError } from "../../../src/errors.ts";
import { acquireLease, type FencedLease } from "../../../src/ledger/lease/lease.ts";
import { thisHolder } from "../../../src/ledger/lease/process.ts";
import { inEachStore, type Stores } from "../stores.ts";

interface Child {
  process: ChildProcess;
  /** The next line that it says, parsed. */
  hear(): Promise<{ said: string; fence?: number; exitCode?: number; message?: string }>;
  tell(line: string): void;
}

const module = (name: string) =>
  JSON.stringify(new URL(`../../../src/ledger/lease/${name}.ts`, import.meta.url).href);

/** `take` takes the lease for the run that the child was started with; `say` reports a line of JSON. */
const PRELUDE = `
  import { appendFileSync, writeSync } from "node:fs";
  import { createInterface } from "node:readline";
  import { acquireLease } from ${module("lease")};
  import { SYSTEM_CLOCK } from ${module("../../clock")};
  import { everyInterval, thisHolder } from ${module("process")};
  const [run, backend] = process.argv.slice(1);
  const say = (said, more) => writeSync(1, JSON.stringify({ said, ...more }) + "\\n");
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const take = (clock = SYSTEM_CLOCK) =>
    acquireLease(store, "k", thisHolder(run, "jane"), clock);
`;

/** Takes the lease when told to, and holds it until told to give it back. */
const HOLD = `${PRELUDE}
  say("ready");
  await lines.next();
  try {
    const lease = await take();
    say("took", { fence: lease.fence });
    await lines.next();
    await lease.release();
    say("gave back");
  } catch (error) {
    say(error.constructor.name, { exitCode: error.exitCode, message: error.message });
  }
  process.exit();
`;

/** How many times faster than the clock the suspended holder's time runs. */
const HASTE = 20;

/**
 * Writes under a lease of which a minute lasts three seconds, stops itself between two writes as a suspended machine
 * does, and, when it runs again, goes on as if nothing had been.
 */
const SUSPENDED = `${PRELUDE}
  const haste = (ms) => ms * ${HASTE};
  const started = Date.now();
  const lease = await take({
    now: () => started + haste(Date.now() - started),
    elapsed: () => haste(performance.now()),
  });
  lease.keep((ms, work) => everyInterval(ms / ${HASTE}, work));
  const write = async () => {
    lease.check();
    appendFileSync(backend, lease.fence + "\\n");
  };
  try {
    for (let n = 0; n < 5; n++) await write();
    say("stopping");
    process.kill(process.pid, "SIGSTOP");
    for (let n = 0; n < 5; n++) await write();
    say("wrote on");
  } catch (error) {
    say(error.constructor.name);
    const renewed = await lease.renew().catch((e) => e);
    say(renewed?.constructor.name ?? "renewed");
  }
  process.exit();
`;

async function ended(process: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  process.kill(signal);
  await once(process, "exit");
}

inEachStore((fresh) => {
  let root: string;
  let stores: Stores;
  const children: Child[] = [];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "curfew-"));
    stores = await fresh();
  });
  afterEach(async () => {
    for (const { process } of children.splice(0)) await ended(process, "SIGKILL");
    await stores.close();
    await rm(root, { recursive: true });
  });

  function start(script: string, run: string): Child {
    const program = stores.opening + script;
    const args = ["--input-type=module", "-e", program, run, join(root, "backend")];
    const process_ = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    const lines: Interface = createInterface({ input: process_.stdout });
    const said = lines[Symbol.asyncIterator]();
    const child: Child = {
      process: process_,
      async hear() {
        const { value, done } = await said.next();
        if (done) throw new Error(`the process of ${run} ended without a word`);
        return JSON.parse(value);
      },
      tell: (line) => process_.stdin.write(`${line}\n`),
    };
    children.push(child);
    return child;
  }

  it("of two processes that start at once one works; the other says who and ends with 6", async () => {
    for (let round = 1; round <= 3; round++) {
      const pair = ["a", "b"].map((name) => start(HOLD, `${name}-${round}`));
      for (const child of pair) expect(await child.hear()).toEqual({ said: "ready" });
      for (const child of pair) child.tell("take it");
      const heard = await Promise.all(pair.map((child) => child.hear()));
      const winner = heard.findIndex(({ said }) => said === "took");
      const [won, lost] = [heard[winner], heard[1 - winner]];
      expect(won).toEqual({ said: "took", fence: round });
      expect(lost).toMatchObject({ said: "BusyError", exitCode: 6 });
      const name = `${["a", "b"][winner]}-${round}`;
      expect(lost?.message).toContain(`run ${name} of jane`);
      expect(lost?.message).toContain(`process ${pair[winner]?.process.pid}, since`);
      pair[winner]?.tell("give it back");
      expect(await pair[winner]?.hear()).toEqual({ said: "gave back" });
    }
  });

  it("a holder that is killed outright is followed at once on the same machine", async () => {
    const child = start(HOLD, "killed");
    await child.hear();
    child.tell("take it");
    expect(await child.hear()).toEqual({ said: "took", fence: 1 });
    const store = stores.open();
    const take = () => acquireLease(store, "k", thisHolder("next"), SYSTEM_CLOCK);
    await expect(take()).rejects.toThrow(BusyError);
    await ended(child.process, "SIGKILL");
    expect((await take()).fence).toBe(2);
  });

  it("a holder that was suspended writes nothing once another has its lease", async () => {
    const child = start(SUSPENDED, "suspended");
    expect(await child.hear()).toEqual({ said: "stopping" });
    const backend = join(root, "backend");
    const written = readFileSync(backend, "utf8");
    expect(written).toBe("1\n".repeat(5));

    const next = await takeInTime();
    expect(next.fence).toBe(2);
    appendFileSync(backend, "2\n");
    child.process.kill("SIGCONT");
    expect(await child.hear()).toEqual({ said: "LeaseLostError" });
    expect(await child.hear()).toEqual({ said: "LeaseLostError" });
    expect(readFileSync(backend, "utf8")).toBe(`${written}2\n`);
    expect(await stores.open().get("k/lease.json")).not.toBeNull();
    await next.confirm();
  });

  /** Waits for the lease of a process that lives and does nothing: a minute, in its own quick time. */
  async function takeInTime(): Promise<FencedLease> {
    const started = Date.now();
    const now = () => started + (Date.now() - started) * HASTE;
    for (let attempt = 0; attempt < 600; attempt++) {
      try {
        const clock = { now, elapsed: () => performance.now() * HASTE };
        return await acquireLease(stores.open(), "k", thisHolder("next"), clock);
      } catch (error) {
        if (!(error instanceof BusyError)) throw error;
        await sleep(50);
      }
    }
    throw new Error("the lease of a suspended process never ended");
  }
});
