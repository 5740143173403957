/** `curfew inventory`: saves a complete inventory, and with it what the ledger knows. */
import path from "node:path";
import type { Command } from "commander";
import { snapshotWriter } from "../../inventory/snapshot.ts";
import type { InventoryFacts } from "../../model/inventory.ts";
import type { Policy } from "../../model/policy.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { printable } from "../../text/safe.ts";
import type { Io } from "../io.ts";
import { type Door, debugOption, opened, type TargetOptions, targetCommand } from "../options.ts";
import { refuseYaml } from "../save.ts";
import { readAll } from "../sources.ts";
import { oneTarget } from "../targets.ts";

interface InventoryOptions extends TargetOptions {
  out: string;
}

export function inventoryCommand({ io }: Door): Command {
  return targetCommand("inventory", "save a complete inventory, to plan on without credentials", [
    "text",
    "json",
  ])
    .requiredOption("--out <file>", "where to save it")
    .addOption(debugOption())
    .addHelpText(
      "after",
      "\nExample:\n  curfew inventory policies/production.yaml --out inventory.jsonl",
    )
    .action(async (paths: string[], options: InventoryOptions) => {
      const at = io.now();
      const policy = await oneTarget(
        { paths, target: options.target, at },
        "an inventory is of",
        io,
      );
      const facts = await saveInventory(policy, at, options, io);
      const { name } = policy.target;
      const report = {
        format: "curfew/inventory-summary/1",
        target: name,
        file: options.out,
        ...facts,
      };
      if (options.format === "json") io.out(`${JSON.stringify(report, null, 2)}\n`);
      else
        io.out(
          `Saved ${options.out}: ${facts.users} users, ${facts.sessions} sessions, ${facts.active} active, of ${printable(name)}.\n` +
            "It holds personal data: keep it where such data may be kept.\n",
        );
    });
}

async function saveInventory(
  policy: Policy,
  at: Instant,
  options: InventoryOptions,
  io: Io,
): Promise<InventoryFacts> {
  refuseYaml("inventory", options.out);
  const file = path.resolve(io.cwd, options.out);
  await using target = await opened(policy, options, io);
  const can = target.provider.capabilities;
  const known = { policy, at, memory: await target.ledger.recall(), can };
  await using made = new AsyncDisposableStack();
  const { sinks, facts } = await readAll(known, target.provider, io, () => ({
    saved: made.use(snapshotWriter(file, known)),
  }));
  await sinks.saved.save(facts);
  return facts;
}
