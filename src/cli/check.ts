/** `curfew plan --check`: which rights the credential of a target lacks. Makes no plan, and needs no ledger. */
import { UsageError } from "../errors.ts";
import { EXIT } from "../exit.ts";
import type { Policy } from "../model/policy.ts";
import type { Right } from "../model/run.ts";
import { openProvider } from "../parts.ts";
import { neededFields } from "../policy/effective.ts";
import { jsonReport } from "../text/escape.ts";
import { printable } from "../text/safe.ts";
import type { Io } from "./io.ts";
import { type Door, settingsOf } from "./options.ts";
import { type About, onTargets } from "./targets.ts";

interface CheckOptions {
  ledger?: string;
  debug?: true;
  format: string;
}

/** What `plan --check --format json` prints of one target. */
interface RightsReport {
  format: "curfew/rights/1";
  target: string;
  rights: Right[];
}

/** Exit code 1 where a right is missing that a plan needs. */
export async function checkRights(door: Door, about: About, options: CheckOptions): Promise<void> {
  const { format } = options;
  if (format !== "text" && format !== "json")
    throw new UsageError(`--check reports as text or json, and not as ${format}`);
  await onTargets(door, about, {
    async work(policy, io) {
      const report = await reportOf(policy, options, io);
      const lacks = report.rights.some(({ state }) => state === "missing");
      return { result: report, code: lacks ? EXIT.error : EXIT.done };
    },
    tell(reports, several) {
      const all = { format: "curfew/rights-of-all/1", targets: reports };
      if (format === "json") door.io.out(jsonReport(several ? all : reports[0]));
      else door.io.out(reports.map(textOf).join("\n"));
    },
  });
}

async function reportOf(policy: Policy, options: CheckOptions, io: Io): Promise<RightsReport> {
  await using opened = new AsyncDisposableStack();
  const provider = await openProvider(policy, settingsOf(options, io, policy.target.name));
  opened.defer(() => provider.close());
  const rights = await provider.rights(neededFields(policy));
  return { format: "curfew/rights/1", target: policy.target.name, rights };
}

const WORDS: Record<Right["state"], string> = {
  there: "there",
  missing: "MISSING",
  unneeded: "not needed",
  untried: "not tried",
};

function textOf({ target, rights }: RightsReport): string {
  const width = Math.max(...rights.map(({ right }) => right.length));
  const lines = rights.map(({ right, state, call, why }) => {
    const reason = why === null ? "" : `: ${printable(why)}`;
    return `  ${right.padEnd(width)}  ${WORDS[state]}${reason}  (${call})`;
  });
  const n = rights.filter(({ state }) => state === "missing").length;
  const end =
    n === 0
      ? "Nothing that a plan needs is missing."
      : `Missing: ${n} of what a plan needs. Give the credential that right, or point target.credentials to one that has it.`;
  return `Rights of the credential of ${printable(target)}\n${lines.join("\n")}\n\n${end}\n`;
}
