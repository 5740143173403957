/**
 * The story of one run on one target: recall what the ledger knows, read the inventory whole,
 * plan, and, where that was asked for and agreed to, carry the plan out and remember it.
 */
import { execute } from "./apply/execute.ts";
import { summariseRun } from "./apply/summary.ts";
import { readInventory } from "./inventory/read.ts";
import type {
  Instant,
  InventorySource,
  Ledger,
  Memory,
  Outcome,
  Plan,
  Policy,
  Provider,
} from "./model.ts";
import { allowedDrop } from "./plan/allowance.ts";
import { type Planned, planner } from "./plan/plan.ts";

/** What a run works with; parts.ts makes them. */
export interface Parts {
  policy: Policy;
  /** Where users are read from: the provider, or a saved inventory. */
  source: InventorySource;
  ledger: Pick<Ledger, "recall">;
  version: string;
  onRead?: (read: number, total: number) => void;
}

/** What a run that writes needs besides. */
export interface Hands {
  provider: Provider;
  ledger: Ledger;
  run: string;
  /** Asked once, with the plan, before anything is written. */
  agree: (plan: Plan) => boolean | Promise<boolean>;
  onWrite?: (done: number, total: number) => void;
}

/** What came of a run. `outcomes` is null where nothing was carried out. */
export interface Run {
  planned: Planned;
  memory: Memory;
  outcomes: Outcome[] | null;
}

/** Reads and plans; without `hands` that is all. `only` is one user's name or id. */
export async function reconcile(
  parts: Parts,
  at: Instant,
  only: string | null,
  hands?: Hands,
): Promise<Run> {
  const { policy, version } = parts;
  const memory = await parts.ledger.recall();
  const { sink, facts } = await readInventory(
    parts.source,
    {
      policy,
      lastUsers: memory.inventoryUsers,
      allowedDrop: allowedDrop(policy, at),
      ...(parts.onRead ? { onPage: parts.onRead } : {}),
    },
    () => planner({ policy, at, memory, version, only }),
  );
  const planned = sink.finish(facts);
  const { plan } = planned;
  if (!hands || !(await hands.agree(plan))) return { planned, memory, outcomes: null };

  const { provider, ledger, run, onWrite } = hands;
  const outcomes = await execute(planned, {
    run,
    at,
    provider,
    ledger,
    ...(onWrite ? { onProgress: onWrite } : {}),
  });
  const summary = summariseRun(run, at, plan, outcomes);
  await ledger.finish({ id: run, at, policy: only === null ? policy : null, summary });
  return { planned, memory, outcomes };
}
