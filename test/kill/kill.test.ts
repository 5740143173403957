// @module-tag slow
/**
 * The process is killed outright at random moments of an apply, and one more run must make all well (docs/design.md, "What
 * must hold" 6). CURFEW_KILLS says how often, CURFEW_SEED gives other moments.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { AuditLine } from "../../src/ledger/log/line.ts";
import { random } from "../../src/providers/sandbox-kit/random.ts";
import { auditOf, opened, run } from "./apply.ts";
import { driver, kill, until } from "./child.ts";
import { backend, FOREIGN, OPERATIONS, OWN, type Stage, stage, unlocked, WRITES } from "./stage.ts";

const KILLS = Number(process.env.CURFEW_KILLS ?? (process.env.CI ? 200 : 40));
const SEED = Number(process.env.CURFEW_SEED ?? 1);
/** Runs under way at once, each on a deployment and a ledger of its own. */
const LANES = 2;
/** A run that ends before it is to be killed is no kill: another moment is tried. */
const TRIES = 20;
/** Neighbours are far apart, and all together lie evenly. */
const GOLDEN = 0.618034;

const PHASES = ["reading", "intents on record", "writing", "all written", "finishing"] as const;
/** How far a killed run had come. */
type Phase = (typeof PHASES)[number];

/** On every fifth stage the run that is to mend the first one is killed too. */
const isTwice = (n: number) => n % 5 === 0;

/**
 * Every other deployment has no batches, so that each action is a request of its own. The limits leave room for what
 * is wanted and not one more.
 */
function stageOf(n: number): Promise<Stage> {
  const singly = n % 2 === 1;
  const faults = singly ? [{ kind: "404-route" as const, match: "/batch" }] : [];
  return stage({ latency: 5, faults }, { writeSize: singly ? 12 : 4 }, 1);
}

it(
  `${KILLS} runs are killed outright, and the next one makes all well`,
  async () => {
    const should = await asItShouldBe();
    const lengths = await Promise.all([lengthOf(0), lengthOf(1)]);
    const phases = new Map<Phase, number>(PHASES.map((phase) => [phase, 0]));
    const times = (...some: Phase[]) => some.reduce((sum, p) => sum + (phases.get(p) ?? 0), 0);
    const met = () =>
      [times("reading"), times("intents on record"), times("all written", "finishing")].every(
        Boolean,
      ) && times("writing") > KILLS / 10;
    let next = 0;
    // The moments prove little where they all fall into one phase: then some more are tried.
    const goesOn = () => next < KILLS || (next < 2 * KILLS && !met());
    const lane = async () => {
      while (goesOn()) {
        const n = next++;
        const phase = await killed(n, lengths[n % 2] ?? 0, should);
        phases.set(phase, (phases.get(phase) ?? 0) + 1);
      }
    };
    const lanes = Array.from({ length: LANES }, () =>
      lane().catch((error: unknown) => {
        next = 2 * KILLS;
        throw error;
      }),
    );
    // A lane that fails ends the others, and none is left behind.
    await Promise.allSettled(lanes);
    await Promise.all(lanes);
    console.info("killed while", Object.fromEntries(phases));
    expect(met()).toBe(true);
  },
  60_000 + KILLS * 10_000,
);

/** What a run that nobody kills leaves behind; that it is what the policy says is proved like all the others. */
async function asItShouldBe(): Promise<ReturnType<typeof backend>> {
  const on = await stageOf(0);
  try {
    await proveWell(on, "a run that nobody kills");
    return backend(on);
  } finally {
    await on.close();
  }
}

/** How long a run takes from its first request to its end, in ms, while others are at work. */
async function lengthOf(n: number): Promise<number> {
  const on = await stageOf(n);
  try {
    const child = await begin(on);
    const began = performance.now();
    await until(() => child.said()?.said === "done" || child.gone);
    const length = performance.now() - began;
    expect(await child.ended, child.out + child.err).toBe(0);
    return length;
  } finally {
    await on.close();
  }
}

