/** `curfew plan`: reads the inventory and prints what an apply would do. Writes nothing to a backend or a ledger. */
import type { Command } from "commander";
import { loadBase } from "../../checkout/base.ts";
import { loadPolicies } from "../../checkout/load.ts";
import { UsageError } from "../../errors.ts";
import { exitOf, planReasons, strictReasons } from "../../exit.ts";
import type { Policy } from "../../model/policy.ts";
import type { Instant } from "../../model/vocabulary.ts";
import type { Base, Scope } from "../../plan/scope.ts";
import { hintsOf } from "../../policy/hints.ts";
import { reconcile } from "../../reconcile.ts";
import { FORMATS } from "../../report/formats.ts";
import type { Reported } from "../../report/renderer.ts";
import { liftedOf } from "../../report/told/lifted.ts";
import { printable } from "../../text/safe.ts";
import { VERSION } from "../../version.ts";
import { baseOf } from "../base-of.ts";
import { chartsFor } from "../charts.ts";
import { checkRights } from "../check.ts";
import type { Io } from "../io.ts";
import {
  type Door,
  debugOption,
  moment,
  parallelOption,
  strictOption,
  type TargetOptions,
  targetCommand,
} from "../options.ts";
import { reading } from "../progress.ts";
import { report } from "../report.ts";
import { lookAt } from "../sources.ts";
import { DEFAULT_PATH, onTargets } from "../targets.ts";

interface PlanOptions extends TargetOptions {
  parallel: number;
  out?: string;
  at?: Instant;
  base?: string;
  inventory?: string;
  user?: string;
  check?: true;
}

export function planCommand(door: Door): Command {
  const { io } = door;
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
    .addOption(parallelOption())
    .addOption(debugOption())
    .option(
      "--check",
      "make no plan: tell which rights the credential lacks; exit code 1 where one is",
    )
    .option("--all", "list every action instead of folding long lists")
    .addOption(strictOption())
    .addHelpText(
      "after",
      "\nExample:\n  curfew plan policies/production.yaml --out plan.json\n  curfew plan --check",
    )
    .action(async (paths: string[], options: PlanOptions) => {
      const at = options.at ?? io.now();
      if (options.check) return check(door, paths, at, options);
      const baseOf = await basesOf(paths, options, at, io);
      const about = { paths, target: options.target, at, parallel: options.parallel };
      await onTargets(door, about, {
        async work(policy, io) {
          const planned = await planTarget(policy, at, options, baseOf(policy), io);
          const reasons = [
            ...planReasons(planned.plan),
            ...strictReasons(planned.plan.notices, options.strict),
          ];
          return { result: { ...planned, reasons }, code: exitOf(reasons) };
        },
        tellsNone: true,
        tell: (plans, several, missing) =>
          report(
            "plan",
            (renderer, how) => renderer.plan(plans, how),
            options,
            { several, missing, told: plans.length },
            io,
          ),
      });
    });
}

async function check(
  door: Door,
  paths: string[],
  at: Instant,
  options: PlanOptions,
): Promise<void> {
  const { target, parallel, inventory, out, base, user } = options;
  if ([inventory, out, base, user].some((given) => given !== undefined)) {
    throw new UsageError("--check makes no plan: leave out --inventory, --out, --base and --user");
  }
  await checkRights(door, { paths, target, at, parallel }, options);
}

async function planTarget(
  policy: Policy,
  at: Instant,
  options: PlanOptions,
  base: Base | null,
  io: Io,
): Promise<Reported> {
  for (const { file, line, message } of hintsOf(policy))
    io.err(`warning: ${printable(`${file}:${line}: ${message}`)}\n`);
  const scope: Scope = { only: options.user ?? null, saved: null, base };
  await using look = await lookAt(policy, options, io);
  const { source, memory, info } = look;
  const ledger = { recall: async () => memory };
  const sinks = chartsFor(options.format);
  const { planned, sinks: read } = await reading(policy, io, (onRead) =>
    reconcile(
      { policy, source, readAt: io.now(), ledger, version: VERSION, sinks, onRead },
      at,
      scope,
    ),
  );
  const facts = read.chart?.facts() ?? null;
  const lifted = liftedOf(policy, at, base?.policy ?? null);
  return { plan: planned.plan, info, lifted, facts, runs: memory.runs, only: scope.only };
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
  const changed = await loadPolicies(where, { cwd: io.cwd, at, commit: null });
  return (policy) => {
    const same = baseOf(policy, policies, changed);
    // Another way to name users makes everything new.
    const comparable = same?.target.identify === policy.target.identify;
    return { policy: comparable && same ? same : null, commit };
  };
}
