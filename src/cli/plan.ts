/** `curfew plan`: reads the inventory and prints what an apply would do. Writes nothing to a backend or a ledger. */
import { constants, open } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { UsageError } from "../errors.ts";
import { planExit } from "../exit.ts";
import { openSnapshot } from "../inventory/snapshot.ts";
import type { Instant, Plan, Policy, TargetInfo } from "../model.ts";
import { type Parts, reconcile } from "../reconcile.ts";
import { FORMATS, RENDERERS } from "../report/render.ts";
import { withoutOrders } from "../report/safe.ts";
import { VERSION } from "../version.ts";
import type { Io } from "./io.ts";
import {
  type Door,
  moment,
  onTarget,
  renderOptions,
  type TargetOptions,
  targetCommand,
} from "./options.ts";
import { reading } from "./progress.ts";
import { eachTarget } from "./targets.ts";

interface PlanOptions extends TargetOptions {
  out?: string;
  at?: Instant;
  inventory?: string;
  user?: string;
}

export function planCommand({ io, exit }: Door): Command {
  return targetCommand(
    "plan",
    "show what an apply would do; exit code 2 where something is wanted",
    FORMATS,
  )
    .option("--out <file>", "save the plan as JSON")
    .option("--at <time>", "plan for this moment instead of now", moment)
    .option("--inventory <file>", "plan on a saved inventory, without credentials")
    .option("--user <user>", "only this user")
    .option("--all", "list every action instead of folding long lists")
    .addHelpText("after", "\nExample:\n  curfew plan policies/production.yaml --out plan.json")
    .action(async (paths: string[], options: PlanOptions) => {
      const at = options.at ?? io.now();
      const { results, several, code } = await eachTarget(
        paths,
        options,
        at,
        io,
        async (policy) => {
          const planned = await planTarget(policy, at, options, io);
          return { result: planned, code: planExit(planned.plan) };
        },
      );
      exit(code);
      if (results.length === 0) return;
      const how = renderOptions(options, several, io);
      if (options.out !== undefined) await save(options.out, RENDERERS.json.plan(results, how), io);
      io.out(RENDERERS[options.format].plan(results, how));
    });
}

async function planTarget(
  policy: Policy,
  at: Instant,
  options: PlanOptions,
  io: Io,
): Promise<{ plan: Plan; info: TargetInfo | null }> {
  const scope = { only: options.user ?? null, saved: null };
  const plan = (from: Pick<Parts, "source" | "ledger">) =>
    reading(policy, io, async (onRead) => {
      const run = await reconcile({ policy, version: VERSION, onRead, ...from }, at, scope);
      return run.planned.plan;
    });
  if (options.inventory !== undefined) {
    const { header, source } = await openSnapshot(path.resolve(io.cwd, options.inventory));
    if (header.url !== policy.target.url) {
      throw new UsageError(
        `${options.inventory} is an inventory of ${header.url}, and the target ${policy.target.name} is ${policy.target.url}`,
      );
    }
    return {
      plan: await plan({ source, ledger: { recall: async () => header.ledger } }),
      info: null,
    };
  }
  return onTarget(policy, options, io, async ({ provider, ledger, info }) => ({
    plan: await plan({ source: provider, ledger }),
    info,
  }));
}

/**
 * Saves a plan for its owner's eyes. A link is followed, as other tools do; what it leads to gets the mode 0600 too,
 * before a word is written. A device such as /dev/stdout has no mode to change. Throws UsageError.
 */
async function save(file: string, text: string, io: Io): Promise<void> {
  const write = async () => {
    const { O_WRONLY, O_CREAT } = constants;
    const handle = await open(path.resolve(io.cwd, file), O_WRONLY | O_CREAT, 0o600);
    try {
      if ((await handle.stat()).isFile()) {
        await handle.chmod(0o600);
        await handle.truncate();
      }
      await handle.writeFile(withoutOrders(io.clean(text)));
    } finally {
      await handle.close();
    }
  };
  await write().catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`the plan can't be saved to ${file}: ${error.code ?? error.message}`);
  });
}