/** Kills a run, or two, and proves that the next makes all well. */
async function killed(n: number, length: number, should: unknown): Promise<Phase> {
  const next = random(SEED, n);
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const on = await stageOf(n);
    try {
      // Evenly over the whole run; anywhere where that was too late.
      const share = attempt === 1 ? (next() / KILLS + n * GOLDEN) % 1 : next();
      if (!(await killOne(on, length * share))) continue;
      const phase = await phaseOf(on);
      const twice = isTwice(n) && (await killOne(on, length * next()));
      // Nobody waits for what a dead process sent: on every third stage it may take effect during the next run.
      const exact = n % 3 > 0;
      if (exact) await on.still();
      const what = `kill ${n}, ${phase}${twice ? ", and once more" : ""}${exact ? "" : ", not still"}`;
      await proveWell(on, what, exact);
      expect(backend(on), what).toEqual(should);
      return phase;
    } finally {
      await on.close();
    }
  }
  throw new Error(`run ${n} ended before it was killed, ${TRIES} times`);
}

/** Kills a run so long after its first request. False where it had ended by then. */
async function killOne(on: Stage, after: number): Promise<boolean> {
  const child = await begin(on);
  await sleep(after);
  await kill(child);
  return child.process.signalCode === "SIGKILL" && child.said()?.said !== "done";
}

/** A run that has sent its first request. */
async function begin({ sandbox, job }: Stage) {
  const before = sandbox.counters.requests;
  const child = await driver(job);
  child.go();
  await until(() => sandbox.counters.requests > before || child.gone);
  return child;
}

/** By what the audit log and the backend show. */
async function phaseOf(on: Stage): Promise<Phase> {
  const lines = await auditOf(on.job);
  // The first run is the one that set the stage.
  const [, mine] = [...Map.groupBy(lines, (line) => line.run).values()];
  if (!mine) return "reading";
  if (mine.some(({ kind }) => kind === "run-ended")) return "finishing";
  const done = Object.values(on.operations()).reduce((sum, times) => sum + times, 0);
  if (done === 0) return "intents on record";
  return done < WRITES ? "writing" : "all written";
}

/**
 * One more run succeeds, and all is as docs/contract.md and docs/design.md say. Throws BusyError where the lease of the dead run was
 * not taken over at once. `exact`: no request of it was still on its way, so nothing may happen twice.
 */
async function proveWell(on: Stage, what: string, exact = true): Promise<void> {
  const { outcomes, memory, planned } = await run(on.job);
  expect(
    outcomes?.filter(({ status }) => status !== "applied"),
    what,
  ).toEqual([]);
  const open = new Set(memory.attempts.filter(({ status }) => status === "intent").map(subject));
  for (const action of planned.plan.actions)
    expect(action.cause === "retry", `${what}: ${subject(action)}`).toBe(open.has(subject(action)));

  await on.still();
  const second = await run(on.job, false);
  const { actions, held, refusals } = second.planned.plan;
  expect({ actions, held, refusals }, what).toEqual({ actions: [], held: [], refusals: [] });
  expect(Object.keys(second.memory.ownLocks).sort(), what).toEqual(OWN);
  expect(
    unlocked(on).filter((id) => FOREIGN.includes(id)),
    what,
  ).toEqual([]);
  if (exact) expect(on.operations(), `${what}: nothing is done twice`).toEqual(OPERATIONS);
  await opened(on.job, async (_, ledger) => {
    await ledger.recall();
    expect(ledger.damage(), what).toBeNull();
    expect((await ledger.verify()).faults, what).toEqual([]);
  });
  expect(unaccounted(await auditOf(on.job)), what).toEqual([]);
}

function subject(of: { type: string; user: string; session: string | null }): string {
  return `${of.type} ${of.user} ${of.session}`;
}

/** Runs that told an outcome and of which the log says neither that they ended nor that they died. */
function unaccounted(lines: readonly AuditLine[]): string[] {
  const told = lines.flatMap((line) => (line.kind === "outcome" ? line.run : []));
  const known = lines.flatMap((line) => {
    if (line.kind === "run-died") return line.died;
    return line.kind === "run-ended" ? line.run : [];
  });
  return [...new Set(told)].filter((id) => !known.includes(id));
}
