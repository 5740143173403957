/** `curfew drift`: what differs, why and since when; exit code 2 where somebody changed the backend. */
import type { Command } from "commander";
import { driftExit } from "../../exit.ts";
import { EVERYTHING } from "../../plan/plan.ts";
import { reconcile } from "../../reconcile.ts";
import { FORMATS, RENDERERS, rendererOf } from "../../report/formats.ts";
import { isoOrNull } from "../../time.ts";
import { VERSION } from "../../version.ts";
import { chartsFor } from "../charts.ts";
import {
  type Door,
  opened,
  print,
  renderOptions,
  type TargetOptions,
  targetCommand,
} from "../options.ts";
import { reading } from "../progress.ts";
import { save } from "../save.ts";
import { eachTarget } from "../targets.ts";

interface DriftOptions extends TargetOptions {
  out?: string;
}

export function driftCommand({ io, exit }: Door): Command {
  return targetCommand(
    "drift",
    "report what differs from the policy, its cause and since when",
    FORMATS,
  )
    .option("--out <file>", "save the report as JSON, too")
    .option("--all", "list every action instead of folding long lists")
    .addHelpText("after", "\nExample:\n  curfew drift policies/production.yaml")
    .action(async (paths: string[], options: DriftOptions) => {
      const at = io.now();
      const { results, several, code } = await eachTarget(
        paths,
        options,
        at,
        io,
        async (policy) => {
          await using target = await opened(policy, options, io);
          const { provider, ledger, info } = target;
          const charts = { sinks: chartsFor(options.format) };
          const { planned, memory, sinks } = await reading(policy, io, (onRead) =>
            reconcile(
              { policy, source: provider, ledger, version: VERSION, onRead, ...charts },
              at,
              EVERYTHING,
            ),
          );
          const { plan } = planned;
          const lastRunAt = isoOrNull(memory.last?.at ?? null);
          return {
            result: {
              ...{ plan, info, lastRunAt, ownLocks: memory.ownLocks },
              ...{ facts: sinks.chart?.facts() ?? null, runs: memory.runs },
            },
            code: driftExit(plan),
          };
        },
      );
      exit(code);
      if (results.length === 0) return;
      const how = renderOptions(options, several, io);
      if (options.out !== undefined)
        await save("report", options.out, RENDERERS.json.drift(results, how), io);
      print(options.format, (await rendererOf(options.format)).drift(results, how), io);
    });
}
