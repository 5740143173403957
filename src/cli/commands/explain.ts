/** `curfew explain USER`: every rule for one user, what an apply would do now, and what was done before. Writes nothing. */
import { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { EXIT } from "../../exit.ts";
import type { StoredLedger } from "../../ledger/ledger.ts";
import type { ReadLine } from "../../ledger/log/audit.ts";
import { selected } from "../../ledger/log/selection.ts";
import type { AuditReport } from "../../ledger/verify.ts";
import type { Policy } from "../../model/policy.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { explainer } from "../../plan/explain/explain.ts";
import { explanationsJson } from "../../report/machine/json.ts";
import { explainMarkdown } from "../../report/markdown/explain.ts";
import { MAX_CHARS } from "../../report/markdown/md.ts";
import { explainText } from "../../report/text/explain.ts";
import { historyText } from "../../report/text/history.ts";
import type { ExplainReport } from "../../report/told/explain.ts";
import { type PastRuns, pastRuns } from "../../report/told/runs.ts";
import { VERSION } from "../../version.ts";
import type { Io } from "../io.ts";
import { type Door, formatOption, ledgerOption, moment, renderOptions } from "../options.ts";
import { lookAt, readAll } from "../sources.ts";
import { onTargets } from "../targets.ts";

interface ExplainFlags {
  target?: string;
  ledger?: string;
  format: "text" | "json" | "markdown";
  at?: Instant;
  inventory?: string;
  all?: true;
}

/** What is told of one target. */
interface Explained {
  report: ExplainReport;
  past: { runs: PastRuns; place: string; report: AuditReport } | null;
}

/** Runs of the past that are shown without --all. */
const RUNS = 10;

const HELP = `
USER is an id, or a name where the policy identifies users by a field. All users are read, since the
limits and the names are those of the whole estate.

Example:
  curfew explain jane.doe@acme.example policies/production.yaml
  curfew explain 5571fb26-54f7-11e7-a8f8-040151508301 --inventory inventory.jsonl --at 2026-12-01`;

export function explainCommand(door: Door): Command {
  const { io } = door;
  return new Command("explain")
    .description("tell every rule for one user: where it is written, what it compared, what wins")
    .argument("<user>", "the id or name of one user")
    .argument("[path...]", "policy files or folders (default: policies)")
    .option("--target <name>", "only this target")
    .addOption(ledgerOption())
    .addOption(formatOption(["text", "json", "markdown"]))
    .option("--at <time>", "explain for this moment instead of now", moment)
    .option("--inventory <file>", "explain on a saved inventory, without credentials")
    .option("--all", `all runs of the past instead of the last ${RUNS}`)
    .addHelpText("after", HELP)
    .action(async (user: string, paths: string[], options: ExplainFlags) => {
      if (user === "") throw new UsageError("the user is empty: give the id or name of one");
      const at = options.at ?? io.now();
      const about = { paths, target: options.target, at };
      await onTargets(door, about, {
        async work(policy) {
          return { result: await explained(user, policy, at, options, io), code: EXIT.done };
        },
        tell(all, several, missing) {
          const reports = all.map(({ report }) => report);
          if (options.format === "json") io.out(explanationsJson(reports, several, missing));
          else io.out(all.map((one) => told(one, all.length, options, io)).join("\n"));
        },
      });
    });
}

function told({ report, past }: Explained, of: number, options: ExplainFlags, io: Io): string {
  if (options.format === "markdown") {
    return explainMarkdown(report, past?.runs.runs ?? null, Math.floor(MAX_CHARS / of) - 1);
  }
  const how = renderOptions(options, false, io);
  const { target, user } = report;
  const history =
    past === null
      ? null
      : historyText(
          past.runs,
          {
            target,
            place: past.place,
            user: user.name ?? user.id,
            since: null,
            report: past.report,
          },
          how,
        );
  return explainText(report, history, how);
}

async function explained(
  user: string,
  policy: Policy,
  at: Instant,
  options: ExplainFlags,
  io: Io,
): Promise<Explained> {
  await using look = await lookAt(policy, options, io);
  const known = { policy, at, readAt: io.now(), memory: look.memory };
  const { sinks, facts } = await readAll(known, look.source, io, () => ({
    asked: explainer({ ...known, version: VERSION, user }),
  }));
  const { explanation, plan } = sinks.asked.finish(facts, look.source.skew?.());
  const { target, url, evaluatedAt, inventory } = plan;
  const lines = look.ledger && (await linesOf(look.ledger, explanation.user.id));
  return {
    report: {
      format: "curfew/explanation/1",
      ...{ target, url, evaluatedAt, policy: plan.policy, inventory },
      ...explanation,
      history: lines,
    },
    past: look.ledger &&
      lines && {
        runs: await pastRuns(lines, options.all ? Number.POSITIVE_INFINITY : RUNS, true),
        place: look.ledger.place,
        report: await look.ledger.verify(),
      },
  };
}

async function linesOf(ledger: StoredLedger, user: string): Promise<ReadLine[]> {
  const lines: ReadLine[] = [];
  for await (const line of selected(ledger.audit(), { users: new Set([user]), since: null })) {
    lines.push(line);
  }
  return lines;
}
