/** What a run's lines make of a memory, step by step, without a log. */
import {
  beginEntries,
  endEntry,
  intentEntries,
  outcomeEntries,
  policyEntry,
} from "../../src/ledger/log/entries.ts";
import { type AuditEntry, ROOT } from "../../src/ledger/log/line.ts";
import { prune as pruned } from "../../src/ledger/prune.ts";
import { replay as told } from "../../src/ledger/replay.ts";
import * as state from "../../src/ledger/state.ts";
import type { Attempt, Memory, Outcome, RunEnd, RunStart, Settled } from "../../src/model/run.ts";
import { keptOf } from "../../src/policy/stored.ts";

/** A step of a run: what it begins with, some of its outcomes, or its end. */
export type Step =
  | { begin: RunStart }
  | { run: RunStart; attempts: readonly Attempt[]; settled: readonly Settled[] }
  | { run: string; outcomes: readonly Outcome[] }
  | { end: RunEnd };

export function emptyMemory(): Memory {
  return state.memoryOf(state.emptyState());
}

/** Steps as they come, one after the other. */
export function replay(memory: Memory, steps: readonly Step[]): Memory {
  const lines = steps.flatMap(entriesOf).map((entry, n) => ({ ...entry, seq: n + 1 }));
  return state.memoryOf(told(stateOf(memory), lines));
}

/** Parts of a log, with what is remembered between them. */
export function replayParts(memory: Memory, parts: readonly (readonly Step[])[]): Memory {
  const after = parts.reduce(
    (before, steps) =>
      told(
        before,
        steps.flatMap(entriesOf).map((entry) => ({ ...entry, seq: 1 })),
      ),
    stateOf(memory),
  );
  return state.memoryOf(after);
}

/** A run begins, and has the intents of its first batch on record, where it is given any. */
export function applyBegin(
  memory: Memory,
  begin: RunStart & { attempts?: readonly Attempt[] },
): Memory {
  const { attempts = [] } = begin;
  return replay(memory, [{ begin }, { run: begin, attempts, settled: [] }]);
}

export function applyIntents(
  memory: Memory,
  intents: Extract<Step, { attempts: unknown }>,
): Memory {
  return replay(memory, [intents]);
}

export function applyOutcomes(memory: Memory, run: string, outcomes: readonly Outcome[]): Memory {
  return replay(memory, [{ run, outcomes }]);
}

export function applyFinish(memory: Memory, end: RunEnd): Memory {
  return replay(memory, [{ end }]);
}

export function prune(memory: Memory, at: number): Memory {
  return state.memoryOf(pruned(stateOf(memory), at));
}

/** The state of which a run is told this memory; which lines made locks ours is not known. */
function stateOf({ ownLocks, liftedLocks = {}, ...rest }: Memory): state.State {
  const locks = Object.entries(ownLocks).map(([user, since]) => {
    const lifted = Object.hasOwn(liftedLocks, user) ? { lifted: true as const } : {};
    return [user, { since, line: 1, ...lifted }];
  });
  const told = rest.runs.at(-1)?.at ?? null;
  return { ...rest, locks: Object.fromEntries(locks), fence: 0, told };
}

function entriesOf(step: Step): AuditEntry[] {
  if ("begin" in step) return beginEntries(step.begin, null, 0);
  if ("attempts" in step) return intentEntries(step.run, step.attempts, step.settled);
  if ("outcomes" in step) return outcomeEntries({ run: step.run, at: null }, step.outcomes);
  const { end } = step;
  const writer = { run: end.id, at: end.at };
  const policy = end.policy === null ? [] : [policyEntry(writer, keptOf(end.policy))];
  return [...policy, endEntry(writer, end, [], ROOT)];
}
