/** `curfew forecast`: what will fall due, day by day. Writes nothing, and reports without an exit code of its own. */
import { type Command, InvalidArgumentError } from "commander";
import { EXIT } from "../../exit.ts";
import type { Policy } from "../../model/policy.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { forecastMeter } from "../../plan/forecast/forecast.ts";
import { forecastsJson } from "../../report/machine/json.ts";
import { forecastMarkdown } from "../../report/markdown/forecast.ts";
import { MAX_CHARS } from "../../report/markdown/md.ts";
import { forecastText } from "../../report/text/forecast.ts";
import type { ForecastReport } from "../../report/told/forecast.ts";
import type { Io } from "../io.ts";
import { type Door, moment, renderOptions, type TargetOptions, targetCommand } from "../options.ts";
import { lookAt, readAll } from "../sources.ts";
import { onTargets } from "../targets.ts";

interface ForecastOptions extends Omit<TargetOptions, "format"> {
  format: "text" | "json" | "markdown";
  days: number;
  at?: Instant;
  inventory?: string;
  user?: string;
}

const DEFAULT_DAYS = 30;
const MOST_DAYS = 366;

export function forecastCommand(door: Door): Command {
  const { io } = door;
  return targetCommand("forecast", "show who will fall due when, day by day, and by which rules", [
    "text",
    "json",
    "markdown",
  ])
    .option("--days <n>", "days of UTC to look ahead, today included", wholeDays, DEFAULT_DAYS)
    .option("--at <time>", "look ahead from this moment instead of now", moment)
    .option("--inventory <file>", "forecast on a saved inventory, without credentials")
    .option("--user <user>", "only this user, by id or name")
    .addHelpText(
      "after",
      "\nExample:\n  curfew forecast policies/production.yaml --days 14\n  curfew forecast --inventory inventory.jsonl --format markdown",
    )
    .action(async (paths: string[], options: ForecastOptions) => {
      const at = options.at ?? io.now();
      const about = { paths, target: options.target, at };
      await onTargets(door, about, {
        async work(policy) {
          return { result: await forecastOf(policy, at, options, io), code: EXIT.done };
        },
        tell(forecasts, several, missing) {
          if (options.format === "json") io.out(forecastsJson(forecasts, several, missing));
          else io.out(forecasts.map((one) => told(one, forecasts.length, options, io)).join("\n"));
        },
      });
    });
}

function told(one: ForecastReport, of: number, options: ForecastOptions, io: Io): string {
  if (options.format === "markdown") return forecastMarkdown(one, Math.floor(MAX_CHARS / of) - 1);
  return forecastText(one, renderOptions({}, false, io));
}

async function forecastOf(
  policy: Policy,
  at: Instant,
  options: ForecastOptions,
  io: Io,
): Promise<ForecastReport> {
  const { days, user = null } = options;
  await using look = await lookAt(policy, options, io);
  const known = { policy, at, memory: look.memory };
  const { sinks, facts } = await readAll(known, look.source, io, () => ({
    due: forecastMeter(known, days, user),
  }));
  return {
    format: "curfew/forecast/1",
    target: policy.target.name,
    url: policy.target.url,
    evaluatedAt: new Date(at).toISOString(),
    policy: { digest: policy.digest, commit: policy.commit, files: policy.files },
    inventory: facts,
    user,
    ...sinks.due.result(),
  };
}

function wholeDays(text: string): number {
  const days = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= MOST_DAYS) return days;
  throw new InvalidArgumentError(`It takes a whole number of days, from 1 to ${MOST_DAYS}.`);
}
