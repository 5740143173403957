/** `curfew drift`: what differs, why and since when; exit code 2 where somebody changed the backend. */
import type { Command } from "commander";
import { driftExit } from "../exit.ts";
import { EVERYTHING } from "../plan/plan.ts";
import { reconcile } from "../reconcile.ts";
import { FORMATS, RENDERERS } from "../report/render.ts";
import { isoOrNull } from "../time.ts";
import { VERSION } from "../version.ts";
import {
  type Door,
  onTarget,
  renderOptions,
  type TargetOptions,
  targetCommand,
} from "./options.ts";
import { reading } from "./progress.ts";
import { eachTarget } from "./targets.ts";

export function driftCommand({ io, exit }: Door): Command {
  return targetCommand(
    "drift",
    "report what differs from the policy, its cause and since when",
    FORMATS,
  )
    .option("--all", "list every action instead of folding long lists")
    .addHelpText("after", "\nExample:\n  curfew drift policies/production.yaml")
    .action(async (paths: string[], options: TargetOptions) => {
      const at = io.now();
      const { results, several, code } = await eachTarget(paths, options, at, io, (policy) =>
        onTarget(policy, options, io, async ({ provider, ledger, info }) => {
          const { planned, memory } = await reading(policy, io, (onRead) =>
            reconcile(
              { policy, source: provider, ledger, version: VERSION, onRead },
              at,
              EVERYTHING,
            ),
          );
          const { plan } = planned;
          const lastRunAt = isoOrNull(memory.last?.at ?? null);
          return {
            result: { plan, info, lastRunAt, ownLocks: memory.ownLocks },
            code: driftExit(plan),
          };
        }),
      );
      exit(code);
      if (results.length > 0)
        io.out(RENDERERS[options.format].drift(results, renderOptions(options, several, io)));
    });
}
