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
import { actsByName } from "../plan/names.ts";
import { addressOf } from "../policy/target.ts";
import type { Io } from "./io.ts";
import { opened } from "./options.ts";
import { reading } from "./progress.ts";

/** What a command looks at; closed when it is disposed of. */
export interface Look extends AsyncDisposable {
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
  debug?: true;
}

/** Opens the target, or `--inventory`. Throws UsageError for an inventory of another target. */
export async function lookAt(policy: Policy, options: LookOptions, io: Io): Promise<Look> {
  const { inventory } = options;
  await using opening = new AsyncDisposableStack();
  if (inventory === undefined) {
    const { provider, ledger, info } = opening.use(await opened(policy, options, io));
    const memory = await ledger.recall();
    return closing(opening, { source: provider, memory, info, ledger });
  }
  const { header, source } = await openSnapshot(path.resolve(io.cwd, inventory));
  if (header.url !== addressOf(policy.target)) {
    throw new UsageError(
      `${inventory} is an inventory of ${header.url}, and the target ${policy.target.name} is ${policy.target.url}`,
    );
  }
  return closing(opening, { source, memory: header.ledger, info: null, ledger: null });
}

/** Closes with it what was opened for it. */
function closing<T extends object>(opening: AsyncDisposableStack, of: T): T & AsyncDisposable {
  const open = opening.move();
  return { ...of, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** Reads all users into the sinks, with a progress bar. Throws UnreadableTargetError where they can't be read in full. */
export function readAll<S extends Sinks>(
  known: Known,
  source: InventorySource,
  io: Io,
  sinksOf: SinksOf<S>,
): Promise<{ sinks: S; facts: InventoryFacts }> {
  return reading(known.policy, io, (onPage) =>
    readInventory(source, { readAt: io.now(), ...known }, sinksOf, {
      onPage,
      acts: actsByName(known),
    }),
  );
}
