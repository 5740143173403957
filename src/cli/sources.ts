/** Where a command that only looks reads a target from: the target itself, or a saved inventory, with no credentials. */
import path from "node:path";
import { UsageError } from "../errors.ts";
import { readInventory, type Sinks, type SinksOf } from "../inventory/read.ts";
import { openSnapshot } from "../inventory/snapshot.ts";
import type { StoredLedger } from "../ledger/ledger.ts";
import type { InventoryFacts } from "../model/inventory.ts";
import type { Policy } from "../model/policy.ts";
import type { InventorySource } from "../model/ports.ts";
import type { Known, Memory, TargetInfo } from "../model/run.ts";
import type { Io } from "./io.ts";
import { onTarget } from "./options.ts";
import { reading } from "./progress.ts";

/** What a command looks at. */
export interface Look {
  source: InventorySource;
  /** What the ledger knows; in a saved inventory, what it knew then. */
  memory: Memory;
  /** null of a saved inventory, as the next. */
  info: TargetInfo | null;
  ledger: StoredLedger | null;
}

interface LookOptions {
  ledger?: string;
  inventory?: string;
}

/** Opens the target, or `--inventory`, for `work`. Throws UsageError for an inventory of another target. */
export async function looking<T>(
  policy: Policy,
  options: LookOptions,
  io: Io,
  work: (look: Look) => Promise<T>,
): Promise<T> {
  const { inventory } = options;
  if (inventory === undefined) {
    return onTarget(policy, options, io, async ({ provider, ledger, info }) =>
      work({ source: provider, memory: await ledger.recall(), info, ledger }),
    );
  }
  const { header, source } = await openSnapshot(path.resolve(io.cwd, inventory));
  if (header.url !== policy.target.url) {
    throw new UsageError(
      `${inventory} is an inventory of ${header.url}, and the target ${policy.target.name} is ${policy.target.url}`,
    );
  }
  return work({ source, memory: header.ledger, info: null, ledger: null });
}

/** Reads all users into the sinks, with a progress bar. Throws UnreadableTargetError where they can't be read in full. */
export function readAll<S extends Sinks>(
  known: Known,
  source: InventorySource,
  io: Io,
  sinksOf: SinksOf<S>,
): Promise<{ sinks: S; facts: InventoryFacts }> {
  return reading(known.policy, io, (onPage) => readInventory(source, known, sinksOf, { onPage }));
}
