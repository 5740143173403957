/** The story of one run on one target: recall what the ledger knows, read the inventory whole,
 * plan, and, where that was asked for and agreed to, carry the plan out and remember it. */
import { execute } from "./apply/execute.ts";
import { namesOf } from "./apply/still-named.ts";
import { endOfRun } from "./apply/summary.ts";
import { readInventory, type Sinks, type SinksOf } from "./inventory/read.ts";
import type { Plan } from "./model/plan.ts";
import type { Policy } from "./model/policy.ts";
import type { InventorySource, Ledger, Provider } from "./model/ports.ts";
import type { Known, Memory, Outcome } from "./model/run.ts";
import type { Instant } from "./model/vocabulary.ts";
import { finish, neededOf, plannersOf } from "./plan/base.ts";
import type { Planned } from "./plan/plan.ts";
import type { Scope } from "./plan/scope.ts";

/** How far something is: `done` of `total`. */
export type Progress = (done: number, total: number) => void;

/** What a run works with; parts.ts makes them. */
export interface Parts<S extends Sinks = Sinks> extends Pick<Known, "readAt"> {
  policy: Policy;
  /** Where users are read from: the provider, or a saved inventory. */
  source: InventorySource;
  ledger: Pick<Ledger, "recall">;
  version: string;
  /** Who sees the users stream by besides the planners; none is called `plan` or `before`. */
  sinks?: SinksOf<S>;
  onRead?: Progress;
}

/** What a run that writes needs besides. */
export interface Hands {
  provider: Provider;
  ledger: Pick<Ledger, "begin" | "intend" | "owned" | "record" | "finish">;
  run: string;
  /** Throws where this run has lost its lease on the ledger. */
  check: () => void;
  /** Asked once, with the plan, before anything is written. */
  agree: (plan: Plan) => boolean | Promise<boolean>;
  /** Whether there is time for one more batch, and whether somebody asked to stop; what is left is the next run's. */
  enough?: () => boolean;
  interrupted?: () => boolean;
  onWrite?: Progress;
}

/** What came of a run. `outcomes` is null where nothing was carried out. */
export interface Run<S extends Sinks = Sinks> {
  planned: Planned;
  /** Those of the read that was whole. */
  sinks: S;
  memory: Memory;
  outcomes: Outcome[] | null;
}

/** Reads and plans; without `hands` that is all. */
export async function reconcile<S extends Sinks>(
  parts: Parts<S>,
  at: Instant,
  scope: Scope,
  hands?: Hands,
): Promise<Run<S>> {
  const { policy, source, version, readAt = at } = parts;
  const [memory, settings] = [await parts.ledger.recall(), await source.settings?.()];
  const asked = { policy, at, readAt, memory, version, scope, settings, can: source.capabilities };
  const { sinks, facts, ...more } = await readInventory(
    source,
    asked,
    (known) => ({ ...(parts.sinks?.(known) as S), ...plannersOf(asked) }),
    { ...neededOf(asked), onPage: parts.onRead },
  );
  const planned = { ...finish(sinks, facts, asked, source.skew?.() ?? null), ...more };
  const read = { planned, memory, sinks };
  if (!hands || !(await hands.agree(planned.plan))) return { ...read, outcomes: null };

  const writing = { onProgress: hands.onWrite, stillMeant: namesOf(policy, hands.provider) };
  const outcomes = await execute(planned, { ...hands, at, memory, ...writing });
  await hands.ledger.finish(endOfRun(hands.run, at, policy, planned, outcomes));
  return { ...read, outcomes };
}
