/** Runs one cell of the matrix: the real line with a fault on, then without it; says in a few words what came of it. */

import { deepEqual, equal, ok } from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { CurfewError } from "../../src/errors.ts";
import { applyExit } from "../../src/exit.ts";
import type { Enrolment } from "../../src/model/ports.ts";
import type { Sandbox } from "../../src/providers/journeyapps/sandbox/sandbox.ts";
import type { Run } from "../../src/reconcile.ts";
import { HOUR } from "../../src/time.ts";
import { picture } from "../kit/scenario-stage.ts";
import { nothingUnplanned, onlyPlanned, type Picture } from "./checks.ts";
import { FOREIGN, OURS } from "./estate.ts";
import type { Line } from "./line.ts";
import { type Call, type Cell, rulesOf } from "./matrix.ts";
import type { Stage } from "./stage.ts";

/** Runs that may follow until nothing is left to do. */
const RUNS = 2;

/** What a run, or a call alone, came to. */
type Ended = { run: Run } | { made: Enrolment } | { error: CurfewError };

/** How many requests it took. */
interface Requests {
  /** By the call that meets the fault. */
  tested: number;
  /** For one user or one session. */
  looks: number;
  /** Writes that were no batch. */
  singles: number;
}

/** What a call comes to when nothing goes wrong but what leads to it. */
export interface Usual {
  requests: Requests;
  /** The backend as the policy wants it. */
  wanted: Picture;
}

export async function usually(call: Call, stage: Stage): Promise<Usual> {
  const { line, policy } = stage;
  await stage.reset();
  const { ended, requests } = await meet(stage, call, async () => {
    line.sandbox.faults = call.given ?? [];
  });
  ok(!("error" in ended), `${call.name} fails without a fault`);
  ok(requests.tested > (call.after ?? 0), `${call.name} is never called`);
  if (call.alone) await line.apply(policy);
  return { requests, wanted: picture(line.sandbox.users()) };
}

/** Throws AssertionError where the fault led to a wrong write, lost a lock of ours, or outlasted itself. */
export async function runCell(cell: Cell, stage: Stage, usual: Usual): Promise<string> {
  const { call, fault } = cell;
  const { line } = stage;
  await stage.reset();
  const nobody = fault.kind === "nobody listens";
  line.hurry = fault.kind === "slow";
  const { ended, requests } = await meet(stage, call, async () => {
    if (nobody) await line.vanish();
    else line.sandbox.faults = rulesOf(cell);
  });
  line.hurry = false;
  if (nobody) await line.comeBack();
  else ok(requests.tested > (call.after ?? 0), "the fault was not met");
  const told = await verdict(ended, requests, cell, usual, stage);
  line.sandbox.faults = (call.given ?? []).filter(({ times }) => times === undefined);
  const runs = await converge(stage, usual.wanted);
  return runs === 1 ? told : `${told}; done after ${runs} runs`;
}

/** A run, and all that must be so whatever it meets. `begin` puts the fault in place. */
async function meet(
  stage: Stage,
  call: Call,
  begin: () => Promise<void>,
): Promise<{ ended: Ended; requests: Requests }> {
  const { sandbox, hurry } = stage.line;
  const before = picture(sandbox.users());
  let first = sandbox.requests.length;
  const start = async () => {
    first = sandbox.requests.length;
    await begin();
  };
  const ended = await attempt(stage, call, start);
  const since = () => sandbox.requests.slice(first);
  // What Curfew no longer waits for takes effect all the same, and the next run finds it done.
  if (hurry) await landed(() => since().filter(tests(call)));
  const actions = "run" in ended ? ended.run.planned.plan.actions : [];
  nothingUnplanned(since(), actions);
  onlyPlanned(before, picture(sandbox.users()), actions);
  return { ended, requests: count(since(), call) };
}

async function attempt(
  { line, policy }: Stage,
  call: Call,
  start: () => Promise<void>,
): Promise<Ended> {
  try {
    if (call.from !== "writing") await start();
    if (call.alone) return { made: await line.call(policy, (p) => p.enroll("fay")) };
    return { run: await line.apply(policy, call.from === "writing" ? { agreed: start } : {}) };
  } catch (error) {
    // Anything else is a bug.
    if (error instanceof CurfewError) return { error };
    throw error;
  }
}

