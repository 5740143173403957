/** `curfew history`: what was done, why and by which commit, from the ledger alone; `--verify` checks the audit log. */
import { Command, InvalidArgumentError } from "commander";
import { UsageError } from "../../errors.ts";
import { EXIT } from "../../exit.ts";
import type { StoredLedger } from "../../ledger/ledger.ts";
import type { ReadLine } from "../../ledger/log/audit.ts";
import { idsOf, type ReadLines, selected } from "../../ledger/log/selection.ts";
import type { AuditReport } from "../../ledger/verify.ts";
import type { Policy } from "../../model/policy.ts";
import type { Instant } from "../../model/vocabulary.ts";
import { ledgerToRead } from "../../parts.ts";
import {
  type HistoryReport,
  historiesJson,
  type VerificationReport,
  verificationsJson,
} from "../../report/machine/json.ts";
import { ocsfLines } from "../../report/machine/ocsf.ts";
import { historyText } from "../../report/text/history.ts";
import { faultsBy, verificationText } from "../../report/text/verification.ts";
import type { NotedHead } from "../../report/told/outcomes.ts";
import { pastRuns } from "../../report/told/runs.ts";
import { printable } from "../../text/safe.ts";
import { count } from "../../text/words.ts";
import type { Io } from "../io.ts";
import {
  type Door,
  formatOption,
  ledgerOption,
  moment,
  renderOptions,
  settingsOf,
} from "../options.ts";
import { onTargets } from "../targets.ts";

interface HistoryOptions {
  target?: string;
  ledger?: string;
  format: "text" | "json" | "ocsf";
  user?: string;
  since?: Instant;
  verify?: true;
  /** 64 letters, without `sha256:`. */
  head?: string;
  last?: number;
  all?: true;
}

/** Runs that are told where nobody says how many. */
const RUNS = 50;

const HELP = `
The runs come oldest first, so that the last one stands at the end. It needs no network and no credentials.
ocsf is one event a line, with the hash of a line of the audit log as its uid: who forwards it asks for
somewhat more than is new (--since) and drops the uids that are known.
With --verify the exit code is 1 where the log is not as it was written, or the ledger does not agree
with it. A log of which everything was rewritten shows only by an earlier head: keep the one that
is printed, somewhere else, and give it with --head: the exit code is 1 where the log no longer holds it.

Example:
  curfew history policies/production.yaml --user jane.doe@acme.example
  curfew history --verify
  curfew history policies/production.yaml --verify --head sha256:5ac2f97c186d8169cdabedab578e11d1014de331500f4902c5599e48c2e54e3c
  curfew history --format ocsf --since 2026-12-01`;

export function historyCommand(door: Door): Command {
  return new Command("history")
    .description("tell what was done, to whom, why, and by which commit and line of policy")
    .argument("[path...]", "policy files or folders (default: policies)")
    .option("--target <name>", "only this target")
    .addOption(ledgerOption())
    .option("--user <user>", "only this user, by id or name")
    .option("--since <time>", "only runs that began at this moment or later", moment)
    .option("--verify", "check the audit log: whether a line was changed, dropped or moved")
    .option("--head <hash>", "with --verify: whether the log still holds this earlier head", noted)
    .option("--last <n>", `the last n runs that did something (default: ${RUNS})`, several)
    .option("--all", "all runs, and every action; --since alone tells all runs, too")
    .addOption(formatOption(["text", "json", "ocsf"]))
    .addHelpText("after", HELP)
    .action(async (paths: string[], options: HistoryOptions) => {
      refuse(options);
      await (options.verify ? verify : tell)(paths, options, door);
    });
}

/** A head as `--verify` and `apply` print it. */
function noted(text: string): string {
  const hash = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(text)?.[1];
  if (hash !== undefined) return hash.toLowerCase();
  throw new InvalidArgumentError(
    "It takes the 64 letters 0-9 and a-f that history --verify prints, with or without sha256: before them.",
  );
}

function several(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It takes a whole number from 1 on.");
}

function refuse(options: HistoryOptions): void {
  const { ledger, verify, head, user, since, last, all, format } = options;
  if (ledger === "") throw new UsageError("--ledger is empty: name a folder or s3://bucket/prefix");
  if (head !== undefined && !verify) throw new UsageError("--head is for --verify: give both");
  if (all && last !== undefined) throw new UsageError("--last or --all: give one of them");
  const part = [user, since, last].some((of) => of !== undefined);
  if (verify && (part || format === "ocsf")) {
    throw new UsageError(
      "--verify checks the whole audit log: leave out --user, --since, --last and --format ocsf",
    );
  }
}

