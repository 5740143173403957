import { spawnSync } from "node:child_process";
import { thisHolder } from "../../src/ledger/lease/process.ts";
import type { Plan } from "../../src/model/plan.ts";
import type { Policy } from "../../src/model/policy.ts";
import type { Holder, LeaseClock, Ledger } from "../../src/model/ports.ts";
import type { Attempt, Outcome, RunEnd, RunStart, RunSummary } from "../../src/model/run.ts";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const URL_A = "https://62d5.backend.us.journeyapps.com/api/v4/615a";
export const URL_B = "https://62d5.backend.us.journeyapps.com/api/v4/615b";

const NOTHING = { lock: 0, wipe: 0, "re-authenticate": 0, unlock: 0 };
const INVENTORY = { users: 47, sessions: 80, active: 61, digest: "sha256:inventory" };

/** A lock of `user`, or what else `more` says. */
export function attempt(
  run: string,
  at: number,
  user: string,
  more: Partial<Attempt> = {},
): Attempt {
  return {
    run,
    at,
    type: "lock",
    user,
    session: null,
    wipe: false,
    counts: "limit",
    was: null,
    signedInAt: null,
    wipes: {},
    ends: {},
    line: "",
    before: null,
    from: at,
    seen: null,
    undone: false,
    status: "intent",
    ...more,
  };
}

export function outcome(of: Attempt, status: Outcome["status"]): Outcome {
  const { type, user, session } = of;
  return { status, type, user, session, ...(status === "failed" ? { error: "refused" } : {}) };
}

/** What a run begins with, and the intents of its only batch. */
export type Begin = RunStart & { attempts: Attempt[] };

/** Tells a ledger both, as a run does that has one batch. */
export async function beginRun(
  ledger: Pick<Ledger, "begin" | "intend">,
  run: Begin,
): Promise<void> {
  await ledger.begin(run);
  await ledger.intend(run, run.attempts);
}

export function start(
  id: string,
  at: number,
  attempts: Attempt[],
  more: Partial<Plan["ledger"]> & { owedWipes?: RunStart["owedWipes"] } = {},
): Begin {
  const { owedWipes = {}, adopt = [], forget = [] } = more;
  return { id, at, attempts, undone: [], owedWipes, plan: plan(at, { adopt, forget }) };
}

export function end(id: string, at: number, more: Partial<RunSummary> = {}): RunEnd {
  return { id, at, policy: policy(`sha256:${id}`), confirmed: 0, summary: summary(id, at, more) };
}

function plan(at: number, ledger: Plan["ledger"]): Plan {
  return {
    format: "curfew/plan/2",
    digest: "sha256:plan",
    version: "0.1.0",
    target: "production",
    url: URL_A,
    evaluatedAt: new Date(at).toISOString(),
    expiresAt: new Date(at + 4 * HOUR).toISOString(),
    policy: { digest: "sha256:policy", commit: null, files: ["policies/production.yaml"] },
    inventory: INVENTORY,
    summary: NOTHING,
    actions: [],
    ...{ held: [], heldSummary: {}, heldCauses: {} },
    refusals: [],
    notices: [],
    ledger,
  };
}

function summary(id: string, at: number, more: Partial<RunSummary>): RunSummary {
  return {
    id,
    at,
    policyDigest: `sha256:${id}`,
    commit: null,
    planDigest: "sha256:plan",
    inventory: INVENTORY,
    summary: NOTHING,
    held: 0,
    refusals: 0,
    outcomes: { applied: 0, failed: 0, skipped: 0 },
    ...more,
  };
}

function policy(digest: string): Policy {
  return {
    target: {
      name: "production",
      provider: "journeyapps",
      url: URL_A,
      credentials: ["env:TOKEN"],
      auth: "bearer",
      ledger: null,
      identify: null,
      environment: null,
      requestsPerSecond: 10,
      source: { file: "policies/production.yaml", line: 3 },
    },
    enforcement: { default: "enforce", rules: {} },
    rollout: 100,
    sessions: {
      maxAge: { value: 30 * DAY, source: { file: "policies/production.yaml", line: 9 } },
    },
    devices: { otherwise: "re-authenticate", denied: [], source: null },
    users: { source: null },
    groups: [],
    exceptions: [],
    protected: [],
    limits: {
      types: {
        lock: { max: 50, percent: 10, exceed: "refuse", source: null },
        unlock: { max: 50, percent: 10, exceed: "refuse", source: null },
        "re-authenticate": { percent: 25, perRun: 5, exceed: "pace", source: null },
        wipe: { max: 0, exceed: "refuse", source: null },
      },
      urgent: 5,
      denied: 20,
      inventoryDrop: 20,
      exceptionsLast: 90 * DAY,
      raise: [],
    },
    windows: {},
    freeze: null,
    planExpires: 4 * HOUR,
    digest,
    commit: null,
    files: ["policies/production.yaml"],
  };
}

/** A clock that stands still until it is set. */
export interface TestClock extends LeaseClock {
  time: number;
  ticks: number;
  /** Lets time pass. */
  pass(ms: number): void;
}

export function clockAt(time: number): TestClock {
  return {
    time,
    ticks: 0,
    now() {
      return this.time;
    },
    elapsed() {
      return this.ticks;
    },
    pass(ms) {
      this.time += ms;
      this.ticks += ms;
    },
  };
}

let dead: number | undefined;

/** A process of this machine that has ended. */
export function deadHolder(run: string): Holder {
  dead ??= spawnSync(process.execPath, ["-e", ""]).pid;
  const holder = thisHolder(run, "jane");
  return { ...holder, pid: dead, started: holder.started?.replace(/[^/]+$/, "0") ?? null };
}

/** A process of another machine: nothing but its lease tells whether it lives. */
export function foreignHolder(run: string): Holder {
  return { run, host: "elsewhere.example", pid: 7, started: "boot/1/2", who: "joe" };
}