async function landed(requests: () => Sandbox["requests"]): Promise<void> {
  for (let i = 0; requests().some(({ status }) => status === null); i++) {
    ok(i < 300, "a slow request is never answered");
    await delay(20);
  }
}

type Logged = Sandbox["requests"][number];

function tests({ match }: Call): (request: Logged) => boolean {
  const [method, glob = ""] = match?.split(" ") ?? [];
  const path = new RegExp(`^${glob.replaceAll("*", "[^/]+")}$`);
  return (request) =>
    method === undefined || (request.method === method && path.test(request.path));
}

function count(requests: Sandbox["requests"], call: Call): Requests {
  const ofUser = requests.filter(({ path }) => path.startsWith("/users/"));
  return {
    tested: requests.filter(tests(call)).length,
    looks: ofUser.filter(({ method }) => method === "GET").length,
    singles: ofUser.filter(({ method }) => method === "POST").length,
  };
}

async function verdict(
  ended: Ended,
  { tested, looks, singles }: Requests,
  { call }: Cell,
  { requests: usual }: Usual,
  stage: Stage,
): Promise<string> {
  if ("error" in ended) {
    const retried = tested > (call.after ?? 0) + 1 ? "retried, " : "";
    return `${retried}refused (${ended.error.exitCode})`;
  }
  const how = [
    ...(looks > usual.looks ? ["looked"] : []),
    ...(singles > 0 && usual.singles === 0 && !call.alone ? ["call by call"] : []),
    ...(tested > usual.tested && looks <= usual.looks ? ["retried"] : []),
  ];
  return [...how, "made" in ended ? "done" : await became(ended.run, stage)].join(", ");
}

/** What became of the actions of a run, and its exit code where that is not 0. */
async function became({ planned, outcomes }: Run, stage: Stage): Promise<string> {
  const of = (status: string) => (outcomes ?? []).filter((o) => o.status === status);
  const unknown = (await stage.line.memory()).attempts.filter(({ status }) => status === "intent");
  const parts = {
    failed: of("failed").length - unknown.length,
    unknown: unknown.length,
    skipped: of("skipped").length,
    "left out": planned.plan.notices.filter(({ kind }) => kind === "unclear").length,
  };
  const told = Object.entries(parts).flatMap(([word, n]) => (n > 0 ? [`${n} ${word}`] : []));
  const unconfirmed = of("applied").some(({ confirmed }) => confirmed !== true);
  const exit = applyExit(stage.policy, planned.plan, outcomes ?? []);
  const what = [told.join(", ") || "done", ...(unconfirmed ? ["not confirmed"] : [])].join(", ");
  return exit === 0 ? what : `${what} (${exit})`;
}

/** Runs without a fault until nothing is left to do, and says how many runs that took: at most RUNS. */
async function converge(stage: Stage, wanted: Picture): Promise<number> {
  const { line, policy } = stage;
  for (let runs = 1; runs <= RUNS; runs++) {
    line.at += HOUR;
    const { ended } = await meet(stage, { name: "no fault" }, async () => {});
    ok("run" in ended, "a run without a fault fails");
    const { outcomes, planned } = ended.run;
    deepEqual(
      outcomes?.filter(({ status }) => status !== "applied"),
      [],
    );
    const { plan } =
      planned.plan.actions.length === 0 ? planned : (await line.plan(policy)).planned;
    if (plan.actions.length + plan.held.length > 0) continue;
    await atRest(line, wanted);
    return runs;
  }
  throw new Error(`${RUNS} runs without a fault have left something to do`);
}

/** The backend is as the policy says, and the ledger knows which locks are ours. */
async function atRest({ sandbox, memory }: Line, wanted: Picture): Promise<void> {
  deepEqual(picture(sandbox.users()), wanted);
  for (const id of FOREIGN) equal(sandbox.user(id)?.locked, true, `${id}'s lock was lifted`);
  const { ownLocks } = await memory();
  deepEqual(Object.keys(ownLocks).sort(), OURS, "the ledger's locks");
}