async function verify(paths: string[], options: HistoryOptions, door: Door): Promise<void> {
  const { io } = door;
  const about = { paths, target: options.target, at: io.now() };
  await onTargets(door, about, {
    async work(policy) {
      const ledger = ledgerToRead(policy, settingsOf(options, io));
      const report = await ledger.verify();
      const noted = options.head === undefined ? null : await find(options.head, ledger, report);
      const result: VerificationReport = {
        format: "curfew/verification/1",
        target: policy.target.name,
        ...report,
        ...(noted === null ? {} : { noted }),
      };
      const sound = report.faults.length === 0 && noted?.holds !== false;
      return { result, code: sound ? EXIT.done : EXIT.error };
    },
    tell(reports, several, missing) {
      const how = renderOptions(options, several, io);
      if (options.format === "json") io.out(verificationsJson(reports, several, missing));
      else io.out(reports.map((one) => verificationText(one.target, one, how)).join("\n"));
    },
    choose(policies) {
      if (options.head === undefined || policies.length === 1) return policies;
      throw new UsageError("--head is of one audit log: name its target with --target");
    },
  });
}

/** Where the log holds a head that was noted earlier. */
async function find(
  head: string,
  ledger: StoredLedger,
  { proved }: AuditReport,
): Promise<NotedHead> {
  let line: number | null = null;
  for await (const read of ledger.audit()) {
    if (isHead(read, head)) line ??= read.seq;
  }
  return { head: `sha256:${head}`, line, holds: line !== null && line <= proved };
}

/** A line that was changed only claims its hash. */
function isHead({ hash, intact }: ReadLine, head: string): boolean {
  return hash === head && intact !== false;
}

async function tell(paths: string[], options: HistoryOptions, door: Door): Promise<void> {
  const { io } = door;
  const about = { paths, target: options.target, at: io.now() };
  await onTargets(door, about, {
    async work(policy) {
      const ledger = ledgerToRead(policy, settingsOf(options, io));
      const report = await ledger.verify();
      warn(policy, report, io);
      const result = await TOLD[options.format](policy, ledger, report, options, io);
      return { result, code: EXIT.done };
    },
    tell(all, several, missing) {
      const histories = all.filter((one) => typeof one !== "string");
      if (histories.length > 0) io.out(historiesJson(histories, several, missing));
      else io.out(all.filter((one) => one !== "").join("\n"));
    },
  });
}

/** What is told of one target: text, or a report for JSON. */
type Tell = (
  policy: Policy,
  ledger: StoredLedger,
  report: AuditReport,
  options: HistoryOptions,
  io: Io,
) => Promise<string | HistoryReport>;

const TOLD: Record<HistoryOptions["format"], Tell> = {
  async text({ target }, ledger, report, options, io) {
    const { user = null, since = null } = options;
    const lines = await linesOf(ledger, options);
    const past = await pastRuns(lines, mostOf(options), options.all === true);
    const facts = { target: target.name, place: ledger.place, user, since, report };
    return historyText(past, facts, renderOptions(options, false, io));
  },
  async json({ target }, ledger, { faults }, options) {
    const { lines: some, earlier } = await lastLines(ledger, options);
    const lines: ReadLine[] = [];
    for await (const line of some) lines.push(line);
    const before = earlier > 0 ? { earlier } : {};
    return { format: "curfew/history/1", target: target.name, ...before, lines, faults };
  },
  /** Event by event, so that the log may be of any length. */
  async ocsf({ target }, ledger, _report, options, io) {
    const { lines, earlier } = await lastLines(ledger, options);
    if (earlier > 0)
      io.err(
        `warning: ${printable(target.name)}: ${count(earlier, "earlier run")} not told: add --all, or --since\n`,
      );
    for await (const line of ocsfLines(lines, target.name)) io.out(`${line}\n`);
    return "";
  },
};

/** Who says since when asks for all since then. */
function mostOf({ all, last, since }: HistoryOptions): number {
  return last ?? (all || since !== undefined ? Number.POSITIVE_INFINITY : RUNS);
}

/** The lines from the first of the last runs on, and how many runs come before them. */
async function lastLines(
  ledger: StoredLedger,
  options: HistoryOptions,
): Promise<{ lines: ReadLines; earlier: number }> {
  const lines = await linesOf(ledger, options);
  const most = mostOf(options);
  if (most === Number.POSITIVE_INFINITY) return { lines, earlier: 0 };
  const { runs, earlier } = await pastRuns(lines, most, false);
  const from = earlier > 0 ? (runs[0]?.from ?? 0) : 0;
  return { lines: since(from, await linesOf(ledger, options)), earlier };
}

async function* since(from: number, lines: ReadLines): AsyncGenerator<ReadLine> {
  for await (const line of lines) if (line.seq >= from) yield line;
}

/** The lines that are asked for. */
async function linesOf(ledger: StoredLedger, options: HistoryOptions): Promise<ReadLines> {
  const { user, since } = options;
  const users = user === undefined ? null : await idsOf(ledger.audit(), user);
  return selected(ledger.audit(), { users, since: since ?? null });
}

/** What is told may be untrue where the log was changed; else whether the ledger agrees with it. */
function warn({ target }: Policy, report: AuditReport, io: Io): void {
  const { log, state } = faultsBy(report);
  if (log.length + state.length === 0) return;
  const what =
    log.length > 0
      ? `the audit log is not as it was written (${count(log.length, "fault")})`
      : `the ledger and its audit log do not agree (${count(state.length, "fault")})`;
  io.err(`warning: ${printable(target.name)}: ${what}: see curfew history --verify\n`);
}
