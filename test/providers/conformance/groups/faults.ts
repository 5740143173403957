/** Every fault on the way: a read is whole or given up, a write says no more than is so, and the next run settles it. */
import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { CurfewError } from "../../../../src/errors.ts";
import type { Action } from "../../../../src/model/plan.ts";
import {
  ANN,
  BOB,
  CEM,
  check,
  type Group,
  idOf,
  onLine,
  readAll,
  readsActive,
  unclaimed,
  unreadable,
  userOf,
} from "../check.ts";
import type { Kind, MadeUser, World } from "../kind.ts";
import type { Applied, Line, Written } from "../line.ts";
import { LIMITS } from "../line.ts";
import { FAULT_NAMES, type Fault, type FaultName, type FaultProxy } from "../proxy.ts";
import { without } from "./reads.ts";
import { AGE, holdsAge, locking } from "./settles.ts";

const TIMES = [
  { when: "once", bounds: { times: 1 } },
  { when: "on a later request", bounds: { after: 2, times: 1 } },
  { when: "for good", bounds: {} },
] as const;

const PAGE = 2;

export const FAULTS: Group = {
  title: "meets every fault",
  checks: (kind) => {
    const { lock } = kind.capabilities;
    const writes = unclaimed(kind, lock !== null || holdsAge(kind), "writes nothing by a rule");
    return FAULT_NAMES.flatMap((name) => [
      check(kind, `reading: ${name}`, { needs: ["network"] }, () => reads(kind, name)),
      check(kind, `writing: ${name}`, { needs: ["network"], not: writes }, () =>
        writing(kind, name),
      ),
    ]);
  },
};

const people = (kind: Kind): MadeUser[] =>
  without(
    kind,
    [ANN, BOB, CEM, idOf(0xd), idOf(0xe)].map((id) => ({
      id,
      sessions: [{ id: `${id}-phone`, days: id === BOB ? 41 : 2 }],
    })),
  );

/** The proxy of a kind that needs one. */
export function proxyOf({ proxy }: World): FaultProxy {
  if (!proxy) throw new Error("this kind has a network");
  return proxy;
}

const shown = (users: Awaited<ReturnType<typeof readAll>>) =>
  users
    .map(({ id, locked, sessions }) => [id, locked, sessions.map((s) => [s.id, s.state])])
    .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));

/** Whole as without the fault, or given up with an error that reads say. */
const reads = (kind: Kind, name: FaultName) =>
  onLine(kind, people(kind), async (line, world) => {
    const proxy = proxyOf(world);
    const whole = shown(await readAll(line.provider({ pageSize: PAGE })));
    equal(whole.length, people(kind).length + world.others.length);
    // A slow answer on a later request is the same, and takes its time.
    for (const { when, bounds } of TIMES) {
      if (name === "slow" && "after" in bounds) continue;
      proxy.fault = { kind: name, on: () => true, ...bounds };
      await hurriedIf(line, name, async () => {
        const provider = line.provider({ pageSize: PAGE });
        let got: typeof whole | null = null;
        const error = await unreadable(async () => {
          got = shown(await readAll(provider));
        });
        if (error === null) deepEqual(got, whole, `${when}: a part was given for the whole`);
        if (when === "for good") ok(error !== null || name === "slow", "it gives up");
      });
      notEqual(proxy.met, 0, `${when}: the fault was not met`);
      proxy.fault = null;
    }
  });

const writing = (kind: Kind, name: FaultName) =>
  onLine(kind, people(kind), async (line, world) => {
    // Who is locked and unlocked again in turn, and whose session ends at last.
    for (const { when, bounds } of TIMES.filter(({ when }) => when !== "on a later request")) {
      const wanted = sections(kind, when === "once" ? [ANN] : [ANN, CEM]);
      await bent(kind, line, world, { kind: name, ...bounds }, wanted);
    }
  });

function sections(kind: Kind, locked: readonly string[]): string {
  const locks = kind.capabilities.lock ? locking(...locked) : "";
  return locks + (holdsAge(kind) ? AGE : "");
}

/** One apply with the fault on its writes, and then runs without it until nothing is left. */
async function bent(
  kind: Kind,
  line: Line,
  world: World,
  fault: Omit<Fault, "on">,
  wanted: string,
): Promise<void> {
  const proxy = proxyOf(world);
  const policy = line.policy(wanted + LIMITS);
  const begin = () => {
    proxy.fault = { ...fault, on: kind.writes };
  };
  const run = await hurriedIf(line, fault.kind, () => line.apply(policy, begin));
  if (run.planned.plan.actions.length > 0) notEqual(proxy.met, 0, "the fault was not met");
  proxy.fault = null;
  await honest(kind, line, run);
  for (let runs = 0; ; runs++) {
    const { planned } = await line.apply(policy);
    if (planned.plan.actions.length + planned.plan.held.length === 0) break;
    ok(runs < 3, "runs without the fault leave something to do");
  }
}

/** What was answered to each write is so. */
async function honest(kind: Kind, line: Line, { written, outcomes }: Applied): Promise<void> {
  const provider = line.provider();
  for (const one of written) {
    const done = await isDone(provider, one.action);
    const said = JSON.stringify(one);
    if (one.result.status === "done") ok(done, `said to be done, and is not: ${said}`);
    if (one.result.status === "failed" || one.result.status === "unanswered") {
      ok(!done, `said not to be done, and is: ${said}`);
    }
    notEqual(one.result.status, "gone", said);
    if ("error" in one.result) ok(one.result.error.length > 0);
  }
  for (const { type, user, session, status } of outcomes ?? []) {
    if (status !== "applied") continue;
    const key = { type, user, session } as Action;
    if (kind.capabilities.ended !== "unseen") ok(await isDone(provider, key), `${type} ${user}`);
  }
}

async function isDone(
  provider: Parameters<typeof userOf>[0],
  { type, user, session }: Pick<Written["action"], "type" | "user" | "session">,
): Promise<boolean> {
  if (session !== null) return !(await readsActive(provider, user, session));
  return (await userOf(provider, user)).locked === (type === "lock");
}

async function hurriedIf<T>(line: Line, name: FaultName, work: () => Promise<T>): Promise<T> {
  return name === "slow" ? line.hurried(work) : work();
}

/** The error of a run that may be given up; any that is no CurfewError is a bug. */
export async function stopped(work: () => Promise<unknown>): Promise<CurfewError | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (!(error instanceof CurfewError)) throw error;
    return error;
  }
}
