/** Gives a real ledger the memory that a scenario's `world.yaml` tells, run by run, through its own methods. */
import { summariseRun } from "../../src/apply/summary.ts";
import type { Policy } from "../../src/model/policy.ts";
import type { Ledger } from "../../src/model/ports.ts";
import type { Attempt, Outcome } from "../../src/model/run.ts";
import type { Instant } from "../../src/model/vocabulary.ts";
import { planner } from "../../src/plan/plan.ts";
import { EVERYTHING } from "../../src/plan/scope.ts";
import { VERSION } from "../../src/version.ts";
import { before, type LedgerShort, type TargetWorld } from "./scenario-world.ts";

type Short = NonNullable<LedgerShort["attempts"]>[number];

/** One attempt, or the last run that held nothing back. */
interface Seed {
  at: Instant;
  attempt: Attempt | null;
  outcome: Outcome | null;
}

/** `policy` is the target's; `load` gives that of a file of the scenario. */
export async function seedLedger(
  ledger: Ledger,
  target: TargetWorld,
  at: Instant,
  policy: Policy,
  load: (file: string) => Promise<Policy>,
): Promise<void> {
  const { last } = target.ledger;
  const users = last?.users ?? target.estate.length;
  for (const [i, seed] of seedsOf(target, at).entries()) {
    const id = `seed-${i}`;
    const memory = await ledger.recall();
    const plan = planner({
      policy,
      at: seed.at,
      memory,
      version: VERSION,
      scope: EVERYTHING,
    }).finish({
      ...{ users, sessions: 0, active: 0, digest: "sha256:seed" },
    }).plan;
    const attempts = seed.attempt ? [{ ...seed.attempt, run: id }] : [];
    const outcomes = seed.outcome ? [seed.outcome] : [];
    const start = { id, at: seed.at, plan, undone: [], owedWipes: {} };
    await ledger.begin(start);
    await ledger.intend(start, attempts);
    await ledger.record(id, outcomes);
    const summary = summariseRun(id, seed.at, plan, outcomes);
    const remembered = seed.attempt || !last ? null : await load(last.policy);
    await ledger.finish({ id, at: seed.at, policy: remembered, summary, confirmed: 0 });
  }
}

function seedsOf(target: TargetWorld, at: Instant): Seed[] {
  const { locks = {}, attempts = [], last } = target.ledger;
  const own = Object.entries(locks).map(
    ([user, since]): Short => ({ type: "lock", user, at: since, status: "applied" }),
  );
  const seeds = [...own, ...attempts].map((short) => seedOf(short, target, at));
  if (last) seeds.push({ at: before(at, last.at), attempt: null, outcome: null });
  return seeds.sort((a, b) => a.at - b.at);
}

function seedOf(short: Short, { estate }: TargetWorld, now: Instant): Seed {
  const { type, user, session = null, status, wipe = false, urgent = false } = short;
  const sessions = estate.find(({ id }) => id === user)?.sessions ?? [];
  const signIns = Object.fromEntries(
    sessions.map((s) => {
      const time = s.last_authenticated_at ?? s.created_at;
      return [s.id, time === null ? null : Date.parse(time)];
    }),
  );
  const at = before(now, short.at);
  const attempt: Attempt = {
    ...{ run: "", at, type, user, session, wipe, status: "intent" },
    ...{ counts: urgent ? "urgent" : "limit", was: session === null ? null : "active", line: "" },
    ...{ ends: {}, before: null, from: at, seen: null, undone: false },
    signedInAt: session === null ? null : (signIns[session] ?? null),
    wipes: wipe ? signIns : {},
  };
  if (status === "intent") return { at, attempt, outcome: null };
  // What was applied, the read after it has shown.
  const shown = status === "applied" ? { confirmed: true } : {};
  return { at, attempt, outcome: { status, type, user, session, ...shown } };
}
