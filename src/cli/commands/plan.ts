/** `curfew plan`: reads the inventory and prints what an apply would do. Writes nothing to a backend or a ledger. */
import type { Command } from "commander";
import { loadBase } from "../../checkout/base.ts";
import { planExit } from "../../exit.ts";
import type { Policy } from "../../model/policy.ts";
import type { Instant } from "../../model/vocabulary.ts";
import type { Base, Scope } from "../../plan/plan.ts";
import { reconcile } from "../../reconcile.ts";
import { FORMATS, RENDERERS, rendererOf } from "../../report/formats.ts";
import type { Reported } from "../../report/renderer.ts";
import { printable } from "../../text/safe.ts";
import { VERSION } from "../../version.ts";
import { gathering } from "../gather.ts";
import type { Io } from "../io.ts";
import {
  type Door,
  moment,
  print,
  renderOptions,
  type TargetOptions,
  targetCommand,
} from "../options.ts";
import { reading } from "../progress.ts";
import { save } from "../save.ts";
import { looking } from "../sources.ts";
import { DEFAULT_PATH, eachTarget } from "../targets.ts";

interface PlanOptions extends TargetOptions {
  out?: string;
  at?: Instant;
  base?: string;
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
    .option(
      "--base <dir|rev>",
      "tell what the change since this folder or commit causes, and what was pending anyway",
    )
    .option("--inventory <file>", "plan on a saved inventory, without credentials")
    .option("--user <user>", "only this user")
    .option("--all", "list every action instead of folding long lists")
    .addHelpText("after", "\nExample:\n  curfew plan policies/production.yaml --out plan.json")
    .action(async (paths: string[], options: PlanOptions) => {
      const at = options.at ?? io.now();
      const baseOf = await basesOf(paths, options, at, io);
      const { results, several, code } = await eachTarget(
        paths,
        options,
        at,
        io,
        async (policy) => {
          const planned = await planTarget(policy, at, options, baseOf(policy), io);
          return { result: planned, code: planExit(planned.plan) };
        },
      );
      exit(code);
      if (results.length === 0) return;
      const how = renderOptions(options, several, io);
      if (options.out !== undefined)
        await save("plan", options.out, RENDERERS.json.plan(results, how), io);
      print(options.format, (await rendererOf(options.format)).plan(results, how), io);
    });
}

function planTarget(
  policy: Policy,
  at: Instant,
  options: PlanOptions,
  base: Base | null,
  io: Io,
): Promise<Reported> {
  const gathered = gathering(options.format, policy, at);
  const scope: Scope = { only: options.user ?? null, saved: null, base };
  return looking(policy, options, io, ({ source, memory, info }) =>
    reading(policy, io, async (onRead) => {
      const ledger = { recall: async () => memory };
      const parts = { policy, source, ledger, version: VERSION, onRead, ...gathered.more };
      const { planned } = await reconcile(parts, at, scope);
      return { plan: planned.plan, info, facts: gathered.facts(), runs: memory.runs };
    }),
  );
}

/** Gives each policy its base; says so where the base wants nothing because there is none. */
async function basesOf(
  paths: readonly string[],
  { base }: PlanOptions,
  at: Instant,
  io: Io,
): Promise<(policy: Policy) => Base | null> {
  if (base === undefined) return () => null;
  const where = paths.length > 0 ? paths : [DEFAULT_PATH];
  const { policies, commit, missing } = await loadBase(where, base, { cwd: io.cwd, at });
  if (missing !== null) io.err(`warning: ${printable(missing)}\n`);
  return ({ target }) => {
    const same = policies.find(
      (other) => other.target.url === target.url || other.target.name === target.name,
    );
    // Another way to name users makes everything new.
    const comparable = same?.target.identify === target.identify;
    return { policy: comparable && same ? same : null, commit };
  };
}
