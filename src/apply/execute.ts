/** Carries out a plan: intents on record first, then batches, outcomes on record as they come. */
import type { Ledger, Provider } from "../model/ports.ts";
import type { Outcome, WriteResult } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import type { Planned } from "../plan/plan.ts";
import type { Step } from "../plan/steps.ts";
import { readBack } from "./readback.ts";

/** What an execution tells the ledger. */
type Recorder = Pick<Ledger, "begin" | "record">;

export interface Execution {
  run: string;
  at: Instant;
  provider: Provider;
  ledger: Recorder;
  /** Throws where this run may not write any more: it has lost its lease. */
  check: () => void;
  /** Whether there is time for one more batch; always, where absent. */
  enough?: (() => boolean) | undefined;
  /** Called after each batch. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Executes every action of the plan, in its order, and reads the affected users again; one outcome each, and one
 * for each action of a saved plan that is not true any more. One that fails stops no other.
 */
export async function execute(planned: Planned, execution: Execution): Promise<Outcome[]> {
  const { run, at, provider, ledger, check, enough = () => true, onProgress } = execution;
  const attempts = planned.steps.map(({ attempt }) => ({
    ...attempt,
    run,
    at,
    status: "intent" as const,
  }));
  await ledger.begin({
    id: run,
    at,
    plan: planned.plan,
    attempts,
    owedWipes: planned.owedWipes,
    asked: planned.asked,
  });
  const outcomes: Outcome[] = [];
  const unknown = new Set<Outcome>();
  for (const batch of chunks(planned.steps, provider.writeSize)) {
    if (!enough()) {
      outcomes.push(...(await leave(batch, run, ledger)));
      continue;
    }
    const results = await provider.write(
      batch.map(({ action }) => action),
      check,
    );
    const came = batch.map((step, i) => outcomeOf(step, results[i]));
    // What may have taken effect stays an intent: the next run finds out, and counts it until then.
    for (const [i, outcome] of came.entries()) {
      if (results[i]?.status === "unknown") unknown.add(outcome);
    }
    await ledger.record(
      run,
      came.filter((outcome) => !unknown.has(outcome)),
    );
    outcomes.push(...came);
    onProgress?.(outcomes.length, planned.steps.length);
  }
  const told = await reviewed(planned, execution, outcomes, unknown);
  return [...told, ...planned.skipped];
}

const NO_TIME = "no time was left in this run: the next one takes it up";

/** Whether an action was left to the next run, for lack of time. */
export function isLeft(outcome: Outcome): boolean {
  return outcome.status === "skipped" && outcome.error === NO_TIME;
}

/** Known not to have happened, so that no limit counts it. */
async function leave(batch: readonly Step[], run: string, ledger: Recorder): Promise<Outcome[]> {
  const left = batch.map(({ action: { type, user, session } }): Outcome => {
    return { status: "skipped", type, user, session, error: NO_TIME };
  });
  await ledger.record(run, left);
  return left;
}

/** The outcomes after a read of the affected users, with what that changed on record, and what a saved plan skips. */
async function reviewed(
  planned: Planned,
  { run, provider, ledger, enough = () => true }: Execution,
  outcomes: readonly Outcome[],
  unknown: ReadonlySet<Outcome>,
): Promise<Outcome[]> {
  const estate = planned.plan.inventory.users;
  const written = { steps: planned.steps, outcomes, unknown, provider, estate };
  const checked = enough() ? await readBack(written) : [...outcomes];
  const corrected = checked.filter((outcome, i) => {
    const before = outcomes[i];
    // A write whose answer was lost may still take effect later: only what is seen done is settled.
    if (before && unknown.has(before)) return outcome.confirmed === true;
    return outcome.status !== before?.status;
  });
  const told = [...corrected, ...planned.skipped];
  if (told.length > 0) await ledger.record(run, told);
  return checked;
}

function outcomeOf({ action }: Step, result: WriteResult | undefined): Outcome {
  const { type, user, session } = action;
  const what = { type, user, session };
  if (!result) throw new Error(`the provider gave no result for ${type} of ${user}`);
  if (result.status === "done") return { status: "applied", ...what };
  if (result.status === "gone") return { status: "skipped", ...what, error: result.error };
  return { status: "failed", ...what, error: result.error };
}

function* chunks<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}
