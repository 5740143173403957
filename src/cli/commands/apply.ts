/** `curfew apply`: plans, asks, and carries the plan out. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { InterruptedError, StaleError, UsageError } from "../../errors.ts";
import { applyReasons, exitOf, heldCount, strictReasons } from "../../exit.ts";
import type { Plan } from "../../model/plan.ts";
import type { Policy } from "../../model/policy.ts";
import type { TargetInfo } from "../../model/run.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { readSavedPlans } from "../../plan/saved.ts";
import { FORMATS, RENDERERS } from "../../report/formats.ts";
import type { Applied } from "../../report/renderer.ts";
import { liftedOf } from "../../report/told/lifted.ts";
import { recordStop, runOn } from "../../run.ts";
import { printable } from "../../text/safe.ts";
import { count } from "../../text/words.ts";
import { chartsFor } from "../charts.ts";
import { type Interruption, interrupted, interruption } from "../interruption.ts";
import type { Io } from "../io.ts";
import {
  type Door,
  debugOption,
  parallelOption,
  renderOptions,
  settingsOf,
  strictOption,
  type TargetOptions,
  targetCommand,
} from "../options.ts";
import { progress } from "../progress.ts";
import { report } from "../report.ts";
import { load, onTargets, pick } from "../targets.ts";

interface ApplyOptions extends TargetOptions {
  parallel: number;
  yes?: true;
  user?: string;
  plan?: string;
}

export function applyCommand(door: Door): Command {
  const { io } = door;
  return targetCommand("apply", "plan, ask, and carry the plan out", FORMATS)
    .option(
      "--plan <file>",
      "carry out this saved plan: what is in it and still true, and nothing else",
    )
    .option("--user <user>", "only this user")
    .option("--yes", "do not ask")
    .addOption(parallelOption())
    .addOption(debugOption())
    .option("--all", "list every action instead of folding long lists")
    .addOption(strictOption())
    .addHelpText("after", "\nExample:\n  curfew apply policies/production.yaml --yes")
    .action(async (paths: string[], options: ApplyOptions) => {
      if (!options.yes && io.ask === null) {
        throw new UsageError(
          "apply asks before it writes, and nobody can answer here: look at `curfew plan` first, then add --yes",
        );
      }
      if (!options.yes && options.parallel > 1) {
        throw new UsageError(
          "--parallel works on several targets at once, and apply asks for one after the other: add --yes",
        );
      }
      using stop = interruption(io);
      const at = io.now();
      const saved =
        options.plan === undefined
          ? null
          : await savedPlans(options.plan, io).catch((error: unknown) =>
              onRecord(error, paths, options, at, io),
            );
      const about = { paths, target: options.target, at, parallel: options.parallel };
      await onTargets(door, about, {
        async work(policy, io) {
          if (stop.asked()) throw new InterruptedError(`${policy.target.name}: ${UNTOUCHED}`);
          const plan = saved?.find((p) => p.target === policy.target.name) ?? null;
          const ran = await applyTarget(policy, io.now(), options, plan, io, stop);
          const cut = stop.asked() ? interrupted(policy.target.name, ran.outcomes) : null;
          if (cut) io.err(cut.words);
          const reasons = [
            ...(cut ? [cut.reason] : []),
            ...applyReasons(policy, ran.plan, ran.outcomes),
            ...strictReasons(ran.plan.notices, options.strict),
          ];
          const applied = { ...ran, reasons };
          // Text is told target by target, so that nothing is lost if a later one ends the process.
          if (options.format === "text")
            io.out(RENDERERS.text.apply([applied], renderOptions(options, false, io)));
          return { result: applied, code: exitOf(reasons) };
        },
        tellsNone: true,
        async tell(all, several, missing) {
          const untold = options.format === "text" ? [] : all;
          const of = { several, missing, told: all.length };
          await report("report", (renderer, how) => renderer.apply(untold, how), options, of, io);
        },
        choose: (policies) => (saved ? forSaved(policies, saved, options.target) : policies),
      });
    });
}

const UNTOUCHED = "interrupted before anything was written, so nothing was done to it";

async function savedPlans(file: string, io: Io): Promise<Plan[]> {
  const text = await readFile(path.resolve(io.cwd, file), "utf8").catch(
    (error: NodeJS.ErrnoException) => {
      throw new UsageError(`the saved plan ${file} can't be read: ${error.code ?? error.message}`);
    },
  );
  return readSavedPlans(text, file);
}

/** A saved plan that was edited is in the audit log of whatever it may have been for. Throws the error again. */
async function onRecord(
  error: unknown,
  paths: readonly string[],
  options: ApplyOptions,
  at: Instant,
  io: Io,
): Promise<never> {
  if (error instanceof StaleError) {
    for (const policy of pick(await load(paths, at, io), options.target)) {
      await recordStop(error, policy, settingsOf(options, io), { id: io.runId(at), at });
    }
  }
  throw error;
}

