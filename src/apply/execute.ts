/** Carries out a plan, batch by batch: looks, intents on record, the write, outcomes on record. */
import { SYSTEM_CLOCK } from "../clock.ts";
import { LateError } from "../errors.ts";
import type { Clock, Ledger, Provider } from "../model/ports.ts";
import type { Memory, Outcome, RunStart, WriteResult } from "../model/run.ts";
import type { Instant } from "../model/vocabulary.ts";
import { locksInFlight } from "../plan/in-flight.ts";
import type { Planned } from "../plan/plan.ts";
import type { Step } from "../plan/steps.ts";
import { LOOK_HOLDS, type Looked, type Looking, lookAt } from "./look.ts";
import { readBack } from "./readback.ts";

/** What an execution asks of the ledger. */
type Recorder = Pick<Ledger, "begin" | "intend" | "record" | "owned">;

export interface Execution {
  run: string;
  at: Instant;
  provider: Provider;
  ledger: Recorder;
  /** Throws where this run may not write any more: it has lost its lease. */
  check: () => void;
  /** Whether there is time for one more batch; always, where absent. */
  enough?: (() => boolean) | undefined;
  /** Whether somebody asked the run to stop; what is open then is the next run's. */
  interrupted?: (() => boolean) | undefined;
  /** How old looks are. @default the machine's own */
  clock?: Pick<Clock, "elapsed"> | undefined;
  /** Tells which locks of an earlier run may have arrived since; none, where absent. */
  memory?: Memory | undefined;
  /** As in look.ts. */
  stillMeant?: Looking["stillMeant"];
  /** Called after each batch. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What became of the actions so far, in the order in which they were settled. */
interface Done {
  steps: Step[];
  outcomes: Outcome[];
  /** Those whose answer was lost. */
  unknown: Set<Outcome>;
}

/**
 * Executes every action of the plan, in its order, and reads the affected users again; one outcome each, and one
 * for each action of a saved plan that is not true any more. One that fails stops no other.
 */
export async function execute(planned: Planned, execution: Execution): Promise<Outcome[]> {
  const { run, at, provider, ledger, enough = () => true, interrupted = () => false } = execution;
  const { plan, owedWipes, undone, found, wiped, wipesOver, asked } = planned;
  const unlocks = plan.actions.flatMap(({ type, user }) => (type === "unlock" ? user : []));
  const owned = unlocks.length > 0 ? await ledger.owned(unlocks) : new Set<string>();
  const start: RunStart = { id: run, at, plan, undone, found, owedWipes, wiped, wipesOver, asked };
  await ledger.begin(start);
  const done: Done = { steps: [], outcomes: [], unknown: new Set() };
  for (let open = planned.steps; open.length > 0; ) {
    if (interrupted() || !enough()) {
      const left = await leave(open, run, ledger, interrupted() ? INTERRUPTED : NO_TIME);
      done.steps.push(...open);
      done.outcomes.push(...left);
      break;
    }
    const size = provider.writeSize;
    const looked = await lookAt(open.slice(0, size), {
      ...{ provider, owned, clock: execution.clock ?? SYSTEM_CLOCK },
      ...{ stillMeant: execution.stillMeant, goesOn: () => !interrupted() && enough() },
    });
    // Nothing of what was looked at is sent: it is left as it is.
    if (interrupted()) continue;
    await carryOut(looked, start, execution, done);
    open = open.slice(looked.length);
    execution.onProgress?.(done.outcomes.length, planned.steps.length);
  }
  const told = await reviewed(planned, execution, done);
  return [...told, ...planned.skipped];
}

/** Puts a batch on record, sends what its looks have left, and puts on record what became of it. */
async function carryOut(
  looked: readonly Looked[],
  start: RunStart,
  execution: Execution,
  done: Done,
): Promise<void> {
  const { run, at, provider, ledger, check, clock = SYSTEM_CLOCK } = execution;
  const inFlight = execution.memory ? locksInFlight(execution.memory, at) : new Set();
  const attemptOf = ({ attempt }: Step) => ({
    ...{ ...attempt, run, at, before: null, from: at, seen: null, undone: false },
    status: "intent" as const,
  });
  const sent = looked.filter(({ outcome }) => outcome === null);
  const settled = looked.flatMap(({ step, outcome, foreign }) => {
    const theirs = foreign && !inFlight.has(step.action.user);
    if (outcome === null) return [];
    return [{ attempt: attemptOf(step), outcome, ...(theirs ? { foreign: true as const } : {}) }];
  });
  await ledger.intend(
    start,
    sent.map(({ step }) => attemptOf(step)),
    settled,
  );
  const oldest = Math.min(...sent.map(({ at }) => at ?? Number.POSITIVE_INFINITY));
  const late = clock.elapsed() - oldest > LOOK_HOLDS;
  const steps = sent.map(({ step }) => step);
  const actions = steps.map(({ action }) => action);
  const results = late
    ? actions.map((): WriteResult => ({ status: "unanswered", error: LATE }))
    : await provider.write(actions, () => {
        check();
        if (clock.elapsed() - oldest > LOOK_HOLDS) throw new LateError(LATE);
      });
  const came = steps.map((step, i) => outcomeOf(step, results[i]));
  // What may have taken effect stays an intent: the next run finds out, and counts it until then.
  const lost = new Set(came.filter((_, i) => results[i]?.status === "unknown"));
  const known = came.filter((outcome) => !lost.has(outcome));
  if (known.length > 0) await ledger.record(run, known);
  const of = new Map(steps.map((step, i) => [step, came[i]]));
  for (const { step, outcome } of looked) {
    const became = outcome ?? of.get(step);
    if (became === undefined) throw new Error("a batch has an outcome for each of its actions");
    done.steps.push(step);
    done.outcomes.push(became);
    if (lost.has(became)) done.unknown.add(became);
  }
}

const LATE = "not sent: more than 30 seconds passed between its look and its write";
const NO_TIME = "no time was left in this run: the next one takes it up";
const INTERRUPTED = "the run was interrupted before it: the next one takes it up";

/** Whether an action was left to the next run, for lack of time or because the run was interrupted. */
export function isLeft(outcome: Outcome): boolean {
  const { status, error } = outcome;
  return status === "skipped" && (error === NO_TIME || error === INTERRUPTED);
}

/** Known not to have happened, so that no limit counts it. */
async function leave(
  open: readonly Step[],
  run: string,
  ledger: Recorder,
  error: string,
): Promise<Outcome[]> {
  const left = open.map(({ action: { type, user, session } }): Outcome => {
    return { status: "skipped", type, user, session, error };
  });
  await ledger.record(run, left);
  return left;
}

/** The outcomes after a read of the affected users, with what that changed on record, and what a saved plan skips. */
async function reviewed(
  planned: Planned,
  { run, provider, ledger, enough = () => true, interrupted = () => false }: Execution,
  { steps, outcomes, unknown }: Done,
): Promise<Outcome[]> {
  const estate = planned.plan.inventory.users;
  const goesOn = () => enough() && !interrupted();
  const written = { steps, outcomes, unknown, provider, estate, goesOn };
  const checked = await readBack(written);
  const corrected = checked.filter((outcome, i) => {
    const before = outcomes[i];
    // A write whose answer was lost may still take effect later: only what is seen done is settled.
    if (before && unknown.has(before)) return outcome.confirmed === true;
    const wipes = outcome.type === "wipe" || steps[i]?.attempt.wipe === true;
    // Only what a read has shown wiped is known as wiped.
    return outcome.status !== before?.status || (wipes && outcome.confirmed === true);
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
  const passing = result.status === "unanswered" ? { passing: true as const } : {};
  return { status: "failed", ...what, error: result.error, ...passing };
}
