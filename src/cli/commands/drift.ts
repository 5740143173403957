/** `curfew drift`: what differs, why and since when; exit code 2 where somebody changed the backend. */
import type { Command } from "commander";
import { driftReasons, exitOf, strictReasons } from "../../exit.ts";
import type { Policy } from "../../model/policy.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { EVERYTHING } from "../../plan/scope.ts";
import { reconcile } from "../../reconcile.ts";
import { FORMATS } from "../../report/formats.ts";
import { isoOrNull } from "../../time.ts";
import { VERSION } from "../../version.ts";
import { chartsFor } from "../charts.ts";
import type { Io } from "../io.ts";
import {
  type Door,
  debugOption,
  opened,
  parallelOption,
  strictOption,
  type TargetOptions,
  targetCommand,
} from "../options.ts";
import { reading } from "../progress.ts";
import { report } from "../report.ts";
import { onTargets } from "../targets.ts";

interface DriftOptions extends TargetOptions {
  parallel: number;
  out?: string;
}

export function driftCommand(door: Door): Command {
  const { io } = door;
  return targetCommand(
    "drift",
    "report what differs from the policy, its cause and since when",
    FORMATS,
  )
    .option("--out <file>", "save the report as JSON, too")
    .addOption(parallelOption())
    .addOption(debugOption())
    .option("--all", "list every action instead of folding long lists")
    .addOption(strictOption())
    .addHelpText("after", "\nExample:\n  curfew drift policies/production.yaml")
    .action(async (paths: string[], options: DriftOptions) => {
      const at = io.now();
      const about = { paths, target: options.target, at, parallel: options.parallel };
      await onTargets(door, about, {
        async work(policy, io) {
          const drift = await driftOf(policy, at, options, io);
          const reasons = [
            ...driftReasons(drift.plan),
            ...strictReasons(drift.plan.notices, options.strict),
          ];
          return { result: { ...drift, reasons }, code: exitOf(reasons) };
        },
        tellsNone: true,
        tell: (drifts, several, missing) =>
          report(
            "report",
            (renderer, how) => renderer.drift(drifts, how),
            options,
            { several, missing, told: drifts.length },
            io,
          ),
      });
    });
}

async function driftOf(policy: Policy, at: Instant, options: DriftOptions, io: Io) {
  await using target = await opened(policy, options, io);
  const { provider: source, ledger, info } = target;
  const sinks = chartsFor(options.format);
  const { planned, memory, ...read } = await reading(policy, io, (onRead) =>
    reconcile({ policy, source, ledger, version: VERSION, sinks, onRead }, at, EVERYTHING),
  );
  return {
    ...{ plan: planned.plan, info, ownLocks: memory.ownLocks },
    lastRunAt: isoOrNull(memory.last?.at ?? null),
    ...{ facts: read.sinks.chart?.facts() ?? null, runs: memory.runs },
  };
}