/** The policies that the saved plans are for. Throws StaleError where one has no policy here. */
function forSaved(
  policies: readonly Policy[],
  saved: readonly Plan[],
  asked: string | undefined,
): Policy[] {
  const known = policies.map(({ target }) => target.name);
  const other = (plan: Plan) => asked !== undefined && plan.target !== asked;
  if (asked !== undefined && saved.every(other))
    throw new StaleError(`the saved plan holds none for ${asked}: nothing was done`);
  const lost = saved.find((plan) => !other(plan) && !known.includes(plan.target));
  if (lost) {
    throw new StaleError(
      `the saved plan is for ${lost.target}, and the policies at hand are for ${known.join(", ")}: nothing was done`,
    );
  }
  return policies.filter(({ target }) => saved.some((plan) => plan.target === target.name));
}

async function applyTarget(
  policy: Policy,
  at: Instant,
  options: ApplyOptions,
  saved: Plan | null,
  io: Io,
  stop: Interruption,
): Promise<Applied> {
  const name = printable(policy.target.name);
  const left = saved === null ? null : { held: heldCount(saved) };
  const asked = { only: options.user ?? null, saved: left };
  const bar = progress(io);
  const agree = async (plan: Plan, info: TargetInfo | null) => {
    bar.end();
    const shown = `${RENDERERS.text.plan([{ plan, info, ...asked }], renderOptions(options, false, io))}\n`;
    const asks = !options.yes && plan.actions.length > 0;
    if (options.format === "text") io.out(shown);
    else if (asks) io.err(shown);
    // Before the first batch, which may be long.
    const begin = () => {
      stop.writing.add(policy.target.name);
      bar.show(`Applying to ${name}`, 0, plan.actions.length);
    };
    if (!asks) {
      if (plan.actions.length > 0) begin();
      return true;
    }
    const question = `Apply ${count(plan.actions.length, "action")} to ${name}? Only "yes" is taken as agreement: `;
    const agreed = (await io.ask?.(question)) === "yes";
    if (stop.asked()) throw new InterruptedError(`${name}: ${UNTOUCHED}`);
    if (agreed) begin();
    return agreed;
  };
  const ran = await runOn(policy, settingsOf(options, io, policy.target.name), {
    id: io.runId(at),
    at,
    only: options.user ?? null,
    saved,
    agree,
    sinks: chartsFor(options.format),
    interrupted: stop.asked,
    onRead(read, total) {
      if (stop.asked()) throw new InterruptedError(`${name}: ${UNTOUCHED}`);
      bar.show(`Reading ${name}`, read, total);
    },
    onWrite(done, total) {
      if (done === total) stop.writing.delete(policy.target.name);
      bar.show(`Applying to ${name}`, done, total);
    },
  }).finally(() => {
    stop.writing.delete(policy.target.name);
    bar.end();
  });
  return {
    ...ran,
    ...asked,
    lifted: liftedOf(policy, at),
    facts: ran.sinks.chart?.facts() ?? null,
    runs: ran.memory.runs,
  };
}
